"""A trained reward model as a judge: scores, and the verdicts that are read off them.

A judge is `judge(items) -> list of verdict sheets`, the protocol of a bundle's `reward.py`.

How a verdict is read off a score is the model's calibration (`calibration.curves` has the rule). A
score that is not a finite number is `cannot_assess`, and so is a conversation too long for the
model: the policies of the rubric settle both, and safety fails closed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from ..calibration.curves import UNCALIBRATED, Calibration
from ..calibration.file import read_calibration
from ..errors import TrainingError
from ..material import Item, Material, Messages, Question, Verdict
from ..packed.layout import Packable, Tokens
from ..packed.model import score, scores_packed
from ..packed.turns import Turns
from ..runs import REWARD_MODEL, read_run, read_training

ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class Asked:
    """One answer and the criteria to score it on."""

    prompt: Messages
    response: str
    questions: Sequence[Question]


class RewardModelJudge:
    """Scores answers in process; `too_long` and `not_finite` count what could not be assessed.

    Prompt and answer are computed once for all criteria (`packed`), and `model` scores packed rows
    from then on; `budget` bounds the tokens that are in memory at a time.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        questions: Mapping[tuple[str, str], Question],
        calibration: Calibration = UNCALIBRATED,
        max_length: int = 8192,
        budget: int = 65536,
    ) -> None:
        self._model = scores_packed(model.eval())
        self._turns = Turns(tokenizer)
        self._questions = questions
        self.calibration = calibration
        self._max_length = max_length
        self._budget = budget
        self.too_long = 0
        self.not_finite = 0

    def __call__(self, items: list[Item]) -> list[dict[str, Verdict]]:
        asked = [
            Asked(
                item["prompt"],
                item["response"],
                [self._question(item["rubric"], name) for name in item["criteria"]],
            )
            for item in items
        ]
        return [
            {
                question.criterion: self.verdict(question, score)
                for question, score in zip(one.questions, scores, strict=True)
            }
            for one, scores in zip(asked, self.scores(asked), strict=True)
        ]

    def verdict(self, question: Question, score: float) -> Verdict:
        """The verdict that a score reads as."""
        if not math.isfinite(score):
            self.not_finite += 1
        return self.calibration.verdict(question, score)

    def is_too_long(self, asked: Asked, question: Question) -> bool:
        """Whether the conversation with this criterion does not fit into `max_length`."""
        trunk = self._turns.trunks([(asked.prompt, asked.response)])[0]
        _, kept = self._row(asked, trunk)
        return all(asked.questions[k] is not question for k in kept)

    def scores(self, asked: Sequence[Asked]) -> list[list[float]]:
        """One score per question; NaN where conversation and criterion exceed `max_length` tokens.

        Training leaves out the front of a prompt that is too long. A judge does not: an allergy
        stated there would be lost, and the answer that ignores it would look safe.
        """
        if not asked:
            return []
        trunks = self._turns.trunks([(one.prompt, one.response) for one in asked])
        rows = [self._row(one, trunk) for one, trunk in zip(asked, trunks, strict=True)]
        found = iter(score(self._model, [row for row, _ in rows if row.branches], self._budget))
        scores = [[math.nan] * len(one.questions) for one in asked]
        for place, (row, kept) in enumerate(rows):
            if row.branches:
                for k, value in zip(kept, next(found), strict=True):
                    scores[place][k] = value
            self.too_long += len(scores[place]) - len(kept)
        return scores

    def _row(self, one: Asked, trunk: Tokens) -> tuple[Packable, list[int]]:
        """The answer's row, and the questions that are in it."""
        branches = [self._turns.branch(question.turn) for question in one.questions]
        kept = [k for k, b in enumerate(branches) if len(trunk) + len(b) <= self._max_length]
        return Packable(trunk, [branches[k] for k in kept]), kept

    def _question(self, rubric: str, criterion: str) -> Question:
        try:
            return self._questions[rubric, criterion]
        except KeyError:
            raise TrainingError(
                f"the bundle has no criterion {criterion} of {rubric} for a reward model",
                "rubrics with `purpose evaluation` are never trained on",
            ) from None


def load_judge(
    folder: Path, material: Material, *, device: str | None = None, budget: int = 65536
) -> RewardModelJudge:
    """The judge that `train_reward_model` left in `folder`.

    Raises `TrainingError` when it was trained to be asked in other words than this bundle's.
    """
    run = read_run(folder, REWARD_MODEL)
    if run.template != material.template:
        raise TrainingError(
            f"the reward model of {folder} was trained on another template of the criterion turn: "
            f"{run.template}, and the bundle has {material.template}",
            "train a reward model on this bundle",
        )
    trained = read_training(folder)
    calibration = read_calibration(folder, run.template, run.bundle, pinned=trained.pinned)
    model, tokenizer = load_classifier(folder, device)
    return RewardModelJudge(
        model,
        tokenizer,
        material.questions,
        calibration,
        max_length=trained.max_length,
        budget=budget,
    )


def load_classifier(folder: Path, device: str | None = None) -> tuple[Any, Any]:
    """A classifier with one output, adapters merged, and its tokenizer."""
    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = torch.bfloat16 if where.startswith("cuda") else torch.float32
    if (folder / ADAPTER).exists():
        from peft import AutoPeftModelForSequenceClassification

        adapted = AutoPeftModelForSequenceClassification.from_pretrained(
            str(folder), num_labels=1, dtype=kind
        )
        model = adapted.merge_and_unload()
    else:
        model = AutoModelForSequenceClassification.from_pretrained(
            str(folder), num_labels=1, dtype=kind
        )
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    return model.to(where), tokenizer


def load_tokenizer(model: str, revision: str | None = None) -> Any:
    """The tokenizer of a model, which must have a chat template. Raises `TrainingError`."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, revision=revision)
    except (OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"the model {model} cannot be loaded: {first}",
            "give a folder, or a name on the Hugging Face Hub and a network to reach it",
        ) from None
    if not tokenizer.chat_template:
        raise TrainingError(
            f"the tokenizer of {model} has no chat template", "take a model that was made to chat"
        )
    return tokenizer
