"""What trainers make of rewards: each one's formula, in single precision as it computes.

Written after the sources of the versions that docs/certificate.md names. A formula takes a batch:
groups of rewards, and the number of tokens of each response for those that weigh by it.
"""

import math
from collections.abc import Callable, Sequence
from struct import Struct
from typing import NamedTuple

Group = Sequence[float]
Batch = Sequence[Group]
Formula = Callable[[Batch, Sequence[Sequence[int]]], list[list[float]]]
Columns = Callable[[Sequence[Sequence[Sequence[float]]]], list[list[float]]]

TIER_WEIGHTS = (1.0, 1.0, 0.25)
"""Those that the emitted `grpo.yaml` gives the three columns."""

_SINGLE = Struct("f")


def single(value: float) -> float:
    """The nearest number of single precision."""
    return float(_SINGLE.unpack(_SINGLE.pack(value))[0])


def _sum(values: Sequence[float]) -> float:
    total = 0.0
    for value in values:
        total = single(total + value)
    return total


def _mean(values: Sequence[float]) -> float:
    return single(_sum(values) / len(values))


def _std(values: Sequence[float], less: int = 1) -> float:
    """The standard deviation; 0 where there are too few values for one."""
    if len(values) <= less:
        return 0.0
    mean = _mean(values)
    squares = _sum([single(single(value - mean) ** 2) for value in values])
    return single(math.sqrt(single(squares / (len(values) - less))))


def _minus(values: Sequence[float], mean: float) -> list[float]:
    return [single(value - mean) for value in values]


def _over(values: Sequence[float], divisor: float) -> list[float]:
    return [single(value / divisor) for value in values]


def centred(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
    """Minus the mean of the group."""
    return [_minus(group, _mean(group)) for group in batch]


def by_group(floor: float, less: int = 1) -> Formula:
    """Over the standard deviation of the group plus `floor`."""

    def formula(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
        return [_over(_minus(g, _mean(g)), single(_std(g, less) + floor)) for g in batch]

    return formula


def by_batch(floor: float) -> Formula:
    """Over the standard deviation of all rewards of the batch."""

    def formula(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
        std = single(_std([reward for group in batch for reward in group]) + floor)
        return [_over(found, std) for found in centred(batch, lengths)]

    return formula


def normalize_then_sum(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
    """TRL's GDPO with one reward: over the group's deviation, then the same over the batch."""
    return columns_then_sum([[(reward,) for reward in group] for group in batch], (1.0,))


def columns_then_sum(
    batch: Sequence[Sequence[Sequence[float]]], weights: Sequence[float] = TIER_WEIGHTS
) -> list[list[float]]:
    """The same with several: each column by itself over the group, then their weighted sum."""
    summed: list[list[float]] = []
    for group in batch:
        scaled = [by_group(1e-4)([column], [])[0] for column in zip(*group, strict=True)]
        rows = zip(*scaled, strict=True)
        summed.append([
            _sum([single(z * weight) for z, weight in zip(row, weights, strict=True)])
            for row in rows
        ])  # fmt: skip
    flat = [value for group in summed for value in group]
    mean, std = _mean(flat), single(_std(flat) + 1e-4)
    return [_over(_minus(group, mean), std) for group in summed]


def others(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
    """Minus the mean of the other responses."""
    found = []
    for group in batch:
        total, rest = _sum(group), len(group) - 1
        found.append([single(r - single(single(total - r) / rest)) for r in group])
    return found


def over_others(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
    """Minus the mean of the others, over their deviation, as a difference of means of squares."""
    found = []
    for group in batch:
        row = []
        for place, reward in enumerate(group):
            rest = [r for other, r in enumerate(group) if other != place]
            mean, count = _mean(rest), len(rest)
            squares = _mean([single(r * r) for r in rest])
            spread = single(squares - single(mean * mean))
            std = 0.0
            if count > 1 and spread > 0:
                std = single(math.sqrt(single(spread * single(count / (count - 1)))))
            value = single(reward - mean)
            row.append(single(value / single(std + 1e-6)) if std > 0 else value)
        found.append(row)
    return found


def clipped(formula: Formula, limit: float = 10.0) -> Formula:
    """Held within a range."""

    def held(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
        return [[min(max(a, -limit), limit) for a in group] for group in formula(batch, lengths)]

    return held


def whitened(batch: Batch, lengths: Sequence[Sequence[int]]) -> list[list[float]]:
    """Minus the mean of the group, clipped, then whitened over all tokens of the batch."""
    held = clipped(centred)(batch, lengths)
    pairs = [
        (value, count)
        for group, counts in zip(held, lengths, strict=True)
        for value, count in zip(group, counts, strict=True)
    ]
    tokens = sum(count for _, count in pairs)
    mean = single(math.fsum(value * count for value, count in pairs) / tokens)
    squares = math.fsum(single(value - mean) ** 2 * count for value, count in pairs)
    std = single(math.sqrt(single(single(squares / tokens) + 1e-8)))
    return [_over(_minus(group, mean), std) for group in held]


class Setting(NamedTuple):
    """A trainer's formula; `of_others` has the factor n/(n-1), which group size alone decides.

    `noise` is how far from the exact value its arithmetic can end up, for rewards near 1. `columns`
    is what it makes of one reward per tier, where it takes them apart.
    """

    formula: Formula
    of_others: bool = False
    noise: float = 1e-5
    columns: Columns | None = None


SETTINGS: dict[str, Setting] = {
    "trl/none": Setting(centred),
    "trl/group": Setting(by_group(1e-4)),
    "trl/batch": Setting(by_batch(1e-4)),
    "trl/normalize_then_sum": Setting(normalize_then_sum, columns=columns_then_sum),
    "verl/grpo": Setting(by_group(1e-6)),
    "verl/grpo_no_std": Setting(centred),
    "openrlhf/dr_grpo": Setting(clipped(centred)),
    "openrlhf/rloo": Setting(clipped(others), of_others=True),
    "openrlhf/group_norm": Setting(clipped(by_group(1e-9))),
    "openrlhf/reinforce_baseline": Setting(whitened),
    # Differences of means of squares lose half of the digits.
    "nemo_rl/grpo": Setting(over_others, of_others=True, noise=5e-3),
    "nemo_rl/no_normalize": Setting(others, of_others=True),
    "slime/std": Setting(by_group(1e-6)),
    "slime/no_std": Setting(centred),
    "prime_rl/grpo": Setting(centred),
    "skyrl/grpo": Setting(by_group(1e-6)),
    "skyrl/grpo_no_std": Setting(centred),
    "ms_swift/group": Setting(by_group(1e-4)),
    "ms_swift/batch": Setting(by_batch(1e-4)),
    "ms_swift/none": Setting(centred),
    "art/scaled": Setting(by_group(1e-6, less=0)),
    "art/unscaled": Setting(centred),
    "tinker/mean": Setting(centred),
}
