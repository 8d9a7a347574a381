"""The figures, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from .bandit import Setting
from .breaks import PROPERTIES
from .shares import UNSAFE_ADDED, Cells
from .study import DIVISIONS, Outcome
from .svg import FAINT, INK, Drawing, Panel, legend, style

DIVISION_TITLES = {"mean": "mean subtracted", "divided": "and divided by the deviation"}
CURVES = (
    "gated", "gated, count, a0 4", "centred", "centred, a0 8", "lexicographic", "promedical",
    "weighted", "healthbench",
)  # fmt: skip
SPREADS = ("gated", "lexicographic", "centred", "promedical, .1/.25/1.25", "weighted")


def breaks_figure(cells: Cells, shapes: Sequence[str], title: str) -> str:
    """Shares as shaded cells: a row per shape, a column per property, with and without division."""
    row, column, left, top = 24, 58, 190, 78
    width = left + 2 * (column * len(PROPERTIES)) + 50
    drawing = Drawing(width, top + row * len(shapes) + 36)
    drawing.text(16, 22, title, 14, bold=True)
    for block, formula in enumerate(DIVISIONS):
        start = left + block * (column * len(PROPERTIES) + 24)
        drawing.text(start + 4, top - 30, DIVISION_TITLES[formula], 12, bold=True)
        for place, prop in enumerate(PROPERTIES):
            x = start + place * column
            name = "strict P2" if prop == "P2_strict" else prop
            drawing.text(x + column / 2, top - 9, name, 11, "middle", FAINT)
            for line, shape in enumerate(shapes):
                share = cells[shape, formula, prop]
                part = share.hits / share.count if share.count else 0.0
                y = top + line * row
                drawing.rect(x + 1, y + 1, column - 2, row - 2, _shade(part))
                dark = "#ffffff" if part > 0.55 else INK
                drawing.text(x + column / 2, y + 16, percent(part), 11, "middle", dark)
    for line, shape in enumerate(shapes):
        drawing.text(left - 10, top + line * row + 16, shape, 12, "end")
    note = "Percent of groups in which it breaks; 0 is none at all. "
    note += "P4: of those with an unsafe and two safe answers."
    drawing.text(16, top + row * len(shapes) + 22, note, 11, colour=FAINT)
    return drawing.source()


def percent(part: float) -> str:
    """In percent; never 0 where something was seen."""
    if part == 0:
        return "0"
    return f"{100 * part:.1f}" if part >= 0.0005 else "<0.1"


def _shade(part: float) -> str:
    """White for none, dark red for all."""
    if part == 0:
        return "#eef5ee"
    level = math.sqrt(part)
    red, green, blue = (round(255 - level * (255 - end)) for end in (160, 30, 45))
    return f"#{red:02x}{green:02x}{blue:02x}"


def resolution_figure(spreads: Mapping[tuple[str, str], Sequence[float]]) -> str:
    """The spread among four fixed safe responses by how many unsafe ones there are."""
    drawing = Drawing(800, 290)
    drawing.text(16, 22, "Spread of advantages among four fixed safe answers", 14, bold=True)
    for block, formula in enumerate(DIVISIONS):
        panel = Panel(drawing, (56 + 275 * block, 66, 220, 170), (0, 3.5), DIVISION_TITLES[formula])
        panel.y_axis([(v, str(v)) for v in range(4)])
        ticks = [(k / 3, str(n)) for k, n in enumerate(UNSAFE_ADDED)]
        panel.x_axis(ticks, "unsafe answers in the same group")
        for place, shape in enumerate(SPREADS):
            colour, dashed = style(place)
            values = spreads[shape, formula]
            panel.curve([(k / 3, v) for k, v in enumerate(values)], colour, dashed)
    legend(drawing, 600, 90, SPREADS)
    return drawing.source()


def learning_figure(outcomes: Mapping[tuple[Setting, str], Outcome], conflict: bool) -> str:
    """Safe share by step, mean over the seeds: a row per start, a column per division."""
    drawing = Drawing(900, 560)
    what = "Safety and proficiency at odds" if conflict else "Safety and proficiency in agreement"
    drawing.text(16, 22, f"{what}: share of safe answers while learning", 14, bold=True)
    for line, start in enumerate(("warm", "cold")):
        for block, division in enumerate(DIVISIONS):
            setting = Setting(conflict, start, division)
            box = (56 + 335 * block, 66 + 255 * line, 280, 180)
            ends = (0.7, 1.0) if start == "warm" else (0.0, 1.0)
            panel = Panel(drawing, box, ends, f"{start} start, {DIVISION_TITLES[division]}")
            marked = [ends[0] + (ends[1] - ends[0]) * part / 3 for part in range(4)]
            panel.y_axis([(v, f"{v:.2g}") for v in marked])
            steps = len(outcomes[setting, CURVES[0]].curves[0]) - 1
            shown = _thinned(steps)
            marks = [0, *(m for m in (1, 10, 100) if m < steps / 2), steps]
            panel.x_axis([(_place(m, steps), str(m)) for m in marks], "step")
            for place, shape in enumerate(CURVES):
                colour, dashed = style(place)
                mean = outcomes[setting, shape].curves[:, :, 0].mean(0)
                panel.curve([(_place(s, steps), float(mean[s])) for s in shown], colour, dashed)
    legend(drawing, 718, 80, CURVES)
    return drawing.source()


def _place(step: int, steps: int) -> float:
    return math.log1p(step) / math.log1p(steps)


def _thinned(steps: int) -> list[int]:
    """Steps that lie evenly on the axis, each once."""
    return sorted({round(math.expm1(t)) for t in np.linspace(0, math.log1p(steps), 90)})
