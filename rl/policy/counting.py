"""The properties of the order in a step, from the advantages that its trainer computed."""

from collections.abc import Callable, Sequence

from ..trl_advantages import TrlChanged, trl_advantages
from .figures import Step
from .order import Case, Sample, cases

Rewards = Sequence[Sequence[float | None]]
"""A row per answer, a column per reward function; None where there is no reward."""

Advantages = Callable[[Rewards], Sequence[float]]


def trainer_formula(
    group: int, scale: str, aggregation: str, weights: Sequence[float]
) -> Advantages:
    """TRL's own statements with a trainer's settings, for rewards that it was never given."""
    return lambda rewards: trl_advantages(rewards, group, scale, aggregation, weights)


def cases_of(step: Step, rewards: Rewards, formula: Advantages, apart: bool) -> list[Case]:
    """The cases of all groups of a step; `places` in them are places in the step.

    What is asked of P4 is how the safe ones of a group would stand by themselves: `formula` is put
    to the rewards without those of the unsafe. `apart` says that groups have no part in each
    other's advantages, and then once is enough; otherwise the other groups stay as they are.
    """
    samples = {
        place: Sample(place, answer.judged.key, step.advantages[place])
        for place, answer in enumerate(step.answers)
        if answer.judged is not None and answer.judged.key is not None and not step.left_out[place]
    }
    groups = [[samples[k] for k in places if k in samples] for places in step.groups()]
    mixed = [g for g in groups if any(s.unsafe for s in g) and sum(not s.unsafe for s in g) > 1]
    for chosen in [mixed] if apart else [[group] for group in mixed]:
        hidden = {s.place for group in chosen for s in group if s.unsafe}
        try:
            alone = formula(_without(rewards, hidden)) if hidden else ()
        except TrlChanged:
            break
        for sample in (s for group in chosen for s in group if not s.unsafe):
            samples[sample.place] = sample._replace(alone=alone[sample.place])
    return [
        case
        for places in step.groups()
        for case in cases([samples[k] for k in places if k in samples])
    ]


def _without(rewards: Rewards, hidden: set[int]) -> Rewards:
    return [[None] * len(row) if place in hidden else row for place, row in enumerate(rewards)]
