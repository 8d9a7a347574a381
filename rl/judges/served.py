"""A reward model behind a server: vLLM's `/classify`, one row per criterion.

Each row is the conversation, the answer and the criterion's turn, as in training; the server puts
them into the chat template of the model's own tokenizer. The criteria of an answer are asked one
after the other, so that all but the first find prompt and answer in the server's prefix cache;
answers are asked side by side.

vLLM puts a sigmoid on the score of a model with one output unless it is asked not to, and then
every score would read as good. So the first question is asked in both ways, and a server that does
not answer with raw scores is refused.
"""

import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..calibration.curves import Calibration
from ..calibration.file import read_calibration
from ..errors import TrainingError
from ..markers import without_markers
from ..material import Item, Material, Messages, Question
from ..runs import REWARD_MODEL, read_run, read_training
from .client import Answer, Client, NoAnswer, usage_in
from .parallel import in_parallel
from .protocol import Failure, Outcome, Record, Usage, all_failed, conversation_of, failed

PATH = "/classify"
_TOLERANCE = 0.02
_SAME = 1e-4
_CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True)
class ServedModel:
    """What the folder of a served model says about reading its scores.

    `markers` are the special tokens of its tokenizer, longest first.
    """

    calibration: Calibration
    max_length: int
    markers: tuple[str, ...]


@dataclass
class ServedRewardModel:
    """Judges by the scores of a server; `name` is the model's name there."""

    client: Client
    name: str
    model: ServedModel
    questions: Mapping[tuple[str, str], Question]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_raw: bool = False

    def grade(self, items: Sequence[Item]) -> list[Record]:
        """One record per item. Raises `TrainingError` for a server without raw scores."""
        return in_parallel(self._grade, items, self.client.concurrency)

    def _grade(self, item: Item) -> Record:
        conversation = conversation_of(item)
        if isinstance(conversation, Failure):
            return all_failed(item, conversation)
        shared = [
            *({**turn, "content": self._plain(turn["content"])} for turn in conversation),
            {"role": "assistant", "content": self._plain(item["response"])},
        ]
        outcomes: dict[str, Outcome] = {}
        usage = Usage()
        for name in item["criteria"]:
            question = self.questions.get((item["rubric"], name))
            if question is None:
                outcomes[name] = failed("unknown_criterion")
                continue
            turn = {"role": "user", "content": self._plain(question.turn)}
            outcomes[name], used = self._score([*shared, turn], question)
            usage += used
        return Record(outcomes, usage)

    def _score(self, messages: Messages, question: Question) -> tuple[Outcome, Usage]:
        got = self._asked(messages)
        if isinstance(got, NoAnswer):
            return Outcome("cannot_assess", got.failure), Usage(got.requests)
        prompt_tokens, _ = usage_in(got.value)
        usage = Usage(got.requests, 0, prompt_tokens)
        score = _score_in(got.value)
        if isinstance(score, Failure):
            return Outcome("cannot_assess", score), usage
        if prompt_tokens > self.model.max_length:
            return failed("too_long", f"{prompt_tokens} tokens"), usage
        return Outcome(self.model.calibration.verdict(question, score), score=score), usage

    def _asked(self, messages: Messages) -> Answer | NoAnswer:
        if not self._is_raw:
            with self._lock:
                if not self._is_raw and (trouble := self._check(messages)):
                    return trouble
        return self._post(messages, activated=False)

    def _check(self, messages: Messages) -> NoAnswer | None:
        """Whether the server gives raw scores when asked to. Raises `TrainingError`."""
        found = []
        for activated in (False, True):
            got = self._post(messages, activated=activated)
            if isinstance(got, NoAnswer):
                return got
            score = _score_in(got.value)
            if isinstance(score, Failure):
                return NoAnswer(score, got.requests)
            found.append(score)
        raw, squashed = found
        sigmoid = 0.5 * (1 + math.tanh(raw / 2))
        ignored = abs(raw - squashed) < _SAME or abs(sigmoid - squashed) > _TOLERANCE
        if ignored and 0 <= raw <= 1:
            raise TrainingError(
                f"the server at {self.client.address} does not say raw scores: asked without an "
                f"activation it answers {raw:.4f}, and with one {squashed:.4f}",
                "serve the model with a vLLM whose /classify knows `use_activation`",
            )
        self._is_raw = True
        return None

    def _post(self, messages: Messages, *, activated: bool) -> Answer | NoAnswer:
        body = {
            "model": self.name,
            "messages": messages,
            "use_activation": activated,
            "add_generation_prompt": False,
        }
        tokens = sum(len(turn["content"]) for turn in messages) // _CHARACTERS_PER_TOKEN
        return self.client.post(PATH, body, tokens)

    def _plain(self, text: str) -> str:
        return without_markers(text, self.model.markers)


def read_served_model(folder: Path, material: Material) -> ServedModel:
    """What a trained model's folder says, without loading the model. Raises `TrainingError`.

    Of the folder `run.json`, `metrics.json`, `calibration.json` and `tokenizer.json` are read.
    """
    run, trained = read_run(folder, REWARD_MODEL), read_training(folder)
    if run.template != material.template:
        raise TrainingError(
            f"the reward model of {folder} was trained on another template of the criterion turn: "
            f"{run.template}, and the bundle has {material.template}",
            "train a reward model on this bundle",
        )
    tokenizer = _document(folder / "tokenizer.json")
    try:
        markers = {token["content"] for token in tokenizer["added_tokens"]}
        return ServedModel(
            calibration=read_calibration(folder, run.template, run.bundle, pinned=trained.pinned),
            max_length=trained.max_length,
            markers=tuple(sorted((m for m in markers if len(m) > 1), key=len, reverse=True)),
        )
    except (KeyError, TypeError):
        raise TrainingError(f"{folder} is not what `rubricc train reward-model` writes") from None


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(
            f"{path} cannot be read: {error}",
            "give the folder of the model that is served, as `rubricc train` wrote it",
        ) from None
    if not isinstance(found, dict):
        raise TrainingError(f"{path} is no JSON object")
    return found


def _score_in(value: Mapping[str, Any]) -> float | Failure:
    """The one score of a reply."""
    data = value.get("data")
    row = data[0] if isinstance(data, list) and len(data) == 1 else None
    scores = row.get("probs") if isinstance(row, dict) else None
    if not isinstance(scores, list) or len(scores) != 1:
        return Failure("malformed", "the reply has not exactly one score for one row")
    score = scores[0]
    if isinstance(score, bool) or not isinstance(score, int | float):
        return Failure("malformed", f"the score is {str(score)[:40]!r}")
    if not math.isfinite(score):
        return Failure("not_finite", f"the score is {score}")
    return float(score)
