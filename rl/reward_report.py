"""After training: half of the held-out prompts calibrates, the other half measures."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rubricdsl.ir import TIERS

from .calibration.curves import UNCALIBRATED, Bin, Calibration
from .calibration.file import Prompts
from .calibration.fit import DEFAULT, Wish, fit
from .calibration.regressions import Point
from .evaluation.compare import compare
from .evaluation.labels import Labels, Place, held_out
from .evaluation.systems import read_scores, scored
from .judges.reward_model import RewardModelJudge
from .material import Material

_BEFORE = "before calibration"


@dataclass(frozen=True)
class Report:
    """How scores are read, how many prompts that and the figures stand on, and the figures."""

    calibration: Calibration
    prompts: Prompts
    figures: dict[str, Any]


def report(
    judge: RewardModelJudge,
    material: Material,
    *,
    pinned: bool,
    wish: Wish = DEFAULT,
    most: int | None = None,
    seed: int = 0,
) -> Report:
    """Calibrate `judge`, which reads by it from then on, and measure it on the other half.

    `pinned` says that the scores have a zero of their own. `most` bounds the number of answers that
    are scored. Nothing that was trained on is in it. Figures are None where there is no label.
    """
    labels = held_out(material, most, seed)
    scores = scored(judge, labels)
    first, second = (labels.half(calibration=which) for which in (True, False))
    before = read_scores(_BEFORE, UNCALIBRATED, scores, second)
    calibration = fit(_points(first, scores), pinned=pinned, wish=wish)
    after = read_scores("reward model", calibration, scores, second)
    found = compare([after, before], second, seed=seed)
    measured, raw = found["systems"]
    curves = {
        tier: replace(
            one,
            reliability=tuple(
                None if row is None else Bin(**row) for row in measured["reliability"][tier]
            ),
        )
        for tier, one in calibration.tiers.items()
    }
    judge.calibration = replace(calibration, tiers=curves)
    prompts = Prompts(len(first.prompts), len(second.prompts))
    return Report(judge.calibration, prompts, _figures(found, measured, raw))


def _points(labels: Labels, scores: Mapping[Place, float]) -> dict[str, list[Point]]:
    """Score and credit of every label, by tier."""
    found: dict[str, list[Point]] = defaultdict(list)
    for label in labels.each:
        found[label.question.tier].append((scores[label.place], float(label.credit)))
    return found


def _figures(
    found: Mapping[str, Any], measured: Mapping[str, Any], raw: Mapping[str, Any]
) -> dict[str, Any]:
    """The figures in short, and all of them under `evaluation`."""
    tiers = measured["tiers"]
    return {
        "answers": found["counts"]["answers"],
        "tiers": {
            tier: {
                "pairs": tiers[tier]["pairs"],
                "pairwise_accuracy": tiers[tier]["pairwise"]["value"],
                "points": tiers[tier]["labels"],
                "pointwise_accuracy": tiers[tier]["pointwise"]["value"],
            }
            for tier in TIERS
        },
        "overall": {
            "pairs": found["counts"]["pairs"],
            "pairwise_accuracy": measured["overall"]["pairwise"]["value"],
        },
        "violations": {
            name: tiers["safety"][name]["value"] for name in ("precision", "recall", "f1")
        },
        "ece_before_calibration": {tier: raw["tiers"][tier]["ece"]["value"] for tier in TIERS},
        "evaluation": {
            **{name: found[name] for name in ("seed", "resamples", "interval", "bins", "counts")},
            "tiers": tiers,
            "overall": measured["overall"],
        },
    }
