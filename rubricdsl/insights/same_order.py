"""Whether two choices of weights, or two grids, put all sheets of a case in the same order."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from ..analysis.cases import Cases
from ..analysis.reach import governed
from ..analysis.sums import Item
from ..runtime.order import round_half_even

MAX_SUMS = 100_000
"""Different pairs of sums; beyond that the question is given up."""

MAX_CASES = 64

Steps = tuple[int, int]
"""The step that a sheet reaches on the one side and on the other."""


class Side(NamedTuple):
    """The weighed criteria of one side by name, and its grid."""

    items: Mapping[str, Item]
    steps: int


Both = tuple[int, int, int, int]
"""Total and gain on the one side, total and gain on the other."""


def same_order(left: Side, right: Side, over: Cases) -> bool | None:
    """Whether every two sheets of one case come in the same order by proficiency on both sides.

    Both sides weigh the same criteria, with the same answers to each. None when it was given up.
    """
    if not _agree(_sampled(left, right, over)):
        return False
    whole = _reached(left, right, over)
    if whole is not None and _agree(whole):
        return True
    # Steps of different cases need not agree with one another.
    if over.number() > MAX_CASES:
        return None
    for single in over.each(MAX_CASES):
        found = _reached(left, right, single)
        if found is None:
            return None
        if not _agree(found):
            return False
    return True


def _agree(steps: Iterable[Steps]) -> bool:
    """More on the one side is always more on the other, and equal is equal."""
    found = sorted(set(steps))
    return all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(found))


def _sampled(left: Side, right: Side, over: Cases) -> Iterator[Steps]:
    """Steps of the fullest case with one criterion met, and with one unmet."""
    single = next(over.each(1))
    off = governed(single)
    names = [name for name in left.items if name not in off]
    for best in (True, False):
        for name in names:
            chosen = {other: (other == name) == best for other in names}
            yield _steps(_sum(left, chosen), left), _steps(_sum(right, chosen), right)


def _sum(side: Side, met: Mapping[str, bool]) -> tuple[int, int]:
    total = sum(side.items[name].total for name in met)
    return total, sum(side.items[name].gains[-1 if yes else 0] for name, yes in met.items())


def _steps(sums: tuple[int, int], side: Side) -> int:
    total, gain = sums
    return round_half_even(gain * side.steps, total) if total else 0


def _reached(left: Side, right: Side, over: Cases) -> set[Steps] | None:
    """The steps that sheets reach on both sides, in any of the cases; None for too many."""
    off = governed(over)
    state: set[Both] | None = {(0, 0, 0, 0)}
    for name in left.items:
        if name not in off:
            state = _extended(state, left.items[name], right.items[name])
    for part in over.components:
        names = {name for case in part for name in case.off if name in left.items}
        branches: set[Both] = set()
        for chosen in {frozenset(names - case.off) for case in part}:
            branch = state
            for name in sorted(chosen):
                branch = _extended(branch, left.items[name], right.items[name])
            if branch is None:
                return None
            branches |= branch
        state = branches
    if state is None:
        return None
    return {(_steps((t, g), left), _steps((u, h), right)) for t, g, u, h in state}


def _extended(state: set[Both] | None, left: Item, right: Item) -> set[Both] | None:
    if state is None or len(state) > MAX_SUMS:
        return None
    added = [
        (left.total, gain, right.total, other)
        for gain, other in zip(left.gains, right.gains, strict=True)
    ]
    if left.may_skip:
        added.append((0, 0, 0, 0))
    return {(t + a, g + b, u + c, h + d) for t, g, u, h in state for a, b, c, d in added}
