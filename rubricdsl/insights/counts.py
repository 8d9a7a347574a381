"""How many different keys and rewards the sheets of one case have."""

import itertools
from fractions import Fraction

from ..analysis.reach import Place, Rubric, governed, reach, sums
from ..analysis.samples import reward_of_key
from ..analysis.sums import bins_of
from ..runtime.order import Tally
from .points import distinct, points, scores

MAX_LISTED = 200_000
"""Rewards that are listed to see which are equal; of more the number is given up."""

Shares = list[tuple[int, int]]


def keys(place: Place) -> int | None:
    """The number of different keys in a single case; None when its sums are too many."""
    found = reach(*place)
    if not found.exact:
        return None
    number = len(found.bins) * (found.bonuses + 1)
    for most in found.violations:
        number *= most + 1
    return number


def rewards(place: Place) -> int | None:
    """The number of different rewards in a single case; None when it is not known.

    None for `centred` too, whose rewards are ranks in a group. Raises `TooLarge`.
    """
    rubric, single = place
    form = rubric.form
    shape = form["reward"]["shape"]
    if shape == "centred":
        return None
    if shape in ("healthbench", "rar"):
        found = points(rubric)
        return distinct(shape, scores(found, single), found.zero)
    if shape == "weighted":
        return _weighted(rubric, place)
    bounds = reach(*place)
    if not bounds.exact:
        return None
    all_keys, above = keys(place), len(bounds.bins) * (bounds.bonuses + 1)
    if shape == "lexicographic":
        return all_keys
    vectors = 1
    for most in bounds.violations:
        vectors *= most + 1
    if shape == "gated":
        counts = form["reward"]["params"].get("count", [0, 1])[0]
        return above + (vectors - 1 if counts else int(vectors > 1))
    violations = range(sum(bounds.violations) + 1) if shape == "promedical" else (0,)
    if above * len(violations) > MAX_LISTED:
        return None
    listed = {
        reward_of_key(rubric, (-count, 0, 0, step, bonuses))
        for count in violations
        for step in bounds.bins
        for bonuses in range(bounds.bonuses + 1)
    }
    if shape == "tiers" and vectors > 1:
        listed.add(Fraction(0))
    return len(listed)


def _weighted(rubric: Rubric, place: Place) -> int | None:
    """Every mean of three shares. Raises `TooLarge`."""
    form, off = rubric.form, governed(place[1])
    state, steps = sums(*place), form["steps"]
    tiers: list[Shares] = []
    for tier in (0, 2):
        there = [c for c in form["criteria"] if c["tier"] == tier and c["id"] not in off]
        skip = sum(c["na"] or form["policies"][tier] == "exclude" for c in there)
        tiers.append(_shares(len(there) - skip, len(there)))
    reached = sorted(bins_of({t: g for t, g in state.items() if t}, steps))
    weighed: Shares = [(step, 1) for step in reached] + ([(0, 0)] if 0 in state else [])
    if len(tiers[0]) * len(tiers[1]) * len(weighed) > MAX_LISTED:
        return None
    found: set[Fraction] = set()
    for (kept, vetoes), (step, there_), (bonuses, chances) in itertools.product(
        tiers[0], weighed, tiers[1]
    ):
        tally = Tally((vetoes - kept, 0, 0), (0, 1), step, bonuses, vetoes, chances)
        exact = rubric.exact(tally, (0, there_))
        if exact is not None:
            found.add(Fraction(*exact))
    return len(found)


def _shares(least: int, most: int) -> Shares:
    """One of each share of so many that count, (0, 0) where none does."""
    found: dict[Fraction | None, tuple[int, int]] = {}
    for number in range(least, most + 1):
        for kept in range(number + 1):
            found.setdefault(Fraction(kept, number) if number else None, (kept, number))
    return list(found.values())
