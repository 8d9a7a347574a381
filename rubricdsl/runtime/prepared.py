"""Many sheets of one case, fast: every verdict becomes a number, and a sheet is their sum.

A case is a rubric with its conditions and weights settled. What each verdict of each criterion adds
to the tally and to the points is then known, and stands in one integer, each part in a field of its
own that no sheet can overflow. The same functions decide as in `evaluate`, once per verdict instead
of once per sheet.
"""

from collections.abc import Mapping
from operator import getitem, itemgetter
from typing import Any, NamedTuple

from .form import CompactCriterion, CompactRubric
from .order import Sums, adds, tally_of
from .shapes import looks_at_tally, points_for, shape_for
from .verdicts import applies, settled


class Parts(NamedTuple):
    """What a verdict adds to a sheet: a drop, the sums of a tally, points.

    `happened` may be negative, the others may not.
    """

    dropped: int = 0
    critical: int = 0
    major: int = 0
    moderate: int = 0
    vetoes: int = 0
    bonuses: int = 0
    chances: int = 0
    gained: int = 0
    total: int = 0
    possible: int = 0
    happened: int = 0


NOTHING = tally_of(1, Sums())
"""The tally of an empty sheet."""


class Additions(NamedTuple):
    """One criterion that applies: the parts of every verdict that says something, and of others."""

    criterion: CompactCriterion
    known: dict[str | int, Parts]
    otherwise: Parts

    def column(self, place: int) -> list[int]:
        """The part at a place, for every verdict."""
        return [parts[place] for parts in (*self.known.values(), self.otherwise)]


def additions(
    rubric: CompactRubric, facts: Mapping[str, Any], weights: Mapping[str, int]
) -> list[Additions]:
    """What the verdicts of each criterion add that applies in the case."""
    with_tally, worth = looks_at_tally(rubric), points_for(rubric)

    def parts(criterion: CompactCriterion, verdict: Any) -> Parts:
        credit = settled(rubric, criterion, verdict)
        if isinstance(credit, str):
            return Parts(dropped=int(credit == "drop"))
        sums = adds(rubric, criterion, credit, weights) if with_tally else Sums()
        happened, possible = worth(criterion, credit, weights) if worth else (0, 0)
        return Parts(0, *sums, possible, happened)

    found = []
    for criterion in rubric["criteria"]:
        if applies(criterion, facts):
            levels = range(len(criterion["credits"] or ()))
            known = {v: parts(criterion, v) for v in ("met", "unmet", "not_applicable", *levels)}
            found.append(Additions(criterion, known, parts(criterion, None)))
    return found


class _Table(dict[Any, int]):
    """What each verdict of a criterion adds, packed; any other verdict adds `otherwise`."""

    otherwise: int

    def __missing__(self, verdict: Any) -> int:
        return self.otherwise


class PreparedCase:
    """A rubric in one case: from the verdicts of a sheet to its reward."""

    def __init__(
        self, rubric: CompactRubric, facts: Mapping[str, Any], weights: Mapping[str, int]
    ) -> None:
        found = additions(rubric, facts, weights)
        self._fields: list[tuple[int, int]] = []
        self._top = 0
        for place in range(len(Parts._fields) - 1):
            most = sum(max(each.column(place)) for each in found)
            self._fields.append((self._top, (1 << most.bit_length()) - 1))
            self._top += most.bit_length()
        tables = [(each.criterion["id"], self._table(each)) for each in found]
        levelled = [each.criterion["credits"] is not None for each in found]
        worded = [pair for pair, has in zip(tables, levelled, strict=True) if not has]
        self._names = [name for name, _ in worded]
        self._tables = [table for _, table in worded]
        self._pick = itemgetter(*self._names) if len(worded) > 1 else None
        self._levelled = [pair for pair, has in zip(tables, levelled, strict=True) if has]
        self._dropped = self._fields[0][1]
        self._sums = self._fields[1:-1] if looks_at_tally(rubric) else []
        self._possible = self._fields[-1]
        self._shape, self._steps = shape_for(rubric), rubric["steps"]

    def _table(self, each: Additions) -> _Table:
        table = _Table({verdict: self._packed(part) for verdict, part in each.known.items()})
        table.otherwise = self._packed(each.otherwise)
        return table

    def _packed(self, part: Parts) -> int:
        *rest, happened = part
        low = sum(value << shift for value, (shift, _) in zip(rest, self._fields, strict=True))
        return low + (happened << self._top)

    def reward(self, verdicts: Mapping[str, Any]) -> float | None:
        """As `evaluate` has it without a text, to the last bit; None where it must not count."""
        number = self._sum(verdicts)
        if number & self._dropped:
            return None
        sums = [number >> shift & mask for shift, mask in self._sums]
        shift, mask = self._possible
        exact = self._shape(
            tally_of(self._steps, Sums(*sums)) if sums else NOTHING,
            (number >> self._top, number >> shift & mask),
        )
        return None if exact is None else exact[0] / exact[1]

    def _sum(self, verdicts: Mapping[str, Any]) -> int:
        try:
            if self._pick is not None and len(verdicts) >= len(self._names):
                number = sum(map(getitem, self._tables, self._pick(verdicts)))
            else:
                number = sum(map(getitem, self._tables, map(verdicts.get, self._names)))
        except (KeyError, TypeError):
            # A verdict is missing, or a list or a dict stands in its place.
            number = sum(
                table[verdict if isinstance(verdict := verdicts.get(name), str) else None]
                for name, table in zip(self._names, self._tables, strict=True)
            )
        for name, table in self._levelled:
            verdict = verdicts.get(name)
            # True and 1.0 would be found under 1.
            number += table[verdict if type(verdict) is int or isinstance(verdict, str) else None]
        return number
