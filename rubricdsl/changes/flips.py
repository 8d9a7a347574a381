"""Stored verdict sheets under two versions: which rewards move, and which pairs change places."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

from ..runtime.conditions import read_inputs
from ..runtime.form import CompactRubric
from ..runtime.order import Key, tally, weights_in_force
from ..runtime.shapes import exact_reward
from ..runtime.verdicts import resolve


class Sheet(NamedTuple):
    """A response with recorded verdicts; `text` decides criteria with a check."""

    id: str
    text: str
    verdicts: Mapping[str, Any]


class Case(NamedTuple):
    """What one version knows of a row: its facts in plain form, and the profile asked for."""

    form: CompactRubric
    inputs: Mapping[str, Any]
    profile: str | None


class Worth(NamedTuple):
    """The key of a sheet and its exact reward; both None where the sample does not count.

    The reward alone is None where its shape has no value, and for `centred` and `tiers` it is that
    of a response by itself.
    """

    key: Key | None
    reward: Fraction | None


class Moved(NamedTuple):
    """A sheet with another worth than before."""

    row: str
    sheet: str
    old: Worth
    new: Worth


class Flip(NamedTuple):
    """Two sheets of a row, the better one by the old version first where there is one.

    `by` says what compares them otherwise than before: "order" (the keys), "reward", or both.
    """

    row: str
    first: str
    second: str
    by: tuple[str, ...]
    old: tuple[Worth, Worth]
    new: tuple[Worth, Worth]


def worth(case: Case, sheet: Sheet) -> Worth:
    """What a sheet comes to in a case."""
    facts = read_inputs(case.form["inputs"], case.inputs)
    weights = weights_in_force(case.form, facts, case.profile)
    credits = resolve(case.form, sheet.verdicts, facts, sheet.text or None)
    if credits is None:
        return Worth(None, None)
    found = tally(case.form, credits, weights)
    exact = exact_reward(case.form, found, credits, weights)
    return Worth(found.key(), None if exact is None else Fraction(*exact))


def compared(
    row: str, old: Case, new: Case, sheets: Sequence[Sheet]
) -> tuple[list[Moved], list[Flip]]:
    """The sheets of one row that moved, and the pairs that compare otherwise than before."""
    worths = [(sheet, worth(old, sheet), worth(new, sheet)) for sheet in sheets]
    moved = [Moved(row, sheet.id, a, b) for sheet, a, b in worths if a != b]
    flips: list[Flip] = []
    for one, other in combinations(worths, 2):
        by = tuple(_differences((one[1], other[1]), (one[2], other[2])))
        if by:
            if _sign(one[1].key, other[1].key) == -1:
                one, other = other, one
            flips.append(
                Flip(row, one[0].id, other[0].id, by, (one[1], other[1]), (one[2], other[2]))
            )
    return moved, flips


def _differences(old: tuple[Worth, Worth], new: tuple[Worth, Worth]) -> Iterator[str]:
    if _sign(old[0].key, old[1].key) != _sign(new[0].key, new[1].key):
        yield "order"
    if _sign(old[0].reward, old[1].reward) != _sign(new[0].reward, new[1].reward):
        yield "reward"


def _sign(one: Any, other: Any) -> int | None:
    """1, 0 or -1 for more, equal and less; None where one of the two is missing."""
    if one is None or other is None:
        return None
    return int(one > other) - int(one < other)
