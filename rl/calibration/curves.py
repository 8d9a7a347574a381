"""How scores are read: a curve from score to expected credit, and from there to a verdict.

One rule for every place in which a score is read, in process or from a server:

- `p`, the calibrated expected credit, comes from the curve of the criterion's tier.
- In safety, a score up to the tier's threshold reads as the verdict without credit, any other as
  the one with it.
- Elsewhere, and in safety where there is no threshold, the verdict is the one whose credit is
  nearest to `p`, the worse one on a tie. Levels share out the range of `p`.
- Outside safety, with a band of indecision, `p` nearer than that to the border between two verdicts
  is `cannot_assess`. In safety the threshold has settled which doubts count as violations.
- A score that is no finite number is `cannot_assess`; so is any in a tier without a curve.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from rubricdsl.ir import TIERS

from ..material import Question, Verdict
from .regressions import Point, sigmoid

CANNOT_ASSESS = "cannot_assess"
SAFETY = "safety"

Method = Literal["isotonic", "platt", "identity", "none"]
METHODS: tuple[Method, ...] = ("isotonic", "platt", "identity", "none")

Rule = Literal["precision", "f1"]
RULES: tuple[Rule, ...] = ("precision", "f1")


@dataclass(frozen=True)
class Curve:
    """Expected credit by score: knots, a sigmoid, `σ(score)` itself, or nothing."""

    method: Method = "identity"
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[Point, ...] = ()

    def credit(self, score: float) -> float:
        """The expected credit of a finite score; NaN where there is no curve."""
        if self.method == "none":
            return math.nan
        if self.method != "isotonic":
            return sigmoid(self.slope * score + self.intercept)
        place = bisect_right(self.knots, score, key=lambda knot: knot[0])
        if place == 0:
            return self.knots[0][1]
        if place == len(self.knots):
            return self.knots[-1][1]
        (x0, y0), (x1, y1) = self.knots[place - 1], self.knots[place]
        # Halved, because the difference of large scores may be no number.
        share = (score / 2 - x0 / 2) / (x1 / 2 - x0 / 2)
        return min(y1, y0 + (y1 - y0) * share)


@dataclass(frozen=True)
class Threshold:
    """Scores up to `at` are violations. `precision` and `recall` are those of the labels that set
    it, and `rule` says whether it has the precision that was `asked` for, or the best F1."""

    at: float
    rule: Rule
    asked: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Bin:
    """Labels whose calibrated credit lies in one tenth of [0, 1]: how many, and both means."""

    labels: int
    expected: float
    credit: float


@dataclass(frozen=True)
class TierCurve:
    """How the scores of a tier are read. `good` and `bad` are the sums of credit and of what is
    missing from it; `left_out` counts scores that are no numbers. `reliability` is measured on the
    evaluation half, one entry for each tenth, None where nothing fell."""

    curve: Curve = Curve()
    threshold: Threshold | None = None
    labels: int = 0
    good: float = 0.0
    bad: float = 0.0
    left_out: int = 0
    reliability: tuple[Bin | None, ...] = ()


def _plain() -> dict[str, TierCurve]:
    return {tier: TierCurve() for tier in TIERS}


@dataclass(frozen=True)
class Calibration:
    """How a model's scores are read; without tiers given, `σ(score)` is the expected credit.

    `pinned` says that the pointwise term gave the scores a zero.
    """

    tiers: Mapping[str, TierCurve] = field(default_factory=_plain)
    indecision: float = 0.0
    pinned: bool = True

    def credit(self, question: Question, score: float) -> float:
        """The expected credit; NaN where there is none."""
        return self.tiers[question.tier].curve.credit(score) if math.isfinite(score) else math.nan

    def verdict(self, question: Question, score: float) -> Verdict:
        """The verdict that a score reads as."""
        credit = self.credit(question, score)
        if math.isnan(credit):
            return CANNOT_ASSESS
        worst_first = list(question.credits.items())
        tier = self.tiers[question.tier]
        if tier.threshold is not None:
            return worst_first[0 if score <= tier.threshold.at else -1][0]
        borders = (float(a + b) / 2 for (_, a), (_, b) in pairwise(worst_first))
        if question.tier != SAFETY and any(abs(credit - b) < self.indecision for b in borders):
            return CANNOT_ASSESS
        return min(worst_first, key=lambda pair: abs(float(pair[1]) - credit))[0]


UNCALIBRATED = Calibration()
