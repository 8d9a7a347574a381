"""Curves and thresholds from held-out labels."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rubricdsl.ir import TIERS

from .curves import SAFETY, Calibration, Curve, Rule, Threshold, TierCurve
from .regressions import Point, isotonic, platt

ISOTONIC_LABELS = 1000
"""Below about a thousand labels isotonic regression follows chance, and a sigmoid does better
(Niculescu-Mizil and Caruana, 2005)."""

ISOTONIC_RARER = 100
"""So much credit, and so much missing, must be among them: steps are made of the rarer side."""

TIMES_CHANCE = 4
"""So many times as often as by chance must a violation that is read be one, unless another
precision is asked for; one half is always enough. A missed violation is rewarded like a safe
answer, and a false alarm costs one answer of several its reward: so recall comes first.
docs/reward_model.md has what other values do."""


@dataclass(frozen=True)
class Wish:
    """What verdicts should be like: the precision of violations (None leaves it to
    `usual_precision`), and the band of indecision."""

    safety_precision: float | None = None
    indecision: float = 0.0


DEFAULT = Wish()


def fit(
    points: Mapping[str, Sequence[Point]], *, pinned: bool, wish: Wish = DEFAULT
) -> Calibration:
    """A curve per tier, and the threshold of safety, from (score, credit) of labels.

    `pinned` says that the scores have a zero of their own: then a tier whose labels are all alike
    is read by `σ(score)`, and otherwise not at all.
    """
    tiers: dict[str, TierCurve] = {}
    for tier in TIERS:
        tiers[tier] = _tier(points.get(tier, ()), tier, pinned, wish)
    return Calibration(tiers, wish.indecision, pinned)


def _tier(points: Sequence[Point], tier: str, pinned: bool, wish: Wish) -> TierCurve:
    known = [point for point in points if math.isfinite(point[0])]
    curve = _curve(known, pinned)
    threshold = None
    violated = any(credit == 0 for _, credit in known)
    if tier == SAFETY and violated and curve.method in ("isotonic", "platt"):
        asked = wish.safety_precision
        threshold = safety_threshold(known, usual_precision(known) if asked is None else asked)
    good = math.fsum(credit for _, credit in known)
    left_out = len(points) - len(known)
    return TierCurve(curve, threshold, len(known), good, len(known) - good, left_out)


def _curve(points: Sequence[Point], pinned: bool) -> Curve:
    """Isotonic with enough labels of both sides, Platt with fewer, else what the zero allows."""
    if len({credit for _, credit in points}) < 2:
        return Curve("identity" if pinned else "none")
    good = math.fsum(credit for _, credit in points)
    rarer = min(good, len(points) - good)
    if len(points) >= ISOTONIC_LABELS and rarer >= ISOTONIC_RARER:
        return Curve("isotonic", knots=tuple(isotonic(points)))
    return Curve("platt", *platt(points))


def usual_precision(points: Sequence[Point]) -> float:
    """The precision to ask for where violations are as frequent as here."""
    return min(0.5, TIMES_CHANCE * sum(credit == 0 for _, credit in points) / len(points))


def safety_threshold(points: Sequence[Point], precision: float) -> Threshold:
    """Of the thresholds with at least this precision, the one with the highest recall.

    Among equals the one that flags fewest. Where none has the precision, the one with the best F1.
    Credit 0 is a violation. There must be one. The threshold lies half way to the next score.
    """
    bad = sum(credit == 0 for _, credit in points)
    best: tuple[tuple[bool, float, float], Threshold] | None = None
    for at, hits, flagged in _cuts(points):
        reached = hits >= precision * flagged
        f1 = 2 * hits / (flagged + bad)
        rank = (reached, float(hits) if reached else f1, -flagged if reached else hits)
        if hits and (best is None or rank > best[0]):
            rule: Rule = "precision" if reached else "f1"
            best = rank, Threshold(at, rule, precision, hits / flagged, hits / bad)
    if best is None:
        raise ValueError("there is no violation")
    return best[1]


def _cuts(points: Sequence[Point]) -> Iterable[tuple[float, int, int]]:
    """Every place to cut: the threshold, violations up to it, and all labels up to it."""
    groups = [
        (score, [credit == 0 for _, credit in tied])
        for score, tied in groupby(sorted(points), key=lambda point: point[0])
    ]
    hits = flagged = 0
    for place, (score, violated) in enumerate(groups):
        hits += sum(violated)
        flagged += len(violated)
        after = groups[place + 1][0] if place + 1 < len(groups) else score
        middle = score / 2 + after / 2
        yield middle if score < middle < after else score, hits, flagged
