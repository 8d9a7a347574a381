"""Intervals by resampling prompts: the labels of one hang together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .figures import Figures, figures
from .sums import Array

COVERED = 0.95
_DEFINED = 0.95
_BLOCK = 64


@dataclass(frozen=True)
class Interval:
    """Where the middle 95 % of the resamples lie."""

    low: float
    high: float


def resampled(sums: Mapping[str, Array], resamples: int, seed: int) -> Figures:
    """All figures of each resample; the same prompts are drawn for every system of this seed."""
    prompts = next(iter(sums.values())).shape[0]
    if not prompts or not resamples:
        return figures({tier: rows[:0] for tier, rows in sums.items()})
    chance = np.random.Generator(np.random.PCG64(seed))
    parts: list[Figures] = []
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        drawn = chance.multinomial(prompts, np.full(prompts, 1 / prompts), size=size)
        weights = drawn.astype(np.float64)
        parts.append(figures({tier: weights @ rows for tier, rows in sums.items()}))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def interval(values: Array, prompts: int) -> Interval | None:
    """The percentile interval of a figure; None where there is too little to tell one.

    That is with a single prompt, without resamples, and where a resample in twenty has nothing to
    count.
    """
    known = values[~np.isnan(values)]
    if prompts < 2 or not len(values) or len(known) < _DEFINED * len(values):
        return None
    tail = (1 - COVERED) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high))
