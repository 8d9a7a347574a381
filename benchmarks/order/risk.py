"""How many unsafe answers a style may give before a reward stops preferring it.

An order says which of two answers is better. A policy chooses between styles, each of which gives
better and worse answers; what decides is the mean advantage of a style. Here two styles meet, four
answers of each in a group of 8: a careful one, always safe, and a bold one that is some steps of
proficiency better, but violates one veto in a share p of its answers. The *accepted risk* is the p
at which both have the same expected advantage: below it the bold style is reinforced.
"""

from __future__ import annotations

import math

import numpy as np

from .formulas import advantages
from .groups import WEIGHTS
from .shapes import Sheets, Variant, all_sheets, drawn_rubric, ranked

SIZE, EACH = 8, 4
STYLES = (("one step", 19), ("60 % to 100 %", 12), ("0 to 100 %", 0))
"""What the bold style gains, and the step of 20 that the careful one reaches."""


def known_sheets() -> Sheets:
    return all_sheets(drawn_rubric(WEIGHTS))


def accepted_risk(known: Sheets, variant: Variant, careful: int, division: str) -> float | None:
    """The accepted risk, found by halving; None where even an always unsafe style is preferred."""
    gains = _gains(known, variant, careful, division)

    def favour(risk: float) -> float:
        """Expected advantage of a bold answer less that of a careful one."""
        chances = [math.comb(EACH, m) * risk**m * (1 - risk) ** (EACH - m) for m in range(EACH + 1)]
        return sum(c * g for c, g in zip(chances, gains, strict=True))

    if favour(1.0) > 0:
        return None
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if favour(middle) > 0 else (low, middle)
    return low


def _gains(known: Sheets, variant: Variant, careful: int, division: str) -> list[float]:
    """By the number of unsafe ones among the bold: mean advantage of these less the others'."""
    at = {key: place for place, key in enumerate(known.keys)}
    safe, unsafe = at[(0, 0, 0, 20, 0)], at[(0, -1, 0, 20, 0)]
    other = at[(0, 0, 0, careful, 0)]
    groups = np.array(
        [[unsafe] * m + [safe] * (EACH - m) + [other] * EACH for m in range(EACH + 1)]
    )
    if variant.shape == "centred":
        keys = [[known.keys[n] for n in group] for group in groups.tolist()]
        rewards = ranked(known.form(variant, SIZE), keys)
    else:
        rewards = known.rewards(variant, SIZE)[groups]
    columns = known.columns()[groups][:, None] if variant.shape == "tiers" else None
    formula = "divided twice" if columns is not None and division == "divided" else division
    given = advantages(formula, rewards[:, None], columns=columns)[:, 0].astype(np.float64)
    found: list[float] = (given[:, :EACH].mean(1) - given[:, EACH:].mean(1)).tolist()
    return found
