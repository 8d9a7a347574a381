"""Held-out labels of a bundle: answers with the credit of every verdict, and pairs of answers.

Criteria with a check are left out: no judge is ever asked about them.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..calibration.halves import sets_thresholds
from ..errors import TrainingError
from ..material import Item, Material, Messages, Question

PAIRS = "reward_model/heldout.jsonl"
POINTS = "reward_model/pointwise_heldout.jsonl"

Place = tuple[str, str]
"""An answer's id and a criterion."""


@dataclass(frozen=True)
class Answer:
    """An answer to a held-out prompt; `credits` has the labelled credit of each question."""

    id: str
    prompt_id: str
    rubric: str
    prompt: Messages
    response: str
    questions: tuple[Question, ...]
    credits: tuple[Fraction, ...]
    synthetic: bool

    @property
    def item(self) -> Item:
        """What a judge is asked."""
        names = [question.criterion for question in self.questions]
        return {
            "prompt": self.prompt,
            "response": self.response,
            "rubric": self.rubric,
            "criteria": names,
            "inputs": {},
        }


@dataclass(frozen=True)
class Label:
    """The credit that one criterion of one answer has."""

    place: Place
    prompt_id: str
    question: Question
    credit: Fraction


@dataclass(frozen=True)
class Pair:
    """Two answers to one prompt of which the first has more credit on a criterion."""

    prompt_id: str
    tier: str
    chosen: Place
    rejected: Place


@dataclass(frozen=True)
class Labels:
    """Held-out answers, and the pairs among them."""

    answers: tuple[Answer, ...]
    pairs: tuple[Pair, ...]

    @property
    def prompts(self) -> list[str]:
        """The ids of all prompts, sorted."""
        return sorted({answer.prompt_id for answer in self.answers})

    @property
    def each(self) -> Iterator[Label]:
        """Every label, in order."""
        for answer in self.answers:
            for question, credit in zip(answer.questions, answer.credits, strict=True):
                yield Label((answer.id, question.criterion), answer.prompt_id, question, credit)

    def half(self, *, calibration: bool) -> "Labels":
        """The answers to prompts of one half, and their pairs."""

        def chosen(prompt_id: str) -> bool:
            return sets_thresholds(prompt_id) == calibration

        return Labels(
            tuple(answer for answer in self.answers if chosen(answer.prompt_id)),
            tuple(pair for pair in self.pairs if chosen(pair.prompt_id)),
        )


def held_out(material: Material, most: int | None = None, seed: int = 0) -> Labels:
    """The held-out labels of a bundle; `most` bounds the number of answers.

    All answers of a labelled row are kept together, so that its pairs remain. Raises
    `TrainingError`.
    """
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    try:
        for row in material.rows(POINTS):
            rows[row["response_id"]].append(row)
        names = list(rows) if most is None else _whole_rows(list(rows), most, seed)
        answers = [_answer(material, name, rows[name]) for name in names]
        found = {
            (answer.id, question.criterion) for answer in answers for question in answer.questions
        }
        pairs = [_pair(row) for row in material.rows(PAIRS)]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise TrainingError(
            f"the held-out rows of {material.bundle.root} are not what `rubricc compile` writes: "
            f"{type(error).__name__} {error}",
            "compile the bundle again",
        ) from None
    return Labels(
        tuple(answer for answer in answers if answer.questions),
        tuple(pair for pair in pairs if pair.chosen in found and pair.rejected in found),
    )


def _answer(material: Material, name: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
    first = rows[0]
    asked = []
    for row in rows:
        question = material.questions.get((row["rubric"], row["criterion"]))
        if question is None:
            raise TrainingError(
                f"a held-out row has the criterion {row['criterion']} of {row['rubric']}, which "
                f"the bundle does not have",
                "compile the bundle again",
            )
        if not question.by_check:
            asked.append((question, _credit(question, row["verdict"])))
    return Answer(
        id=name,
        prompt_id=first["prompt_id"],
        rubric=first["rubric"],
        prompt=first["messages"][:-2],
        response=first["messages"][-2]["content"],
        questions=tuple(question for question, _ in asked),
        credits=tuple(credit for _, credit in asked),
        synthetic=first["synthetic"],
    )


def _credit(question: Question, verdict: str) -> Fraction:
    return question.credits[int(verdict) if verdict.isdigit() else verdict]


def _pair(row: Mapping[str, Any]) -> Pair:
    return Pair(
        row["prompt_id"],
        row["tier"],
        (row["chosen_id"], row["criterion"]),
        (row["rejected_id"], row["criterion"]),
    )


def _whole_rows(names: Sequence[str], most: int, seed: int) -> list[str]:
    """At most `most` answers, all those of a labelled row or none."""
    rows: dict[str, list[str]] = defaultdict(list)
    for name in names:
        rows[name.rpartition(":")[0]].append(name)
    order = sorted(rows)
    random.Random(seed).shuffle(order)
    kept: list[str] = []
    for row in order:
        if len(kept) + len(rows[row]) <= most:
            kept += rows[row]
    return kept
