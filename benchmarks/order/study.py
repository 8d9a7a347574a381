"""The bandit for every shape: a rate chosen on seeds of its own, then runs on others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .bandit import STEPS, Rewards, Setting, sheets, steps_until, train
from .shapes import Variant

RATES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
TUNING = tuple(range(1000, 1016))
SEEDS = tuple(range(20))
DIVISIONS = ("mean", "divided")


@dataclass(frozen=True)
class Plan:
    """How much is run; the defaults are the full run."""

    steps: int = STEPS
    rates: Sequence[float] = RATES
    tuning: Sequence[int] = TUNING
    seeds: Sequence[int] = SEEDS


@dataclass(frozen=True)
class Outcome:
    """`curves` is (seeds, steps + 1, measures), at the rate that was chosen."""

    rate: float
    curves: np.ndarray

    @property
    def end(self) -> np.ndarray:
        """The measures at the end, by seed."""
        found: np.ndarray = self.curves[:, -1]
        return found

    @property
    def until(self) -> list[int | None]:
        return steps_until(self.curves[:, :, 0])


def outcome(rewards: Rewards, setting: Setting, plan: Plan) -> Outcome:
    """The rate is the one whose mean safe share, over all steps and tuning seeds, is greatest.

    So it is chosen for safety under every shape, also where the shape asks for something else.
    """
    rates = np.repeat(plan.rates, len(plan.tuning))
    tuned = train(rewards, setting, rates, list(plan.tuning) * len(plan.rates), plan.steps)
    means = tuned[:, :, 0].mean(1).reshape(len(plan.rates), -1).mean(1)
    rate = float(plan.rates[int(means.argmax())])
    curves = train(rewards, setting, [rate] * len(plan.seeds), list(plan.seeds), plan.steps)
    return Outcome(rate, curves)


def settings() -> list[Setting]:
    return [
        Setting(conflict, start, division)
        for conflict, start, division in itertools.product(
            (True, False), ("warm", "cold"), DIVISIONS
        )
    ]


def study(
    variants: dict[str, Variant], plan: Plan, progress: Callable[[str], None] = lambda text: None
) -> dict[tuple[Setting, str], Outcome]:
    """Every shape in every setting."""
    known = sheets()
    found = {}
    for setting in settings():
        progress(f"bandit: {setting}")
        for name, variant in variants.items():
            found[setting, name] = outcome(Rewards(known, variant), setting, plan)
    return found
