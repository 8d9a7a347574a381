"""The steps of the order: pairs of keys that are as close as two different keys can be.

All keys with violations up to the bounds, a step of the grid and a number of bonuses, put in order,
form one chain; each link of it is of one of six kinds. A reward of the key that is affine in its
places below the gate, and affine but for a clip above it, takes its smallest difference of each
kind at one of the pairs given here. So a handful of comparisons decide about every pair of keys.

A seventh kind, `count`, is one violation more of whatever severity. It is no link of the chain: it
is for shapes that do not tell severities apart.
"""

import itertools
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .reach import Reach
from .samples import Key

Kind = Literal["bonus", "step", "gate", "moderate", "major", "critical", "count"]
Violations = tuple[int, int, int]

_NAMES: tuple[Kind, Kind, Kind] = ("critical", "major", "moderate")


class Rung(NamedTuple):
    """Two neighbours in the order: `low` is the worse one."""

    kind: Kind
    low: Key
    high: Key


def rungs(reach: Reach) -> Iterator[Rung]:
    """At least one pair of every kind that the bounds allow, those with the closest rewards."""
    first, last, most = reach.bins[0], reach.bins[-1], reach.bonuses
    yield from _within((0, 0, 0), reach)
    used = [k for k in range(3) if reach.violations[k]]
    for severity in used:
        yield Rung("gate", (*_single(severity), last, most), (0, 0, 0, first, 0))
    if used:
        yield from _within(_single(used[-1]), reach)
    for severity in used:
        yield from _fewer(severity, reach)
    if sum(reach.violations) > 1:
        low = (*_two(reach.violations), last, most)
        yield Rung("count", low, (*_single(used[0]), first, 0))


def _within(head: Violations, reach: Reach) -> Iterator[Rung]:
    """The rungs between responses with the same violations."""
    for step in {reach.bins[0], reach.bins[-1]}:
        for bonuses in range(reach.bonuses):
            yield Rung("bonus", (*head, step, bonuses), (*head, step, bonuses + 1))
    for low, high in itertools.pairwise(reach.bins):
        yield Rung("step", (*head, low, reach.bonuses), (*head, high, 0))


def _fewer(severity: int, reach: Reach) -> Iterator[Rung]:
    """One violation of a severity less, with everything that ranks below it as bad as can be.

    Against it, one more, with everything below as good as can be. Rungs that end above the gate
    are left to `gate`.
    """
    below = tuple(-count if k > severity else 0 for k, count in enumerate(reach.violations))
    for fewer in {0, min(1, reach.violations[severity] - 1)}:
        low, high = [0, 0, 0], list(below)
        low[severity], high[severity] = -fewer - 1, -fewer
        if any(high):
            yield Rung(
                _NAMES[severity],
                (low[0], low[1], low[2], reach.bins[-1], reach.bonuses),
                (high[0], high[1], high[2], reach.bins[0], 0),
            )


def _single(severity: int) -> Violations:
    return -(severity == 0), -(severity == 1), -(severity == 2)


def _two(most: Violations) -> Violations:
    """Two violations, the least severe there can be."""
    moderate = min(most[2], 2)
    major = min(most[1], 2 - moderate)
    return moderate + major - 2, -major, -moderate
