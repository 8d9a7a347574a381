"""Coverage as coloured source: the lines of a file in pieces, each with how it stands."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, NamedTuple

from ..source import Span
from .record import FileCoverage, Goal, Part, tally

State = Literal["", "all", "some", "none"]


class Piece(NamedTuple):
    """Text of one line. `part` is how the criterion or profile around it stands, `branch` how the
    condition does that it belongs to."""

    text: str
    part: State
    branch: State


class PaintedLine(NamedTuple):
    """A line, and the parts that begin on it."""

    number: int
    pieces: tuple[Piece, ...]
    parts: tuple[Part, ...]


def paint(file: FileCoverage) -> tuple[PaintedLine, ...]:
    """The lines of a rubric's file."""
    text = file.source.text
    parts = _states((part.span, part.goals) for part in file.parts)
    branches = _states(
        (goal.span, [goal])
        for part in file.parts
        for goal in part.goals
        if goal.kind == "branch" and goal.span != part.span
    )
    starts: dict[int, list[Part]] = {}
    for part in file.parts:
        row, _ = file.source.position(part.span.start)
        starts.setdefault(row, []).append(part)
    ends = [at + 1 for at, character in enumerate(text) if character == "\n"]
    cuts = {0, len(text), *ends}
    cuts |= {at for span in (*parts, *branches) for at in (span.start, span.end)}
    lines: list[list[Piece]] = [[]]
    around, within = _Innermost(parts), _Innermost(branches)
    for start, end in pairwise(sorted(cuts)):
        shown = text[start:end].rstrip("\r\n")
        if shown:
            lines[-1].append(Piece(shown, around.at(start), within.at(start)))
        if text[end - 1] == "\n":
            lines.append([])
    return tuple(
        PaintedLine(number, tuple(pieces), tuple(starts.get(number, ())))
        for number, pieces in enumerate(lines, 1)
        if pieces or number < len(lines)
    )


def _states(spans: Iterable[tuple[Span, Iterable[Goal]]]) -> dict[Span, State]:
    goals: dict[Span, list[Goal]] = {}
    for span, found in spans:
        goals.setdefault(span, []).extend(found)
    return {span: state(found) for span, found in goals.items()}


def state(goals: Iterable[Goal]) -> State:
    """How goals stand together; nothing to say where none is asked for."""
    reached, total = tally(goals)
    if not total:
        return ""
    return "all" if reached == total else "some" if reached else "none"


class _Innermost:
    """The state of the innermost span at a place. Spans are apart or one inside the other."""

    def __init__(self, states: dict[Span, State]) -> None:
        self._at: list[int] = []
        self._states: list[State] = []
        open_: list[tuple[int, State]] = []
        for span, found in sorted(states.items(), key=lambda item: (item[0].start, -item[0].end)):
            self._close(open_, span.start)
            open_.append((span.end, found))
            self._add(span.start, found)
        self._close(open_, None)

    def at(self, offset: int) -> State:
        place = bisect_right(self._at, offset) - 1
        return self._states[place] if place >= 0 else ""

    def _close(self, open_: list[tuple[int, State]], until: int | None) -> None:
        while open_ and (until is None or open_[-1][0] <= until):
            end, _ = open_.pop()
            self._add(end, open_[-1][1] if open_ else "")

    def _add(self, at: int, found: State) -> None:
        self._at.append(at)
        self._states.append(found)
