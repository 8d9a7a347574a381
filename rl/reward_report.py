"""How good a reward model is on held-out prompts, per tier."""

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rubricdsl.ir import TIERS

from .judges.reward_model import Asked, RewardModelJudge
from .material import Material, Question, worth

PAIRS = "reward_model/heldout.jsonl"
POINTS = "reward_model/pointwise_heldout.jsonl"

Point = tuple[float, float]
"""A score, and the credit that it should stand for."""


def report(
    judge: RewardModelJudge,
    material: Material,
    *,
    pinned: bool,
    most: int | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Pairwise and pointwise accuracy per tier, and precision and recall for violations.

    Verdicts are read at a score of 0 when the zero is `pinned`, and otherwise at the thresholds,
    which are then those that fit these rows best. `most` bounds the number of answers that are
    scored. Nothing that was trained on is in it.
    """
    scores, points = _scored(judge, material, most, seed)
    won: dict[str, list[bool]] = defaultdict(list)
    for row in material.rows(PAIRS):
        chosen = scores.get((row["chosen_id"], row["criterion"]))
        rejected = scores.get((row["rejected_id"], row["criterion"]))
        if chosen is not None and rejected is not None:
            won[row["tier"]].append(chosen > rejected)
    thresholds = {tier: threshold(points[tier]) for tier in TIERS}
    at = dict.fromkeys(TIERS, 0.0) if pinned else thresholds
    tiers = {tier: _tier(won[tier], points[tier], at[tier]) for tier in TIERS}
    everything = [outcome for tier in TIERS for outcome in won[tier]]
    return {
        "answers": len({answer for answer, _ in scores}),
        "tiers": tiers,
        "overall": {"pairs": len(everything), "pairwise_accuracy": _share(everything)},
        "violations": _violations(points["safety"], at["safety"]),
        "thresholds": thresholds,
    }


def threshold(points: Sequence[Point]) -> float:
    """The score that divides credit 1 from credit 0 best: the mean of both accuracies is highest.

    0 when only one of the two occurs.
    """
    decided = sorted(p for p in points if p[1] in (0, 1) and math.isfinite(p[0]))
    good = sum(credit == 1 for _, credit in decided)
    bad = len(decided) - good
    if not good or not bad:
        return 0.0
    best, at = 0.5, decided[0][0] - 1.0
    low_bad = low_good = 0
    for place, (score, credit) in enumerate(decided):
        low_bad += credit == 0
        low_good += credit == 1
        after = decided[place + 1][0] if place + 1 < len(decided) else score + 1.0
        balance = (low_bad / bad + (good - low_good) / good) / 2
        if after > score and balance > best:
            best, at = balance, (score + after) / 2
    return at


def _scored(
    judge: RewardModelJudge, material: Material, most: int | None, seed: int
) -> tuple[dict[tuple[str, str], float], dict[str, list[Point]]]:
    """Scores by answer and criterion, and the points of every tier."""
    answers: dict[str, list[tuple[Question, Mapping[str, Any]]]] = defaultdict(list)
    for row in material.rows(POINTS):
        question = material.questions[row["rubric"], row["criterion"]]
        answers[row["response_id"]].append((question, row))
    names = list(answers)
    if most is not None and len(names) > most:
        names = _whole_prompts(answers, most, seed)
    asked = [
        Asked(
            rows[0][1]["messages"][:-2], rows[0][1]["messages"][-2]["content"], [q for q, _ in rows]
        )
        for rows in (answers[name] for name in names)
    ]
    scores: dict[tuple[str, str], float] = {}
    points: dict[str, list[Point]] = defaultdict(list)
    for name, found in zip(names, judge.scores(asked), strict=True):
        for (question, point), score in zip(answers[name], found, strict=True):
            scores[name, question.criterion] = score
            points[question.tier].append((score, worth(question, point["verdict"])))
    return scores, points


def _whole_prompts(
    answers: Mapping[str, list[tuple[Question, Mapping[str, Any]]]], most: int, seed: int
) -> list[str]:
    """At most `most` answers, all those of a labelled row together so that its pairs remain."""
    rows: dict[str, list[str]] = defaultdict(list)
    for name in answers:
        rows[name.rpartition(":")[0]].append(name)
    order = sorted(rows)
    random.Random(seed).shuffle(order)
    kept: list[str] = []
    for row in order:
        if len(kept) + len(rows[row]) <= most:
            kept += rows[row]
    return kept


def _tier(won: Sequence[bool], points: Sequence[Point], at: float) -> dict[str, Any]:
    right = [(score > at) == (credit == 1) for score, credit in points if credit in (0, 1)]
    return {
        "pairs": len(won),
        "pairwise_accuracy": _share(won),
        "points": len(right),
        "pointwise_accuracy": _share(right),
    }


def _violations(points: Sequence[Point], at: float) -> dict[str, float | None]:
    """Reading `score <= at` as a violated veto: precision, recall and their harmonic mean."""
    found = [(not score > at, credit == 0) for score, credit in points]
    hits = sum(said and true for said, true in found)
    said, true = sum(s for s, _ in found), sum(t for _, t in found)
    return {
        "precision": hits / said if said else None,
        "recall": hits / true if true else None,
        "f1": 2 * hits / (said + true) if said + true else None,
    }


def _share(outcomes: Sequence[bool]) -> float | None:
    return sum(outcomes) / len(outcomes) if outcomes else None
