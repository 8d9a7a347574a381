"""Curves of a system: reliability per tier, and precision against recall for violations."""

from itertools import groupby

import numpy as np

from rubricdsl.ir import TIERS

from ..calibration.curves import Bin
from .labels import Labels
from .sums import BINS, INDEX, Array
from .systems import System

MOST_POINTS = 200


def reliability(totals: Array) -> tuple[Bin | None, ...]:
    """The bins of a tier from its sums over all prompts; None where nothing fell."""
    found: list[Bin | None] = []
    for k in range(BINS):
        n, expected, credit = (
            float(totals[INDEX[f"bin{k}_{what}"]]) for what in ("n", "expected", "credit")
        )
        found.append(Bin(int(n), expected / n, credit / n) if n else None)
    return tuple(found)


def precision_recall(system: System, labels: Labels) -> list[tuple[float, float]]:
    """Recall and precision of violations at every threshold on the score, by rising recall.

    Empty for a system without scores, and where nothing is violated. Labels without a score are
    violations that no threshold finds.
    """
    scored = []
    violations = 0
    for label in labels.each:
        if label.question.tier == TIERS[0]:
            violations += label.credit == 0
            score = system.readings[label.place].score
            if score is not None:
                scored.append((score, label.credit == 0))
    points = []
    hits = flagged = 0
    for _, tied in groupby(sorted(scored), key=lambda one: one[0]):
        found = [violated for _, violated in tied]
        hits += sum(found)
        flagged += len(found)
        if violations:
            points.append((hits / violations, hits / flagged))
    if len(points) > MOST_POINTS:
        kept = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int))
        points = [points[int(place)] for place in kept]
    return points
