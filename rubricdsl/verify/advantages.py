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
Lengths = Sequence[Sequence[int]]
Formula = Callable[[Batch, Lengths], list[list[float]]]
Columns = Callable[[Sequence[Sequence[Sequence[float]]], Lengths], list[list[float]]]

TIERS = ("safety", "proficiency", "excellence")
TIER_WEIGHTS = (1.0, 1.0, 0.25)
"""Those that the emitted `grpo.yaml` gives the three columns, which are in the order of `TIERS`."""

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


def _std(values: Sequence[float]) -> float:
    """The standard deviation; 0 where there are too few values for one."""
    if len(values) < 2:
        return 0.0
    mean = _mean(values)
    squares = _sum([single(single(value - mean) ** 2) for value in values])
    return single(math.sqrt(single(squares / (len(values) - 1))))


def _minus(values: Sequence[float], mean: float) -> list[float]:
    return [single(value - mean) for value in values]


def _over(values: Sequence[float], divisor: float) -> list[float]:
    return [single(value / divisor) for value in values]


def centred(batch: Batch, lengths: Lengths) -> list[list[float]]:
    """Minus the mean of the group."""
    return [_minus(group, _mean(group)) for group in batch]


def by_group(floor: float) -> Formula:
    """Over the standard deviation of the group plus `floor`."""

    def formula(batch: Batch, lengths: Lengths) -> list[list[float]]:
        return [_over(_minus(g, _mean(g)), single(_std(g) + floor)) for g in batch]

    return formula


def by_batch(floor: float) -> Formula:
    """Over the standard deviation of all rewards of the batch."""

    def formula(batch: Batch, lengths: Lengths) -> list[list[float]]:
        std = single(_std([reward for group in batch for reward in group]) + floor)
        return [_over(found, std) for found in centred(batch, lengths)]

    return formula


def over_batch(floor: float) -> Formula:
    """Minus the mean of all, over the deviation of all plus `floor` where that is not 0."""

    def formula(batch: Batch, lengths: Lengths) -> list[list[float]]:
        flat = [value for group in batch for value in group]
        mean, std = _mean(flat), single(_std(flat) + floor)
        return [_over(_minus(group, mean), std or 1.0) for group in batch]

    return formula


def gdpo(column: Formula, whole: Formula, order: Sequence[str] = TIERS) -> Columns:
    """Each column by itself, then their weighted sum in `order`, then the whole batch once more."""
    places = [TIERS.index(tier) for tier in order]

    def formula(batch: Sequence[Sequence[Sequence[float]]], lengths: Lengths) -> list[list[float]]:
        columns = [column([[row[k] for row in group] for group in batch], lengths) for k in places]
        weights = [TIER_WEIGHTS[k] for k in places]
        summed = [
            [_sum([single(z * w) for z, w in zip(zs, weights, strict=True)])
             for zs in zip(*groups, strict=True)]
            for groups in zip(*columns, strict=True)
        ]  # fmt: skip
        return whole(summed, lengths)

    return formula


def one_after_the_other(column: Formula, whole: Formula) -> Formula:
    """What remains of that for one reward."""
    return lambda batch, lengths: whole(column(batch, lengths), lengths)


def others(batch: Batch, lengths: Lengths) -> list[list[float]]:
    """Minus the mean of the other responses."""
    found = []
    for group in batch:
        total, rest = _sum(group), len(group) - 1
        found.append([single(r - single(single(total - r) / rest)) for r in group])
    return found


def mean_of_others(batch: Batch, lengths: Lengths) -> list[list[float]]:
    """The same, with the others added up anew for each response."""
    return [
        [single(r - _mean([*group[:k], *group[k + 1 :]])) for k, r in enumerate(group)]
        for group in batch
    ]


def over_others(batch: Batch, lengths: Lengths) -> list[list[float]]:
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

    def held(batch: Batch, lengths: Lengths) -> list[list[float]]:
        return [[min(max(a, -limit), limit) for a in group] for group in formula(batch, lengths)]

    return held


