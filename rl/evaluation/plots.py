"""Plots as SVG: reliability curves, precision against recall, and learning curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt
from typing import Any

SIDE = 196
MARGIN = 46
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c6d1f")
"""Of Okabe and Ito, which people tell apart whose eyes confuse red and green; then two more."""

DASHES = ("", "6 3", "2 3", "8 3 2 3")

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """A named figure over the steps of a training: per step its mean, least and greatest value."""

    name: str
    steps: tuple[tuple[float, ...], ...]


def colour(place: int) -> str:
    """The colour of a system."""
    return COLOURS[place % len(COLOURS)]


def dash(place: int) -> str:
    """The dashes of a system's lines; other ones when colours come round again."""
    return DASHES[(place // len(COLOURS) + place) % len(DASHES)]


def reliability(tier: str, systems: Sequence[Mapping[str, Any]]) -> str:
    """Labelled credit against expected credit in bins; larger dots have more labels."""
    parts = [_line([(0, 0), (1, 1)], "#999", "3 3")]
    for place, system in enumerate(systems):
        bins = [one for one in system["reliability"][tier] if one]
        most = max((one["labels"] for one in bins), default=1)
        parts.append(
            _line([(b["expected"], b["credit"]) for b in bins], colour(place), dash(place))
        )
        parts += [
            _dot(
                (b["expected"], b["credit"]),
                2 + 5 * sqrt(b["labels"] / most),
                colour(place),
                f"{system['name']}: {b['labels']:,} labels, expected {b['expected']:.2f}, "
                f"found {b['credit']:.2f}",
            )
            for b in bins
        ]
    return _panel(f"Reliability, {tier}", "expected credit", "credit of the labels", parts)


def precision_recall(systems: Sequence[Mapping[str, Any]]) -> str:
    """Precision against recall of violations at all thresholds; a ring where verdicts are read."""
    parts = []
    for place, system in enumerate(systems):
        curve = [(recall, precision) for recall, precision in system["precision_recall"]]
        parts.append(_line(curve, colour(place), dash(place)))
        figures = system["tiers"]["safety"]
        recall, precision = figures["recall"]["value"], figures["precision"]["value"]
        if recall is not None and precision is not None:
            said = f"{system['name']}: recall {recall:.2f}, precision {precision:.2f}"
            parts.append(_ring((recall, precision), colour(place), said))
    return _panel("Violations of safety", "recall", "precision", parts)


def learning_curves(title: str, curves: Sequence[Curve]) -> str:
    """Shares in [0, 1] over the course of training, with a band from least to greatest and a key.

    The drawing stands alone: it can be a file of its own.
    """
    last = max(len(curve.steps) for curve in curves)
    parts, names = [], []
    for place, curve in enumerate(curves):
        across = [k / max(1, last - 1) for k in range(len(curve.steps))]
        upper = [(x, step[2]) for x, step in zip(across, curve.steps, strict=True)]
        lower = [(x, step[1]) for x, step in zip(across, curve.steps, strict=True)]
        parts.append(_band([*upper, *reversed(lower)], colour(place)))
        means = [(x, step[0]) for x, step in zip(across, curve.steps, strict=True)]
        parts.append(_line(means, colour(place), dash(place)))
        y = MARGIN + 12 + 18 * place
        x = SIDE + 2 * MARGIN - 20
        names.append(
            f'<line x1="{x}" y1="{y}" x2="{x + 26}" y2="{y}" stroke="{colour(place)}" '
            f'stroke-width="2.5" stroke-dasharray="{dash(place)}"/>'
            f'<text x="{x + 32}" y="{y + 4}">{escape(curve.name)}</text>'
        )
    size = SIDE + 2 * MARGIN
    found = _panel(title, f"share of {last} steps", "share", parts)
    for old, new in (
        (f'viewBox="0 0 {size} {size}" width="{size}"', f'viewBox="0 0 {size + 110} {size}"'),
        ("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '),
        ("</svg>", "".join(names) + "</svg>\n"),
    ):
        found = found.replace(old, new, 1)
    return found


def key(systems: Sequence[Mapping[str, Any]]) -> str:
    """Which colour is which system, as HTML."""
    items = "".join(
        f'<li><svg width="34" height="12" aria-hidden="true"><line x1="1" y1="6" x2="33" y2="6" '
        f'stroke="{colour(place)}" stroke-width="2.5" stroke-dasharray="{dash(place)}"/></svg> '
        f"{escape(system['name'])}</li>"
        for place, system in enumerate(systems)
    )
    return f'<ul class="key">{items}</ul>'


def _panel(title: str, across: str, up: str, parts: Sequence[str]) -> str:
    """Axes from 0 to 1 with what is drawn in them."""
    size = SIDE + 2 * MARGIN
    grid = []
    for tick in TICKS:
        x, y = _at((tick, tick))
        grid.append(
            f'<line x1="{x}" y1="{MARGIN}" x2="{x}" y2="{MARGIN + SIDE}" stroke="#e4e4e4"/>'
            f'<line x1="{MARGIN}" y1="{y}" x2="{MARGIN + SIDE}" y2="{y}" stroke="#e4e4e4"/>'
            f'<text x="{x}" y="{MARGIN + SIDE + 16}" text-anchor="middle">{tick:g}</text>'
            f'<text x="{MARGIN - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>'
        )
    middle = MARGIN + SIDE / 2
    return (
        f'<svg class="panel" viewBox="0 0 {size} {size}" width="{size}" height="{size}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="11" fill="#333">'
        f'<text x="{middle:g}" y="24" text-anchor="middle" font-size="14" font-weight="bold">'
        f"{escape(title)}</text>{''.join(grid)}"
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIDE}" height="{SIDE}" fill="none" '
        f'stroke="#666"/>'
        f'<text x="{middle:g}" y="{MARGIN + SIDE + 34}" text-anchor="middle">'
        f"{escape(across)}</text>"
        f'<text x="10" y="{middle:g}" text-anchor="middle" '
        f'transform="rotate(-90 10 {middle:g})">{escape(up)}</text>{"".join(parts)}</svg>'
    )


def _at(point: Point) -> Point:
    return round(MARGIN + SIDE * point[0], 1), round(MARGIN + SIDE * (1 - point[1]), 1)


def _line(points: Sequence[Point], stroke: str, dashes: str) -> str:
    if len(points) < 2:
        return ""
    path = " ".join(f"{x:g},{y:g}" for x, y in map(_at, points))
    return (
        f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="1.8" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _band(points: Sequence[Point], fill: str) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in map(_at, points))
    return f'<polygon points="{path}" fill="{fill}" fill-opacity="0.10" stroke="none"/>'


def _dot(point: Point, radius: float, fill: str, said: str) -> str:
    x, y = _at(point)
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:.1f}" fill="{fill}" fill-opacity="0.55">'
        f"<title>{escape(said)}</title></circle>"
    )


def _ring(point: Point, stroke: str, said: str) -> str:
    x, y = _at(point)
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="6" fill="none" stroke="{stroke}" stroke-width="3">'
        f"<title>{escape(said)}</title></circle>"
    )
