"""The learning rate of each reward, by one rule for all, fixed before anything was run.

Every rate of the plan is tried from the cold start of a seed of its own. The one is taken whose
answers to that seed's evaluation cases have, by ground truth, the larger share of safe ones in
steps of five points; among equals, the greater proficiency in steps of five hundredths; then the
smaller rate. Ablations have the rate of the shape that they change.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .aligning import COLUMNS

STEP = 0.05


def chosen_rates(trials: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The rate of each reward, from the results of its trials."""
    best: dict[str, tuple[tuple[int, int, float], float]] = {}
    for trial in trials:
        reward, rate = trial["arm"]["reward"], float(trial["rate"])
        merit = (*_merit(trial["answers"]), -rate)
        if reward not in best or merit > best[reward][0]:
            best[reward] = (merit, rate)
    return {reward: rate for reward, (_, rate) in best.items()}


def _merit(answers: Sequence[Sequence[float]]) -> tuple[int, int]:
    safe, proficiency = (
        sum(row[COLUMNS.index(name)] for row in answers) / len(answers)
        for name in ("safe", "proficiency")
    )
    return int(safe / STEP + 1e-9), int(proficiency / STEP + 1e-9)
