"""What is compared: a system, and what it says about every label."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from ..calibration.curves import SAFETY, Calibration
from ..judges.protocol import Grader, Outcome
from ..material import Question, Verdict
from .labels import Labels, Place

if TYPE_CHECKING:
    from ..judges.reward_model import RewardModelJudge

Kind = Literal["reward model", "judge"]


@dataclass(frozen=True)
class Reading:
    """What a system says about one criterion of one answer.

    `credit` is that of its verdict, None where it gives none that could be right. `score` orders
    answers; `expected` is a probability of credit. Both are None where there is no such thing.
    """

    credit: Fraction | None
    score: float | None = None
    expected: float | None = None


@dataclass(frozen=True)
class System:
    """A named judge with its readings, and the score at which it reads a violation, if any."""

    name: str
    kind: Kind
    readings: Mapping[Place, Reading]
    threshold: float | None = None
    notes: tuple[str, ...] = ()


def of_reward_model(
    name: str, judge: "RewardModelJudge", labels: Labels, notes: Sequence[str] = ()
) -> System:
    """What a reward model says; the judge's calibration reads its scores."""
    return read_scores(name, judge.calibration, scored(judge, labels), labels, notes)


def scored(judge: "RewardModelJudge", labels: Labels) -> dict[Place, float]:
    """The scores of all labels; not a number where there is none."""
    from ..judges.reward_model import Asked

    asked = [Asked(one.prompt, one.response, one.questions) for one in labels.answers]
    found: dict[Place, float] = {}
    for answer, scores in zip(labels.answers, judge.scores(asked), strict=True):
        for question, score in zip(answer.questions, scores, strict=True):
            found[answer.id, question.criterion] = score
    return found


def read_scores(
    name: str,
    calibration: Calibration,
    scores: Mapping[Place, float],
    labels: Labels,
    notes: Sequence[str] = (),
) -> System:
    """The system that a reward model is, from scores that are known."""
    readings = {}
    for label in labels.each:
        score = scores[label.place]
        expected = calibration.credit(label.question, score)
        readings[label.place] = Reading(
            credit_of(label.question, calibration.verdict(label.question, score)),
            score if math.isfinite(score) else None,
            None if math.isnan(expected) else expected,
        )
    threshold = calibration.tiers[SAFETY].threshold
    at = None if threshold is None else threshold.at
    return System(name, "reward model", readings, at, tuple(notes))


def of_grader(name: str, grader: Grader, labels: Labels, notes: Sequence[str] = ()) -> System:
    """What any judge of `rl.judges` says."""
    records = grader.grade([answer.item for answer in labels.answers])
    outcomes = {
        (answer.id, name): outcome
        for answer, record in zip(labels.answers, records, strict=True)
        for name, outcome in record.outcomes.items()
    }
    readings = {
        label.place: _reading(label.question, outcomes[label.place]) for label in labels.each
    }
    return System(name, "judge", readings, notes=tuple(notes))


def credit_of(question: Question, verdict: Verdict) -> Fraction | None:
    """The credit of a verdict; None for one that is none of the criterion's."""
    if isinstance(verdict, bool):
        return None
    return question.credits.get(verdict)


def _reading(question: Question, outcome: Outcome) -> Reading:
    score = outcome.score
    known = score is not None and math.isfinite(score) and outcome.failure is None
    return Reading(credit_of(question, outcome.verdict), score if known else None)
