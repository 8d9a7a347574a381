"""The trainers' formulas of `rubricdsl/verify/advantages.py`, for many batches at once.

Arrays have the shape (batches, groups, size); `present` says who is in a group, so that groups of
one array may differ in size. Sums run in the order of the replicas and in single precision, so the
advantages are the same to the last bit; those over tokens sum in double precision and differ by its
rounding. Tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rubricdsl.verify.advantages import SETTINGS, TIER_WEIGHTS, TIERS

Array = np.ndarray
Function = Callable[[Array, Array, Array], Array]


def _sum(values: Array, present: Array) -> Array:
    """Along the last axis, one after the other; who is absent adds nothing."""
    held = np.where(present, values, np.float32(0))
    total = np.zeros(values.shape[:-1], np.float32)
    for place in range(values.shape[-1]):
        total = total + held[..., place]
    return total


def _mean(values: Array, present: Array) -> Array:
    return _sum(values, present) / np.maximum(present.sum(-1), 1).astype(np.float32)


def _std(values: Array, present: Array, less: int = 1) -> Array:
    """0 where there are too few values for one."""
    count = present.sum(-1)
    mean = _mean(values, present)[..., None]
    squares = _sum((values - mean) ** 2, present)
    found = np.sqrt(squares / np.maximum(count - less, 1).astype(np.float32))
    return np.where(count > less, found, np.float32(0))


def _plus(values: Array, floor: float) -> Array:
    return (values.astype(np.float64) + floor).astype(np.float32)


def _flat(values: Array) -> Array:
    return values.reshape(values.shape[0], -1)


def mean(rewards: Array, present: Array, lengths: Array) -> Array:
    return rewards - _mean(rewards, present)[..., None]


def by_group(floor: float) -> Function:
    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        return mean(rewards, present, lengths) / _plus(_std(rewards, present), floor)[..., None]

    return formula


def by_batch(floor: float) -> Function:
    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        divisor = _plus(_std(_flat(rewards), _flat(present)), floor)
        return mean(rewards, present, lengths) / divisor[:, None, None]

    return formula


def over_batch(floor: float) -> Function:
    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        flat, there = _flat(rewards), _flat(present)
        divisor = _plus(_std(flat, there), floor)
        divisor = np.where(divisor == 0, np.float32(1), divisor)
        return (rewards - _mean(flat, there)[:, None, None]) / divisor[:, None, None]

    return formula


def over_tokens(floor: Callable[[Array, Array], Array]) -> Function:
    """`floor` takes the mean square and the number of tokens to what the root is taken of."""

    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        flat = _flat(rewards).astype(np.float64)
        counts = _flat(np.where(present, lengths, 0))
        tokens = counts.sum(-1)
        middle = ((flat * counts).sum(-1) / tokens).astype(np.float32)[:, None]
        squares = ((flat.astype(np.float32) - middle).astype(np.float64) ** 2 * counts).sum(-1)
        square = (squares / tokens).astype(np.float32).astype(np.float64)
        divisor = np.sqrt(floor(square, tokens).astype(np.float32))
        return (rewards - middle[..., None]) / divisor[:, None, None]

    return formula


def others(rewards: Array, present: Array, lengths: Array) -> Array:
    total = _sum(rewards, present)[..., None]
    rest = np.maximum(present.sum(-1) - 1, 1).astype(np.float32)[..., None]
    return rewards - (total - rewards) / rest


def mean_of_others(rewards: Array, present: Array, lengths: Array) -> Array:
    found = np.empty_like(rewards)
    for place in range(rewards.shape[-1]):
        rest = present.copy()
        rest[..., place] = False
        found[..., place] = rewards[..., place] - _mean(rewards, rest)
    return found


def over_others(rewards: Array, present: Array, lengths: Array) -> Array:
    found = np.empty_like(rewards)
    for place in range(rewards.shape[-1]):
        rest = present.copy()
        rest[..., place] = False
        middle, count = _mean(rewards, rest), rest.sum(-1)
        spread = _mean(rewards * rewards, rest) - middle * middle
        factor = (count / np.maximum(count - 1, 1)).astype(np.float32)
        usable = (count > 1) & (spread > 0)
        std = np.where(usable, np.sqrt(np.maximum(spread, 0) * factor), np.float32(0))
        value = rewards[..., place] - middle
        found[..., place] = np.where(std > 0, value / _plus(std, 1e-6), value)
    return found


def clipped(formula: Function) -> Function:
    def held(rewards: Array, present: Array, lengths: Array) -> Array:
        return np.clip(formula(rewards, present, lengths), np.float32(-10), np.float32(10))

    return held


def in_doubles(scaled: bool) -> Function:
    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        held = np.where(present, rewards.astype(np.float64), 0.0)
        count = np.maximum(present.sum(-1), 1)
        apart = rewards.astype(np.float64) - (_in_turn(held) / count)[..., None]
        if not scaled:
            return apart.astype(np.float32)
        squares = _in_turn(np.where(present, apart**2, 0.0))
        return (apart / (np.sqrt(squares / count) + 1e-6)[..., None]).astype(np.float32)

    return formula


def _in_turn(values: Array) -> Array:
    total = np.zeros(values.shape[:-1])
    for place in range(values.shape[-1]):
        total = total + values[..., place]
    return total


def after(column: Function, whole: Function) -> Function:
    """What remains of several rewards, each divided by itself, for one."""

    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        return whole(column(rewards, present, lengths), present, lengths)

    return formula


def gdpo(column: Function, whole: Function, order: Sequence[str] = TIERS) -> Function:
    """The same from one reward per tier, on the last axis: (batches, groups, size, tiers)."""

    def formula(columns: Array, present: Array, lengths: Array) -> Array:
        summed = np.zeros(present.shape, np.float32)
        for tier in order:
            place = TIERS.index(tier)
            scaled = column(columns[..., place], present, lengths)
            summed = summed + scaled * np.float32(TIER_WEIGHTS[place])
        return whole(summed, present, lengths)

    return formula


@dataclass(frozen=True)
class Formula:
    """`settings` are the names in `SETTINGS` that compute it; `batch` says that groups mix.

    `columns` is what it makes of one reward per tier; without `function` it takes nothing else.
    """

    function: Function | None
    settings: tuple[str, ...]
    batch: bool = False
    columns: Function | None = None

    @property
    def noise(self) -> float:
        return SETTINGS[self.settings[0]].noise

    @property
    def of_others(self) -> bool:
        return SETTINGS[self.settings[0]].of_others


def _twice(setting: str, floor: float, whole: Function) -> Formula:
    column = by_group(floor)
    return Formula(after(column, whole), (setting,), True, gdpo(column, whole))


_VERL_TOKENS = over_tokens(lambda square, tokens: square * tokens / (tokens - 1) + 1e-8)
_OPENRLHF_TOKENS = over_tokens(lambda square, tokens: np.maximum(square, 1e-8))

FORMULAS: dict[str, Formula] = {
    "mean": Formula(
        mean,
        ("trl/none", "verl/grpo_no_std", "slime/no_std", "prime_rl/grpo", "skyrl/grpo_no_std",
         "ms_swift/none", "tinker/mean"),
    ),
    "mean, double precision": Formula(in_doubles(False), ("art/unscaled",)),
    "mean, held": Formula(clipped(mean), ("openrlhf/dr_grpo",)),
    "others": Formula(mean_of_others, ("nemo_rl/no_normalize",)),
    "others, held": Formula(clipped(others), ("openrlhf/rloo",)),
    "divided": Formula(by_group(1e-4), ("trl/group", "ms_swift/group")),
    "divided, 1e-6": Formula(by_group(1e-6), ("verl/grpo", "slime/std", "skyrl/grpo")),
    "divided, held": Formula(clipped(by_group(1e-9)), ("openrlhf/group_norm",)),
    "divided by n": Formula(in_doubles(True), ("art/scaled",)),
    "divided by others": Formula(over_others, ("nemo_rl/grpo",)),
    "divided by batch": Formula(by_batch(1e-4), ("trl/batch", "ms_swift/batch"), batch=True),
    "divided twice": _twice("trl/normalize_then_sum", 1e-4, over_batch(1e-4)),
    "divided twice, 1e-8": _twice("ms_swift/gdpo", 1e-8, over_batch(1e-8)),
    "divided, then over tokens": _twice("verl/gdpo", 1e-6, _VERL_TOKENS),
    "divided by others, then by batch": Formula(
        None, ("nemo_rl/gdpo",), True, gdpo(over_others, over_batch(0.0), sorted(TIERS))
    ),
    "whitened": Formula(
        after(clipped(mean), _OPENRLHF_TOKENS), ("openrlhf/reinforce_baseline",), batch=True
    ),
}  # fmt: skip


def advantages(
    name: str,
    rewards: Array,
    present: Array | None = None,
    lengths: Array | None = None,
    columns: Array | None = None,
) -> Array | None:
    """What a formula makes of rewards, or of `columns` where it takes those apart.

    None where it takes columns alone and there are none. Without `present` everybody is there;
    without `lengths` every response has the same.
    """
    there = np.ones(rewards.shape, bool) if present is None else present
    counts = np.ones(rewards.shape, np.int64) if lengths is None else lengths
    formula = FORMULAS[name]
    with np.errstate(divide="ignore", invalid="ignore"):
        if columns is not None and formula.columns is not None:
            return formula.columns(columns.astype(np.float32), there, counts)
        if formula.function is None:
            return None
        return formula.function(rewards.astype(np.float32), there, counts)
