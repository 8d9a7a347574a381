"""The trainers' formulas of `rubricdsl/verify/advantages.py`, for many batches at once.

Arrays have the shape (batches, groups, size); `present` says who is in a group, so that groups of
one array may differ in size. Sums run in the order of the replicas and in single precision, so the
advantages are the same to the last bit; `whitened` alone sums in double precision, and differs by
its rounding. Tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rubricdsl.verify.advantages import SETTINGS, TIER_WEIGHTS

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


def by_group(floor: float, less: int = 1) -> Function:
    def formula(rewards: Array, present: Array, lengths: Array) -> Array:
        divisor = _plus(_std(rewards, present, less), floor)
        return mean(rewards, present, lengths) / divisor[..., None]

    return formula


def by_batch(rewards: Array, present: Array, lengths: Array) -> Array:
    divisor = _plus(_std(_flat(rewards), _flat(present)), 1e-4)
    return mean(rewards, present, lengths) / divisor[:, None, None]


def twice(rewards: Array, present: Array, lengths: Array) -> Array:
    return columns_twice(rewards[..., None], present, (1.0,))


def columns_twice(
    columns: Array, present: Array, weights: tuple[float, ...] = TIER_WEIGHTS
) -> Array:
    """The same from several rewards, on the last axis: (batches, groups, size, columns)."""
    summed = np.zeros(present.shape, np.float32)
    for place, weight in enumerate(weights):
        scaled = by_group(1e-4)(columns[..., place], present, present)
        summed = summed + scaled * np.float32(weight)
    flat, there = _flat(summed), _flat(present)
    divisor = _plus(_std(flat, there), 1e-4)
    return (summed - _mean(flat, there)[:, None, None]) / divisor[:, None, None]


def others(rewards: Array, present: Array, lengths: Array) -> Array:
    total = _sum(rewards, present)[..., None]
    rest = np.maximum(present.sum(-1) - 1, 1).astype(np.float32)[..., None]
    return rewards - (total - rewards) / rest


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


def whitened(rewards: Array, present: Array, lengths: Array) -> Array:
    held = clipped(mean)(rewards, present, lengths)
    flat = _flat(held).astype(np.float64)
    counts = _flat(np.where(present, lengths, 0))
    tokens = counts.sum(-1, keepdims=True)
    middle = ((flat * counts).sum(-1, keepdims=True) / tokens).astype(np.float32)
    squares = ((flat.astype(np.float32) - middle).astype(np.float64) ** 2 * counts).sum(-1)
    variance = (squares / tokens[:, 0]).astype(np.float32)
    divisor = np.sqrt(_plus(variance, 1e-8))
    return (held - middle[..., None]) / divisor[:, None, None]


@dataclass(frozen=True)
class Formula:
    """`settings` are the names in `SETTINGS` that compute it; `batch` says that groups mix."""

    function: Function
    settings: tuple[str, ...]
    batch: bool = False

    @property
    def noise(self) -> float:
        return SETTINGS[self.settings[0]].noise

    @property
    def of_others(self) -> bool:
        return SETTINGS[self.settings[0]].of_others


FORMULAS: dict[str, Formula] = {
    "mean": Formula(
        mean,
        ("trl/none", "verl/grpo_no_std", "slime/no_std", "prime_rl/grpo", "skyrl/grpo_no_std",
         "ms_swift/none", "art/unscaled", "tinker/mean"),
    ),
    "mean, held": Formula(clipped(mean), ("openrlhf/dr_grpo",)),
    "others": Formula(others, ("nemo_rl/no_normalize",)),
    "others, held": Formula(clipped(others), ("openrlhf/rloo",)),
    "divided": Formula(by_group(1e-4), ("trl/group", "ms_swift/group")),
    "divided, 1e-6": Formula(by_group(1e-6), ("verl/grpo", "slime/std", "skyrl/grpo")),
    "divided, held": Formula(clipped(by_group(1e-9)), ("openrlhf/group_norm",)),
    "divided by n": Formula(by_group(1e-6, less=0), ("art/scaled",)),
    "divided by others": Formula(over_others, ("nemo_rl/grpo",)),
    "divided by batch": Formula(by_batch, ("trl/batch", "ms_swift/batch"), batch=True),
    "divided twice": Formula(twice, ("trl/normalize_then_sum",), batch=True),
    "whitened": Formula(whitened, ("openrlhf/reinforce_baseline",), batch=True),
}  # fmt: skip


def advantages(
    name: str,
    rewards: Array,
    present: Array | None = None,
    lengths: Array | None = None,
    columns: Array | None = None,
) -> Array:
    """What a formula makes of rewards, or of `columns` where it takes those apart.

    Without `present` everybody is there; without `lengths` every response has the same.
    """
    there = np.ones(rewards.shape, bool) if present is None else present
    counts = np.ones(rewards.shape, np.int64) if lengths is None else lengths
    with np.errstate(divide="ignore", invalid="ignore"):
        if columns is not None and name == "divided twice":
            return columns_twice(columns.astype(np.float32), there)
        return FORMULAS[name].function(rewards.astype(np.float32), there, counts)
