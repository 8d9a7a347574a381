"""The labels of a bundle as examples: the answers to one prompt, with all that each is judged on.

An answer that is in several pairs is computed once for all of them, and its verdicts that make no
pair are nearly free: they are branches of a trunk that is there anyway.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import TrainingError
from ..material import Material, Messages, Question, worth

PAIRS = "reward_model/train.jsonl"
POINTS = "reward_model/pointwise_train.jsonl"
RESPONSES = "reward_model/responses_train.jsonl"

MOST_ANSWERS = 4
"""Answers in one example; more of them to one prompt make several examples."""


class Point(NamedTuple):
    """A criterion that an answer is judged on, and the credit of the verdict."""

    question: Question
    credit: float


class Pair(NamedTuple):
    """Two answers whose verdicts on a criterion differ: places of their points in the example."""

    chosen: int
    rejected: int


@dataclass(frozen=True)
class Answer:
    """One answer; each of its points is a branch."""

    prompt: Messages
    response: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Example:
    """Answers to one prompt. `pairs` count the points of all answers through, as does `alone`: the
    points that count by themselves, each of which is alone in one example only."""

    answers: tuple[Answer, ...]
    pairs: tuple[Pair, ...]
    alone: frozenset[int]

    @property
    def points(self) -> list[Point]:
        return [point for answer in self.answers for point in answer.points]


class _Label(NamedTuple):
    """A pair as the bundle tells it: ids of two answers, and their points."""

    ids: tuple[str, str]
    points: tuple[Point, Point]


Sheet = dict[str, Point]
"""The points of one answer by the name of the criterion."""


def examples(material: Material, *, points: bool, most: int = MOST_ANSWERS) -> list[Example]:
    """All training examples of a bundle, in the order of its rows.

    Without `points` only pairs are in them. Raises `TrainingError` when there is no pair.
    """
    texts: dict[str, tuple[str, Messages, str]] = {
        row["id"]: (row["row_id"], row["prompt"], row["response"])
        for row in material.rows(RESPONSES)
    }
    labels: dict[str, list[_Label]] = defaultdict(list)
    for row in material.some_rows(PAIRS, "nothing to train a reward model on"):
        labels[_row_of(texts, row["chosen_id"])].append(_label(row, material))
    judged: dict[str, Sheet] = defaultdict(dict)
    if points:
        for row in material.rows(POINTS):
            question = material.questions[row["rubric"], row["criterion"]]
            point = Point(question, worth(question, row["verdict"]))
            judged[row["response_id"]][question.criterion] = point
    members: dict[str, list[str]] = defaultdict(list)
    for id, (row_id, _, _) in texts.items():
        members[row_id].append(id)
    made: list[Example] = []
    for row_id, ids in members.items():
        fresh = {id: judged[id] for id in ids if id in judged}
        for group, pairs in _groups(ids, labels[row_id], most):
            made += _example(group, pairs, fresh, texts)
    return made


def _row_of(texts: Mapping[str, tuple[str, Messages, str]], id: str) -> str:
    try:
        return texts[id][0]
    except KeyError:
        raise TrainingError(
            f"{PAIRS} has a pair with the answer {id}, which {RESPONSES} lacks",
            "compile the bundle again",
        ) from None


def _label(row: Mapping[str, Any], material: Material) -> _Label:
    question = material.questions[row["rubric"], row["criterion"]]
    return _Label(
        (row["chosen_id"], row["rejected_id"]),
        (
            Point(question, worth(question, row["chosen_verdict"])),
            Point(question, worth(question, row["rejected_verdict"])),
        ),
    )


def _groups(
    ids: Sequence[str], labels: Sequence[_Label], most: int
) -> Iterable[tuple[list[str], list[_Label]]]:
    """Answers of one prompt, at most `most` at a time, so that every pair is in one group."""
    if len(ids) <= most:
        yield list(ids), list(labels)
        return
    seen: set[str] = set()
    group: list[str] = []
    pairs: list[_Label] = []
    for label in sorted(labels, key=lambda one: sorted(one.ids)):
        new = [id for id in label.ids if id not in group]
        if len(group) + len(new) > most:
            yield group, pairs
            group, pairs, new = [], [], list(label.ids)
        group += new
        pairs.append(label)
        seen.update(new)
    if group:
        yield group, pairs
    for id in ids:
        if id not in seen:
            yield [id], []


def _example(
    group: Sequence[str],
    pairs: Sequence[_Label],
    fresh: dict[str, Sheet],
    texts: Mapping[str, tuple[str, Messages, str]],
) -> list[Example]:
    """The example of a group, or none; what is `fresh` is used up."""
    sheets = {id: fresh.pop(id, {}) for id in group}
    alone = [(id, name) for id, sheet in sheets.items() for name in sheet]
    for label in pairs:
        for id, point in zip(label.ids, label.points, strict=True):
            sheets[id].setdefault(point.question.criterion, point)
    places = {
        key: place
        for place, key in enumerate((id, name) for id, sheet in sheets.items() for name in sheet)
    }
    answers = [
        Answer(*texts[id][1:], tuple(sheet.values())) for id, sheet in sheets.items() if sheet
    ]
    if not answers:
        return []
    found = (
        [places[id, point.question.criterion] for id, point in zip(*label, strict=True)]
        for label in pairs
    )
    return [
        Example(
            tuple(answers),
            tuple(Pair(chosen, rejected) for chosen, rejected in found),
            frozenset(places[key] for key in alone),
        )
    ]