def over_tokens(floor: Callable[[float, int], float]) -> Formula:
    """Minus the mean over all tokens of the batch, over their deviation.

    `floor` takes the mean square and the number of tokens to what the root is taken of.
    """

    def formula(batch: Batch, lengths: Lengths) -> list[list[float]]:
        pairs = [
            (value, count)
            for group, counts in zip(batch, lengths, strict=True)
            for value, count in zip(group, counts, strict=True)
        ]
        tokens = sum(count for _, count in pairs)
        mean = single(math.fsum(value * count for value, count in pairs) / tokens)
        squares = math.fsum(single(value - mean) ** 2 * count for value, count in pairs)
        std = single(math.sqrt(single(floor(single(squares / tokens), tokens))))
        return [_over(_minus(group, mean), std) for group in batch]

    return formula


def in_doubles(scaled: bool) -> Formula:
    """ART's: minus the mean, over the deviation of the group if asked, rounded at the end."""

    def formula(batch: Batch, lengths: Lengths) -> list[list[float]]:
        found = []
        for group in batch:
            mean = sum(group) / len(group)
            std = math.sqrt(sum((reward - mean) ** 2 for reward in group) / len(group))
            found.append([single((r - mean) / (std + 1e-6 if scaled else 1.0)) for r in group])
        return found

    return formula


class Setting(NamedTuple):
    """A trainer's formula; None where it refuses a single reward.

    `of_others` has the factor n/(n-1), which group size alone decides. `noise` is how far from the
    exact value its arithmetic can end up, for rewards near 1. `columns` is what it makes of one
    reward per tier, where it takes them apart. `largest` is the group size beyond which its clip
    can make different advantages equal.
    """

    formula: Formula | None
    of_others: bool = False
    noise: float = 1e-5
    columns: Columns | None = None
    largest: int | None = None


def _twice(floor: float, whole: Formula) -> Setting:
    """A multi-reward setting that divides each column by the deviation of the group."""
    column = by_group(floor)
    return Setting(one_after_the_other(column, whole), columns=gdpo(column, whole))


_VERL_TOKENS = over_tokens(lambda square, tokens: square * tokens / (tokens - 1) + 1e-8)
_OPENRLHF_TOKENS = over_tokens(lambda square, tokens: max(square, 1e-8))


SETTINGS: dict[str, Setting] = {
    "trl/none": Setting(centred),
    "trl/group": Setting(by_group(1e-4)),
    "trl/batch": Setting(by_batch(1e-4)),
    "trl/normalize_then_sum": _twice(1e-4, over_batch(1e-4)),
    "verl/grpo": Setting(by_group(1e-6)),
    "verl/grpo_no_std": Setting(centred),
    "verl/gdpo": _twice(1e-6, _VERL_TOKENS),
    "openrlhf/dr_grpo": Setting(clipped(centred)),
    "openrlhf/rloo": Setting(clipped(others), of_others=True),
    # Of n values none is more than (n - 1)/sqrt(n) deviations from the mean.
    "openrlhf/group_norm": Setting(clipped(by_group(1e-9)), largest=101),
    "openrlhf/reinforce_baseline": Setting(one_after_the_other(clipped(centred), _OPENRLHF_TOKENS)),
    # Differences of means of squares lose half of the digits.
    "nemo_rl/grpo": Setting(over_others, of_others=True, noise=5e-3),
    "nemo_rl/no_normalize": Setting(mean_of_others, of_others=True),
    # Its components are summed in alphabetical order, and it refuses a single one.
    "nemo_rl/gdpo": Setting(
        None, noise=5e-3, columns=gdpo(over_others, over_batch(0.0), sorted(TIERS))
    ),
    "slime/std": Setting(by_group(1e-6)),
    "slime/no_std": Setting(centred),
    "prime_rl/grpo": Setting(centred),
    "skyrl/grpo": Setting(by_group(1e-6)),
    "skyrl/grpo_no_std": Setting(centred),
    "ms_swift/group": Setting(by_group(1e-4)),
    "ms_swift/batch": Setting(by_batch(1e-4)),
    "ms_swift/none": Setting(centred),
    "ms_swift/gdpo": _twice(1e-8, over_batch(1e-8)),
    "art/scaled": Setting(in_doubles(True)),
    "art/unscaled": Setting(in_doubles(False)),
    "tinker/mean": Setting(centred),
}
