"""Systems side by side on the same labels: every figure with its interval, and the curves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rubricdsl.ir import TIERS

from .bootstrap import COVERED, interval, resampled
from .curves import precision_recall, reliability
from .figures import OVERALL, Figures, figures
from .labels import Labels
from .sums import BINS, INDEX, Array, sums
from .systems import System

RESAMPLES = 1000
DIGITS = 6

_COUNTS = ("labels", "pairs")


def compare(
    systems: Sequence[System], labels: Labels, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """All figures of all systems as JSON. `against_first` has, for every system but the first, by
    how much it is ahead: the interval of a difference is narrower than two intervals suggest,
    because all systems meet the same prompts."""
    prompts = len(labels.prompts)
    rows = []
    first: tuple[Figures, Figures] | None = None
    for system in systems:
        summed = sums(system, labels)
        totals: dict[str, Array] = {tier: rows.sum(axis=0) for tier, rows in summed.items()}
        found, drawn = figures(totals), resampled(summed, resamples, seed)
        row = {
            "name": system.name,
            "kind": system.kind,
            "notes": list(system.notes),
            "tiers": {tier: _tier(tier, totals[tier], found, drawn, prompts) for tier in TIERS},
            OVERALL: _figures(OVERALL, found, drawn, prompts),
            "reliability": {
                tier: [None if one is None else _rounded(asdict(one)) for one in curve]
                for tier in TIERS
                for curve in [reliability(totals[tier])]
            },
            "precision_recall": [
                [_round(recall), _round(precision)]
                for recall, precision in precision_recall(system, labels)
            ],
            "threshold": system.threshold,
        }
        if first is None:
            first = found, drawn
        else:
            row["against_first"] = _ahead(first, (found, drawn), prompts)
        rows.append(row)
    return {
        "seed": seed,
        "resamples": resamples,
        "interval": COVERED,
        "bins": BINS,
        "counts": counts(labels),
        "systems": rows,
    }


def counts(labels: Labels) -> dict[str, int]:
    """How much the figures stand on."""
    return {
        "prompts": len(labels.prompts),
        "answers": len(labels.answers),
        "synthetic_answers": sum(answer.synthetic for answer in labels.answers),
        "labels": sum(len(answer.questions) for answer in labels.answers),
        "pairs": len(labels.pairs),
    }


def _tier(tier: str, totals: Array, found: Figures, drawn: Figures, prompts: int) -> dict[str, Any]:
    names = (*_COUNTS, "violations", "unsafe", "safe") if tier == TIERS[0] else _COUNTS
    numbers = {name: int(totals[INDEX[name]]) for name in names}
    return {**numbers, **_figures(tier, found, drawn, prompts)}


def _figures(tier: str, found: Figures, drawn: Figures, prompts: int) -> dict[str, Any]:
    return {
        name: _figure(found[key], drawn[key], prompts)
        for key in found
        for of, name in [key]
        if of == tier
    }


def _ahead(
    first: tuple[Figures, Figures], other: tuple[Figures, Figures], prompts: int
) -> dict[str, Any]:
    """Differences of figures, this one less the first; by tier and name with a dot between."""
    return {
        f"{tier}.{name}": _figure(
            other[0][tier, name] - first[0][tier, name],
            other[1][tier, name] - first[1][tier, name],
            prompts,
        )
        for tier, name in first[0]
    }


def _figure(value: Array, drawn: Array, prompts: int) -> dict[str, float | None]:
    """A figure and its interval; None where there is none."""
    known = None if np.isnan(value) else _round(float(value))
    within = None if known is None else interval(np.atleast_1d(drawn), prompts)
    return {
        "value": known,
        "low": None if within is None else _round(within.low),
        "high": None if within is None else _round(within.high),
    }


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _round(v) if isinstance(v, float) else v for k, v in row.items()}


def _round(value: float) -> float:
    """Rounded, so that the order in which a processor adds numbers does not show."""
    return round(value, DIGITS) + 0.0
