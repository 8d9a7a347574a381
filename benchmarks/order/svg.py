"""Just enough SVG for the figures: the same drawing gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, FAINT, PALE = "#222222", "#888888", "#dddddd"
COLOURS = (
    "#1f6fb4", "#d1495b", "#2e8b57", "#e08a00", "#6a4c93", "#17a2a2", "#8c564b", "#555555",
)  # fmt: skip


class Drawing:
    """A white sheet; positions in pixels, from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        ]

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int = 12,
        anchor: str = "start",
        colour: str = INK,
        bold: bool = False,
        turned: bool = False,
    ) -> None:
        """`anchor` is start, middle or end; `turned` reads upwards."""
        weight = ' font-weight="bold"' if bold else ""
        turn = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if turned else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}"{weight}{turn}>{escape(text)}</text>'
        )  # fmt: skip

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
            f'fill="{fill}"/>'
        )

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str = INK,
        width: float = 1.0,
        dashed: bool = False,
    ) -> None:
        dash = ' stroke-dasharray="5 3"' if dashed else ""
        where = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(
            f'<polyline points="{where}" fill="none" stroke="{colour}" '
            f'stroke-width="{_n(width)}"{dash}/>'
        )  # fmt: skip

    def source(self) -> str:
        return "\n".join([*self._parts, "</svg>"]) + "\n"


class Panel:
    """Axes in a drawing: `left`, `top`, `width`, `height` in pixels; the least and most of y."""

    def __init__(
        self,
        drawing: Drawing,
        box: tuple[float, float, float, float],
        ends: tuple[float, float],
        title: str,
    ) -> None:
        self.drawing = drawing
        self.least, self.most = ends
        self.left, self.top, self.width, self.height = box
        drawing.text(self.left, self.top - 8, title, 13, bold=True)

    def y(self, value: float) -> float:
        return self.top + self.height * (self.most - value) / (self.most - self.least)

    def x(self, share: float) -> float:
        """`share` of the way from left to right."""
        return self.left + self.width * share

    def y_axis(self, ticks: Sequence[tuple[float, str]]) -> None:
        for value, label in ticks:
            self.drawing.line([(self.left, self.y(value)), (self.x(1), self.y(value))], PALE)
            self.drawing.text(self.left - 6, self.y(value) + 4, label, 11, "end", FAINT)

    def x_axis(self, ticks: Sequence[tuple[float, str]], name: str) -> None:
        bottom = self.top + self.height
        self.drawing.line([(self.left, bottom), (self.x(1), bottom)])
        for share, label in ticks:
            self.drawing.line([(self.x(share), bottom), (self.x(share), bottom + 4)])
            self.drawing.text(self.x(share), bottom + 17, label, 11, "middle", FAINT)
        self.drawing.text(self.x(0.5), bottom + 33, name, 11, "middle", INK)

    def curve(self, points: Sequence[tuple[float, float]], colour: str, dashed: bool) -> None:
        """Points as (share of the width, value)."""
        self.drawing.line([(self.x(s), self.y(v)) for s, v in points], colour, 1.8, dashed)


def legend(drawing: Drawing, x: float, y: float, names: Sequence[str]) -> None:
    """One below the other, in the colours and dashes of `style`."""
    for place, name in enumerate(names):
        colour, dashed = style(place)
        level = y + 20 * place
        drawing.line([(x, level), (x + 26, level)], colour, 2.4, dashed)
        drawing.text(x + 33, level + 4, name, 12)


def style(place: int) -> tuple[str, bool]:
    """The colour of the curve at a place, and whether it is dashed: it may lie upon an earlier."""
    return COLOURS[place % len(COLOURS)], place in (3, 5, 7)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
