"""The bandit for every shape: a rate chosen on seeds of its own, then runs on others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .bandit import MEASURES, STEPS, Rewards, Setting, sheets, steps_until, train
from .shapes import Variant

RATES = tuple(0.1 * 2 ** (power / 2) for power in range(15))  # 0.1 to 12.8
MOVE = 0.05  # nats
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

    So it is chosen for safety under every shape, also where the shape asks for something else. A
    rate whose largest step moves the policy by more than `MOVE`, in the mean of the tuning seeds,
    is not admitted (the least rate always is): rewards of another scale then move it as far, and a
    style is not settled by the luck of one group.
    """
    rates = [rate for rate in plan.rates for _ in plan.tuning]
    tuned = train(rewards, setting, rates, list(plan.tuning) * len(plan.rates), plan.steps)
    means, moves = (
        found.reshape(len(plan.rates), -1).mean(1)
        for found in (tuned[:, :, 0].mean(1), tuned[:, :, MEASURES.index("moved")].max(1))
    )
    admitted = moves <= MOVE
    admitted[0] = True
    rate = float(plan.rates[int(np.where(admitted, means, -1).argmax())])
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
