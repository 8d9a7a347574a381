"""From a reward model's score to a verdict.

One rule for every place in which a score is read, in process or from a server.
"""

import math

from ..material import Question, Verdict


def verdict_of(question: Question, score: float, threshold: float = 0.0) -> Verdict:
    """The verdict whose credit is nearest to `σ(score − threshold)`, the worse one on a tie.

    The score must be finite.
    """
    estimate = _sigmoid(score - threshold)
    worst_first = question.credits.items()
    return min(worst_first, key=lambda pair: abs(float(pair[1]) - estimate))[0]


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))
