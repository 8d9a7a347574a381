"""Which properties the advantages of groups break: P1, P2, strict P2, P3 and P4.

As `rubricdsl/verify/groups.py` decides it for one group, here for arrays of them. The properties
are defined in docs/certificate.md. Differences that a formula's rounding can make do not count.
"""

from __future__ import annotations

import math

import numpy as np

PROPERTIES = ("P1", "P2", "P2_strict", "P3", "P4")


def broken(
    places: np.ndarray, violations: np.ndarray, advantages: np.ndarray, noise: float
) -> dict[str, np.ndarray]:
    """For P1 to P3, one bool per group. All arrays are (groups, size).

    `places` order the keys (equal for equal keys), `violations` number the vectors of violations,
    0 for none.
    """
    values = advantages.astype(np.float64)
    slack = noise * np.maximum(1.0, np.abs(values).max(1))
    fell = values[:, :, None] - values[:, None, :] > slack[:, None, None]
    worse = places[:, :, None] < places[:, None, :]
    safe = violations == 0
    some_safe, some_bad = safe.any(1), ~safe.all(1)
    pushed = (~safe & (values > slack[:, None])).any(1)
    alike = violations[:, :, None] == violations[:, None, :]
    uneven = ~some_safe & (alike & fell).any((1, 2))
    lowest = np.where(safe, values, np.inf).min(1)
    highest = np.where(safe, -np.inf, values).max(1)
    return {
        "P1": (worse & fell).any((1, 2)),
        "P2": (pushed & some_safe) | uneven,
        "P2_strict": pushed,
        "P3": some_safe & some_bad & (lowest <= highest),
    }


def spread(advantages: np.ndarray, safe: np.ndarray) -> np.ndarray:
    """Greatest less least advantage among the safe, per group; 0 where nobody is safe."""
    values = advantages.astype(np.float64)
    high = np.where(safe, values, -np.inf).max(1)
    low = np.where(safe, values, np.inf).min(1)
    return np.where(safe.any(1), high - np.where(safe.any(1), low, 0), 0.0)


def of_others_undone(spreads: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Without the factor n/(n-1) that a mean of the others brings, for groups of n."""
    return spreads * (count - 1) / np.maximum(count, 1)


def shrinks(together: np.ndarray, alone: np.ndarray, safe: np.ndarray, noise: float) -> np.ndarray:
    """P4: whether the spread is smaller with the unsafe ones in the group than without them."""
    counted = (safe.sum(1) >= 2) & ~safe.all(1)
    return counted & (together < alone * 0.999 - noise)


def wilson(hits: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson."""
    if count == 0:
        return 0.0, 1.0
    share, part = hits / count, z * z / count
    middle = (share + part / 2) / (1 + part)
    half = z / (1 + part) * math.sqrt(share * (1 - share) / count + part / (4 * count))
    # Exactly 0 and 1 at the ends, where rounding would leave some 1e-19.
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == count else middle + half)
