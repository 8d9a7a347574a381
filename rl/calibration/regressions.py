"""Two ways to fit a rising curve to labels: isotonic regression, and Platt's sigmoid.

A point is a finite score and the credit, in [0, 1], that it should stand for.
"""

import math
from collections.abc import Sequence
from itertools import groupby

Point = tuple[float, float]

_STEPS = 100
_CLOSE = 1e-10
_RIDGE = 1e-12


def isotonic(points: Sequence[Point]) -> list[Point]:
    """The rising curve nearest to the points in squares, as knots with straight lines between.

    Pool adjacent violators: equal scores count as one point with their mean, then neighbours that
    fall are merged until none do. Scores of the knots rise strictly. There must be a point.
    """
    blocks: list[tuple[float, int, float, float]] = []
    for score, tied in groupby(sorted(points), key=lambda point: point[0]):
        credits = [credit for _, credit in tied]
        block = (math.fsum(credits), len(credits), score, score)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            total, count, low, _ = blocks.pop()
            block = (total + block[0], count + block[1], low, block[3])
        blocks.append(block)
    knots: list[Point] = []
    value = 0.0
    for total, count, low, high in blocks:
        # Rounding may not let it fall, nor leave [0, 1].
        value = min(1.0, max(value, total / count))
        knots += [(low, value)] if low == high else [(low, value), (high, value)]
    return knots


def platt(points: Sequence[Point]) -> tuple[float, float]:
    """Slope and intercept of `σ(slope·score + intercept)` with the least cross-entropy.

    As Platt has it, credits are drawn in from 0 and 1 by what so few labels can tell, so that it
    ends for points that a threshold divides, too. A slope is never below 0: where low scores go
    with high credit, scores say nothing and the curve is flat. There must be a point.
    """
    good = math.fsum(credit for _, credit in points)
    high, low = (good + 1) / (good + 2), 1 / (len(points) - good + 2)
    targets = [low + credit * (high - low) for _, credit in points]
    middle, width = _spread([score for score, _ in points])
    scaled = [(score - middle) / width for score, _ in points]
    level = math.fsum(targets) / len(targets)
    slope, intercept = 0.0, math.log(level / (1 - level))
    flat = intercept
    best = _loss(scaled, targets, slope, intercept)
    for _ in range(_STEPS):
        down, across = _newton(scaled, targets, slope, intercept)
        share = 1.0
        while share > _CLOSE:
            tried = slope - share * down, intercept - share * across
            loss = _loss(scaled, targets, *tried)
            if loss < best:
                break
            share /= 2
        else:
            break
        (slope, intercept), gained, best = tried, best - loss, loss
        if gained < _CLOSE * len(points):
            break
    if slope <= 0:
        return 0.0, flat
    return slope / width, intercept - slope * middle / width


def sigmoid(value: float) -> float:
    """`1 / (1 + exp(−value))`, without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))


def _spread(scores: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation; 1 for the latter where all scores are alike."""
    # Divided first: the sum of large scores may be no number.
    middle = math.fsum(score / len(scores) for score in scores)
    width = math.sqrt(math.fsum((score - middle) ** 2 / len(scores) for score in scores))
    return middle, width if 0 < width < math.inf else 1.0


def _loss(
    scores: Sequence[float], targets: Sequence[float], slope: float, intercept: float
) -> float:
    def one(value: float, target: float) -> float:
        # log(1 + exp(value)) − target·value
        return max(value, 0.0) + math.log1p(math.exp(-abs(value))) - target * value

    return math.fsum(one(slope * s + intercept, t) for s, t in zip(scores, targets, strict=True))


def _newton(
    scores: Sequence[float], targets: Sequence[float], slope: float, intercept: float
) -> tuple[float, float]:
    """Newton's step for slope and intercept."""
    estimates = [sigmoid(slope * score + intercept) for score in scores]
    errors = [p - t for p, t in zip(estimates, targets, strict=True)]
    weights = [p * (1 - p) for p in estimates]
    rows = list(zip(scores, errors, weights, strict=True))
    g1 = math.fsum(s * e for s, e, _ in rows)
    g2 = math.fsum(errors)
    h11 = math.fsum(w * s * s for s, _, w in rows) + _RIDGE
    h12 = math.fsum(w * s for s, _, w in rows)
    h22 = math.fsum(weights) + _RIDGE
    size = h11 * h22 - h12 * h12
    return (h22 * g1 - h12 * g2) / size, (h11 * g2 - h12 * g1) / size
