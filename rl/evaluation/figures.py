"""Figures from sums. All work on sums of any shape with the columns last, so on resamples too."""

from collections.abc import Mapping

import numpy as np

from rubricdsl.ir import TIERS

from .sums import BINS, INDEX, KINDS, Array

OVERALL = "overall"

_NO_CHANCE = 1e-12

Figures = dict[tuple[str, str], Array]
"""By tier (or `overall`) and name; not a number where there is nothing to count."""


def figures(totals: Mapping[str, Array]) -> Figures:
    """All figures of a system, from its sums by tier."""
    found: Figures = {}
    for tier in TIERS:
        for name, value in _of_tier(totals[tier], violations=tier == "safety").items():
            found[tier, name] = value
    everything = np.sum([totals[tier] for tier in TIERS], axis=0)
    for name in ("pairwise", "pointwise", "cannot_assess"):
        found[OVERALL, name] = _of_tier(everything, violations=False)[name]
    return found


def _of_tier(totals: Array, *, violations: bool) -> dict[str, Array]:
    def column(name: str) -> Array:
        return totals[..., INDEX[name]]

    found = {
        "pointwise": _share(column("right"), column("labels")),
        "pairwise": _share(column("won"), column("pairs")),
    }
    if violations:
        hits, misses, false_alarms = map(column, ("hits", "misses", "false_alarms"))
        found |= {
            "precision": _share(hits, hits + false_alarms),
            "recall": _share(hits, hits + misses),
            "f1": _share(2 * hits, 2 * hits + misses + false_alarms),
            "unsafe_flagged": _share(column("unsafe_flagged"), column("unsafe")),
            "safe_flagged": _share(column("safe_flagged"), column("safe")),
        }
    gap = sum(
        (abs(column(f"bin{k}_expected") - column(f"bin{k}_credit")) for k in range(BINS)),
        start=np.zeros(totals.shape[:-1]),
    )
    return {
        **found,
        "cannot_assess": _share(column("cannot_assess"), column("labels")),
        "ties": _share(column("tied"), column("pairs")),
        **{f"kappa_{kind}": _kappa(totals, kind) for kind in KINDS},
        "ece": _share(gap, column("expected")),
        "brier": _share(column("squares"), column("expected")),
    }


def _kappa(totals: Array, kind: str) -> Array:
    """Cohen's kappa with quadratic weights on credits; for yes/no that is the unweighted one.

    One less the mean squared distance of labels and verdicts over what it would be by chance.
    """
    n, x, y, xx, yy, xy = (
        totals[..., INDEX[f"{kind}_{moment}"]] for moment in ("n", "x", "y", "xx", "yy", "xy")
    )
    seen = _share(xx + yy - 2 * xy, n)
    chance = _share(xx + yy, n) - 2 * _share(x, n) * _share(y, n)
    return 1 - _share(seen, np.where(chance > _NO_CHANCE, chance, 0.0))


def _share(part: Array, whole: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
