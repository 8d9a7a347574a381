"""What is compared: arms, each a reward, a judge, a start and a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .plan import COLD, TUNING_SEED, WARM

SCALAR = "scalar"
SHAPES = ("gated", "centred", "lexicographic", "promedical", "weighted", "healthbench", "rar")
REWARDS = (*SHAPES, SCALAR)
"""The shapes, and a reward model that gives one number and knows no criteria."""

ABLATED = "promedical"
"""The shape of the paper whose ablations these are."""

NO_CRITERIA, NO_SAFETY = "no_explicit_criteria", "no_safety_data"
NO_VETO, NO_MARGIN = "no_veto", "no_bonus_margin"
ABLATIONS = (NO_CRITERIA, NO_SAFETY, NO_VETO, NO_MARGIN)

BY_TRUTH = "_by_truth"
TRUE_ARMS = tuple(f"{shape}{BY_TRUTH}" for shape in SHAPES)
"""The shapes once more, with the true verdicts in place of a reward model's."""

LABELS = (*REWARDS, *ABLATIONS, *TRUE_ARMS)
"""All that can be named."""

FULL = "criteria"
KINDS = (FULL, NO_CRITERIA, NO_SAFETY, SCALAR)
"""Reward models: asked about each criterion; never told which criterion it is; trained without
labels of safety; asked for one number."""


@dataclass(frozen=True)
class Arm:
    """One alignment run. `reward` is of `REWARDS`, `ablation` of `ABLATIONS` or empty.

    `truth`: the reward is given the true verdicts, and no reward model is asked.
    """

    reward: str
    start: str
    seed: int
    ablation: str = ""
    rate: float | None = None
    """The learning rate; None for the one that was chosen."""
    truth: bool = False

    @property
    def label(self) -> str:
        return (self.ablation or self.reward) + (BY_TRUTH if self.truth else "")

    @property
    def name(self) -> str:
        tried = "" if self.rate is None else f"-rate{self.rate:g}"
        return f"{self.label}-{self.start}-seed{self.seed}{tried}"

    @property
    def judge(self) -> str | None:
        """The kind of reward model; None where the truth judges."""
        if self.truth:
            return None
        if self.ablation in (NO_CRITERIA, NO_SAFETY):
            return self.ablation
        return SCALAR if self.reward == SCALAR else FULL

    @property
    def shape(self) -> str:
        """The bundle whose `reward.py` is used; the scalar's is there for the ground truth."""
        return "gated" if self.reward == SCALAR else self.reward


def arms(seeds: Sequence[int], only: Sequence[str] = ()) -> list[Arm]:
    """All arms that are reported, or those of the named rewards and ablations."""
    found = [Arm(r, start, s) for s in seeds for start in (COLD, WARM) for r in REWARDS]
    found += [Arm(ABLATED, COLD, seed, ablation=each) for seed in seeds for each in ABLATIONS]
    found += [Arm(r, at, s, truth=True) for s in seeds for at in (COLD, WARM) for r in SHAPES]
    return [arm for arm in found if not only or arm.label in only]


def trials(wanted: Sequence[Arm], rates: Sequence[float]) -> Iterator[Arm]:
    """The runs that choose a learning rate for each reward that is wanted."""
    for reward in REWARDS:
        if any(arm.reward == reward for arm in wanted):
            for rate in rates:
                yield Arm(reward, COLD, TUNING_SEED, rate=rate)
