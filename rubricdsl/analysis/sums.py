"""The weighted sums that a set of criteria can reach, by dynamic programming.

A state maps each reachable total weight (of the criteria that count) to the set of reachable gains,
one bit per gain. Both are in units of weight × credit, so a gain never exceeds its total. The cost
grows with the number of criteria times the size of the state, never with the number of sheets.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

State = dict[int, int]
START: State = {0: 1}

MAX_BITS = 1 << 23
"""A state with more bits than this is given up; callers then go on with a superset."""


class Item(NamedTuple):
    """A criterion that counts: its weight times the full credit, and its gains; see `items_of`.

    `may_skip` says that it can also fall away, so that its weight leaves the total.
    """

    total: int
    gains: tuple[int, ...]
    may_skip: bool


class TooLarge(Exception):
    """A state would exceed `MAX_BITS`."""


def items_of(
    weights: Sequence[int], credits: Sequence[tuple[int, ...]], skips: Sequence[bool], unit: int
) -> list[Item]:
    """Items with the common factor of all weights and of all credits divided out."""
    factor = math.gcd(*weights) or 1
    grain = math.gcd(unit, *(credit for each in credits for credit in each)) or 1
    return [
        Item(
            weight // factor * (unit // grain),
            tuple(weight // factor * (credit // grain) for credit in each),
            skip,
        )
        for weight, each, skip in zip(weights, credits, skips, strict=True)
    ]


def extend(state: State, item: Item) -> State:
    """The sums after one more criterion. Raises `TooLarge`."""
    if sum(state) + len(state) * item.total > MAX_BITS:
        raise TooLarge
    found: State = dict(state) if item.may_skip else {}
    for total, gains in state.items():
        reached = 0
        for gain in item.gains:
            reached |= gains << gain
        found[total + item.total] = found.get(total + item.total, 0) | reached
    return found


def union(states: Iterable[State]) -> State:
    """What any of the states reaches. Raises `TooLarge`."""
    found: State = {}
    for state in states:
        for total, gains in state.items():
            found[total] = found.get(total, 0) | gains
    if sum(found) > MAX_BITS:
        raise TooLarge
    return found


def gains_of_bin(step: int, steps: int, total: int) -> tuple[int, int]:
    """The least and the greatest gain out of `total` whose share rounds to `step`, half to even."""
    low, high = (2 * step - 1) * total, (2 * step + 1) * total
    if step % 2:
        low, high = low + 1, high - 1
    return max(-(-low // (2 * steps)), 0), min(high // (2 * steps), total)


def bins_of(state: State, steps: int) -> set[int]:
    """The steps of the grid that the shares of a state round to."""
    found: set[int] = set()
    for total, gains in state.items():
        if not total:
            found.add(0)
            continue
        for step in range(steps + 1):
            if step not in found:
                low, high = gains_of_bin(step, steps, total)
                if low <= high and gains >> low & ((1 << (high - low + 1)) - 1):
                    found.add(step)
    return found


def solve(
    items: Sequence[Item], states: Sequence[State], step: int, steps: int
) -> list[int | None] | None:
    """Gains, one per item (None: it falls away), whose share rounds to `step`; None if none do.

    `states` are those of the items.
    """
    for total in sorted(states[-1], reverse=True):
        low, high = gains_of_bin(step, steps, total) if total else (0, 0 if step == 0 else -1)
        window = states[-1][total] >> low & ((1 << (high - low + 1)) - 1) if low <= high else 0
        if window:
            return _trace(items, states, total, low + window.bit_length() - 1)
    return None


def trace(items: Sequence[Item], total: int, gain: int) -> list[int | None]:
    """Gains, one per item, with this sum, which the items must reach. Raises `TooLarge`."""
    return _trace(items, states_of(items), total, gain)


def states_of(items: Sequence[Item]) -> list[State]:
    """The sums of the first none, one, two, … items. Raises `TooLarge`."""
    states = [START]
    for item in items:
        states.append(extend(states[-1], item))
    return states


def _trace(
    items: Sequence[Item], states: Sequence[State], total: int, gain: int
) -> list[int | None]:
    chosen: list[int | None] = []
    for item, before in zip(reversed(items), reversed(states[:-1]), strict=True):
        options: list[tuple[int | None, int, int]] = [
            (g, total - item.total, gain - g) for g in reversed(item.gains)
        ]
        if item.may_skip:
            options.append((None, total, gain))
        for option, rest, left in options:
            if left >= 0 and before.get(rest, 0) >> left & 1:
                chosen.append(option)
                total, gain = rest, left
                break
    return chosen[::-1]
