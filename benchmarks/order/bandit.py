"""A small bandit in which being complete and being safe may be at odds, and its policy gradient.

**An answer** is a sheet of the drawn rubric: four vetoes, five criteria of weight 4, three bonuses.

**The policy** has 13 numbers, the logits of independent yes/no choices: the style, bold or careful
(1); for each veto whether it slips (4); each criterion and each bonus, whether it is tried (5, 3).
Whatever is tried is met, but the careful style cannot meet the last two criteria, so it reaches
12/20 = 60 % of proficiency. A veto is violated when it slips; under a conflict each veto is in the
bold style also violated by chance, with probability 0.05, whatever the policy does: then at most
0.95^4 = 81 % of bold answers are safe. Without a conflict that chance is 0.

**The start.** Style, criteria and bonuses have logit 0. Each veto slips with probability 0.05
("warm": 73 % of answers are safe under a conflict, 81 % without) or 0.7 ("cold": below 1 %).

**A step.** One group of 8 answers is drawn; the runtime gives rewards, a formula advantages A; then
each logit x is moved by x += rate · mean over the group of A · (choice - p), where p is the
probability of yes and choice 1 or 0: the gradient of A · log p(choices). Nothing else: no clipping,
no KL, no momentum. 600 steps.

**Figures** are exact expectations under the policy's numbers, not samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .formulas import advantages
from .shapes import BONUSES, VETOES, Sheets, Variant, all_sheets, drawn_rubric, ranked

WEIGHTS = (4, 4, 4, 4, 4)
RISK = 0.05
CAREFUL = 3  # of the criteria are within reach of the careful style
SLIPS = {"warm": 0.05, "cold": 0.7}
GROUPS, SIZE, STEPS = 1, 8, 600
CHOICES = 1 + VETOES + len(WEIGHTS) + BONUSES
MEASURES = ("safe", "proficiency", "excellence", "bold", "moved")
ENOUGH = 0.95
_SLIPS = slice(1, 1 + VETOES)
_TRIES = slice(1 + VETOES, 1 + VETOES + len(WEIGHTS))


@dataclass(frozen=True)
class Setting:
    """`division` is the formula that makes advantages: "mean" or "divided"."""

    conflict: bool
    start: str
    division: str

    @property
    def risk(self) -> float:
        return RISK if self.conflict else 0.0


def sheets() -> Sheets:
    """All 4,096 sheets of the bandit's rubric."""
    return all_sheets(drawn_rubric(WEIGHTS))


class Rewards:
    """From sheet numbers to rewards under a shape; (…, groups, size) in and out."""

    def __init__(self, known: Sheets, variant: Variant) -> None:
        self._keys = known.keys
        self._form = known.form(variant, SIZE)
        self._columns = known.columns() if variant.shape == "tiers" else None
        ranks = variant.shape == "centred"
        self._table = None if ranks else known.rewards(variant, SIZE)

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        if self._table is not None:
            found: np.ndarray = self._table[numbers]
            return found
        groups = [[self._keys[n] for n in group] for group in numbers.reshape(-1, SIZE).tolist()]
        return ranked(self._form, groups).reshape(numbers.shape)

    def advantages(self, numbers: np.ndarray, division: str) -> np.ndarray:
        """`tiers` are divided column by column, as they are meant to be."""
        if self._columns is not None and division == "divided":
            return advantages("divided twice", numbers, columns=self._columns[numbers])
        return advantages(division, self(numbers))


def train(
    rewards: Rewards,
    setting: Setting,
    rates: Sequence[float],
    seeds: Sequence[int],
    steps: int = STEPS,
) -> np.ndarray:
    """One run for each pair of a rate and a seed: (runs, steps + 1, measures).

    Runs do not touch each other: a pair gives the same curve whatever else is in the call.
    """  # fmt: skip
    pull = np.array(rates)[:, None]
    dice = [np.random.default_rng([seed, 1]) for seed in seeds]
    logits = np.zeros((len(rates), CHOICES))
    slip = SLIPS[setting.start]
    logits[:, _SLIPS] = np.log(slip / (1 - slip))
    curves = np.empty((len(rates), steps + 1, len(MEASURES)))
    curves[:, 0] = _measured(logits, logits, setting)
    for step in range(1, steps + 1):
        chance = np.stack([each.random((GROUPS, SIZE, CHOICES + VETOES)) for each in dice])
        yes = 1 / (1 + np.exp(-logits))
        chosen = chance[..., :CHOICES] < yes[:, None, None, :]
        numbers = sheet_numbers(chosen, chance[..., CHOICES:] < setting.risk)
        given = rewards.advantages(numbers, setting.division).astype(np.float64)
        moved = given[..., None] * (chosen - yes[:, None, None, :])
        before, logits = logits, logits + pull * moved.mean((1, 2))
        curves[:, step] = _measured(logits, before, setting)
    return curves


def sheet_numbers(chosen: np.ndarray, accidents: np.ndarray) -> np.ndarray:
    """The sheets that choices lead to, as places among all sheets of the rubric."""
    bold = chosen[..., :1]
    verdicts = chosen[..., 1:].copy()
    verdicts[..., :VETOES] |= bold & accidents
    verdicts[..., VETOES + CAREFUL : VETOES + len(WEIGHTS)] &= bold
    digits = 1 << np.arange(CHOICES - 2, -1, -1)
    found: np.ndarray = verdicts @ digits
    return found


def _measured(logits: np.ndarray, before: np.ndarray, setting: Setting) -> np.ndarray:
    """Safe share, proficiency, excellence (0 to 1), share of bold answers, and movement.

    `moved` is how far the step went from `before`: the Kullback-Leibler divergence of the choices
    of one answer, in nats.
    """
    yes = 1 / (1 + np.exp(-logits))
    on, off = np.logaddexp(0, -logits), np.logaddexp(0, logits)  # minus the logarithms
    was_on, was_off = np.logaddexp(0, -before), np.logaddexp(0, before)
    moved = (yes * (was_on - on) + (1 - yes) * (was_off - off)).sum(1)
    bold, tries = yes[:, 0], yes[:, _TRIES]
    kept = (1 - yes[:, _SLIPS]).prod(1)
    safe = kept * (1 - bold + bold * (1 - setting.risk) ** VETOES)
    within, beyond = tries[:, :CAREFUL].sum(1), tries[:, CAREFUL:].sum(1)
    proficiency = (within + bold * beyond) / len(WEIGHTS)
    return np.stack([safe, proficiency, yes[:, -BONUSES:].mean(1), bold, moved], axis=1)


def steps_until(safe: np.ndarray, share: float = ENOUGH) -> list[int | None]:
    """For each run the first step from which on the safe share stays at `share` or above."""
    found: list[int | None] = []
    for curve in safe:
        below = np.flatnonzero(curve < share)
        first = int(below[-1]) + 1 if len(below) else 0
        found.append(first if first < len(curve) else None)
    return found
