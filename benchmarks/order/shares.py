"""In what share of groups each shape breaks each property under each formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .breaks import PROPERTIES, broken, of_others_undone, shrinks, spread, wilson
from .formulas import FORMULAS, advantages
from .groups import Groups, groups_of
from .shapes import VARIANTS, Variant, all_sheets, drawn_rubric


@dataclass(frozen=True)
class Share:
    """`hits` of `count` groups; P4 is counted in those alone that have what it speaks of."""

    hits: int
    count: int

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.count)


Cells = dict[tuple[str, str, str], Share]
"""By shape, formula and property."""


def shares(groups: Groups, variants: dict[str, Variant] = VARIANTS) -> Cells:
    """The share of every shape, formula and property in these groups."""
    size = groups.members.shape[-1]
    places = groups.places[groups.members].reshape(-1, size)
    violations = groups.violations[groups.members].reshape(-1, size)
    safe = groups.safe
    flat_safe = safe.reshape(-1, size)
    speaks = int(((flat_safe.sum(1) >= 2) & ~flat_safe.all(1)).sum())
    everybody = np.ones(safe.shape, bool)
    columns = groups.columns()
    found: Cells = {}
    for name, variant in variants.items():
        rewards = groups.rewards(variant, everybody)
        alone = rewards if variant.shape != "centred" else groups.rewards(variant, safe)
        parts = columns if variant.shape == "tiers" else None
        for formula, about in FORMULAS.items():
            given = advantages(formula, rewards, None, groups.lengths, parts)
            if given is None:
                found |= {(name, formula, prop): Share(0, 0) for prop in PROPERTIES}
                continue
            given = given.reshape(-1, size)
            wrong = broken(places, violations, given, about.noise)
            lone = _alone(formula, rewards, alone, groups, parts)
            together, apart = spread(given, flat_safe), spread(lone, flat_safe)
            if about.of_others:
                together = of_others_undone(together, np.full(len(given), size))
                apart = of_others_undone(apart, flat_safe.sum(1))
            wrong["P4"] = shrinks(together, apart, flat_safe, about.noise)
            for prop in PROPERTIES:
                count = speaks if prop == "P4" else len(given)
                found[name, formula, prop] = Share(int(wrong[prop].sum()), count)
    return found


def _alone(
    formula: str, rewards: np.ndarray, alone: np.ndarray, groups: Groups, parts: np.ndarray | None
) -> np.ndarray:
    """Advantages of each group without its unsafe responses, the rest of its batch being the same.

    `alone` are the rewards without them. The answer is (all groups, size); absent places mean
    nothing.
    """
    size, safe = rewards.shape[-1], groups.safe
    if not FORMULAS[formula].batch:
        lone = advantages(formula, alone, safe, groups.lengths, parts)
        return lone.reshape(-1, size)
    rows = []
    for place in range(rewards.shape[1]):
        present, values = np.ones(safe.shape, bool), rewards.copy()
        present[:, place], values[:, place] = safe[:, place], alone[:, place]
        rows.append(advantages(formula, values, present, groups.lengths, parts)[:, place])
    return np.stack(rows, axis=1).reshape(-1, size)


UNSAFE_ADDED = (0, 1, 4, 12)


def fixed_groups() -> Iterator[Groups]:
    """Four fixed safe responses with 0, 1, 4 and 12 unsafe ones.

    The safe ones meet a quarter, half, three quarters and all of proficiency, and no bonus; an
    unsafe one meets half and violates one veto.
    """
    sheets = all_sheets(drawn_rubric((5, 5, 5, 5)))
    at = {key: place for place, key in enumerate(sheets.keys)}
    for added in UNSAFE_ADDED:
        members = [at[(0, 0, 0, step, 0)] for step in (5, 10, 15, 20)]
        members += [at[(0, -1, 0, 10, 0)]] * added
        yield groups_of([sheets], np.array(members)[None, None, :], np.random.default_rng(0))


def spreads(variants: dict[str, Variant] = VARIANTS) -> dict[tuple[str, str], list[float]]:
    """By shape and formula, the spread among the four for each number added.

    Each group is a batch of its own. For means of the others, n/(n-1) is left out.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for groups in fixed_groups():
        size = groups.members.shape[-1]
        everybody, safe = np.ones(groups.safe.shape, bool), groups.safe.reshape(1, size)
        for name, variant in variants.items():
            rewards = groups.rewards(variant, everybody)
            parts = groups.columns() if variant.shape == "tiers" else None
            for formula, about in FORMULAS.items():
                given = advantages(formula, rewards, None, None, parts)
                if given is None:
                    continue
                value = spread(given.reshape(1, size), safe)
                if about.of_others:
                    value = of_others_undone(value, np.array([size]))
                found.setdefault((name, formula), []).append(float(value[0]))
    return found
