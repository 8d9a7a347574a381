"""A trained reward model as a judge: scores, and the verdicts that are read off them.

A judge is `judge(items) -> list of verdict sheets`, the protocol of a bundle's `reward.py`.

A verdict is read off a score `r` by one rule: the verdict whose credit is nearest to `σ(r − t)`,
the worse one on a tie. For yes/no criteria that is the sign of `r − t`; for ordinal ones the levels
share out the range of the sigmoid. `t` is 0 for a model trained with the pointwise term; for one
without it, the threshold of the criterion's tier found on held-out rows.

A score that is not a finite number is `cannot_assess`, and so is an answer too long for the model:
the policies of the rubric settle both, and safety fails closed.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from ..errors import TrainingError
from ..material import Item, Material, Messages, Question, Verdict
from ..runs import METRICS, read_run
from .protocol import CANNOT_ASSESS
from .reading import verdict_of, without_markers

REWARD_MODEL = "reward model"
ADAPTER = "adapter_config.json"

Tokens = list[int]


@dataclass(frozen=True)
class Asked:
    """One answer and the criteria to score it on."""

    prompt: Messages
    response: str
    questions: Sequence[Question]


class RewardModelJudge:
    """Scores answers in process; `too_long` and `not_finite` count what could not be assessed.

    Prompt and answer are computed once for all criteria, since the criterion comes after them;
    `budget` bounds the tokens that are in memory at a time.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        questions: Mapping[tuple[str, str], Question],
        thresholds: Mapping[str, float] | None = None,
        max_length: int = 8192,
        budget: int = 65536,
    ) -> None:
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._questions = questions
        self._thresholds = thresholds or {}
        self._max_length = max_length
        self._budget = budget
        self._markers = _markers(tokenizer)
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
            return CANNOT_ASSESS
        return verdict_of(question, score, self._thresholds.get(question.tier, 0.0))

    def is_too_long(self, asked: Asked, question: Question) -> bool:
        """Whether prompt, answer and criterion exceed `max_length`."""
        row = self._tokens(replace(asked, questions=[question]))[0]
        return len(row) > self._max_length

    def scores(self, asked: Sequence[Asked]) -> list[list[float]]:
        """One score per question; NaN where prompt, answer and criterion exceed `max_length`."""
        rows = [self._tokens(one) for one in asked]
        found: list[list[float]] = [[math.nan] * len(turns) for turns in rows]
        fits: list[tuple[int, list[int], Tokens, list[Tokens]]] = []
        for place, turns in enumerate(rows):
            kept = [k for k, turn in enumerate(turns) if len(turn) <= self._max_length]
            self.too_long += len(turns) - len(kept)
            if kept:
                shared = _common_prefix([turns[k] for k in kept])
                fits.append(
                    (place, kept, turns[kept[0]][:shared], [turns[k][shared:] for k in kept])
                )
        # Answers of like length together: little padding.
        fits.sort(key=lambda one: len(one[2]))
        for batch in self._batches(fits):
            scores = iter(self._forward([(prefix, turns) for _, _, prefix, turns in batch]))
            for place, kept, _, _ in batch:
                for k in kept:
                    found[place][k] = next(scores)
        return found

    def _question(self, rubric: str, criterion: str) -> Question:
        try:
            return self._questions[rubric, criterion]
        except KeyError:
            raise TrainingError(
                f"the bundle has no criterion {criterion} of {rubric} for a reward model",
                "rubrics with `purpose evaluation` are never trained on",
            ) from None

    def _tokens(self, one: Asked) -> list[Tokens]:
        # Text that spells out a turn marker must not become one.
        turns = [
            *({**m, "content": self._plain(m["content"])} for m in one.prompt),
            {"role": "assistant", "content": self._plain(one.response)},
        ]
        return [
            self._tokenizer.apply_chat_template(
                [*turns, {"role": "user", "content": self._plain(question.turn)}],
                tokenize=True,
                return_dict=True,
            )["input_ids"]
            for question in one.questions
        ]

    def _plain(self, text: str) -> str:
        return without_markers(text, self._markers)

    def _batches(self, fits: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Cut the sorted answers into batches within the budget; one answer is never cut."""
        batches: list[list[Any]] = []
        used = 0
        for one in fits:
            _, _, prefix, turns = one
            cost = len(turns) * (len(prefix) + max(map(len, turns)))
            if not batches or used + cost > self._budget:
                batches.append([])
                used = 0
            batches[-1].append(one)
            used += cost
        return batches

    @torch.inference_mode()
    def _forward(self, batch: Sequence[tuple[Tokens, list[Tokens]]]) -> list[float]:
        """The scores of all turns in order, prompt and answer computed once."""
        base = getattr(self._model, self._model.base_model_prefix)
        device = next(self._model.parameters()).device
        owners = [i for i, (_, turns) in enumerate(batch) for _ in turns]
        lengths = torch.tensor([len(prefix) for prefix, _ in batch], device=device)
        prefix, prefix_mask = _padded([prefix for prefix, _ in batch], device)
        turn, turn_mask = _padded([turn for _, turns in batch for turn in turns], device)

        cache = base(input_ids=prefix, attention_mask=prefix_mask, use_cache=True).past_key_values
        index = torch.tensor(owners, device=device)
        cache.batch_select_indices(index)
        positions = lengths[index].unsqueeze(1) + torch.arange(turn.shape[1], device=device)
        hidden = base(
            input_ids=turn,
            attention_mask=torch.cat([prefix_mask[index], turn_mask], dim=1),
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state
        last = turn_mask.sum(dim=1) - 1
        chosen = hidden[torch.arange(len(owners), device=device), last]
        scores: list[float] = self._model.score(chosen).squeeze(-1).float().tolist()
        return scores


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
    metrics = read_metrics(folder)
    pinned = metrics["pointwise_weight"] > 0
    model, tokenizer = load_classifier(folder, device)
    return RewardModelJudge(
        model,
        tokenizer,
        material.questions,
        thresholds={} if pinned else metrics["thresholds"],
        max_length=metrics["max_length"],
        budget=budget,
    )


def read_metrics(folder: Path) -> dict[str, Any]:
    """The figures of a finished run. Raises `TrainingError`."""
    path = folder / METRICS
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be read: {error}", "has the training of the reward model finished?"
        ) from None
    return found


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


def _markers(tokenizer: Any) -> list[str]:
    """The special tokens of a tokenizer, longest first."""
    found = {str(token) for token in tokenizer.all_special_tokens}
    found |= {str(token) for token in tokenizer.get_added_vocab()}
    return sorted((m for m in found if len(m) > 1), key=len, reverse=True)


def _common_prefix(rows: Sequence[Tokens]) -> int:
    """How many tokens all rows begin with; at least one token is left to each of them."""
    shortest = min(len(row) for row in rows) - 1
    first, last = min(rows), max(rows)
    for place in range(shortest):
        if first[place] != last[place]:
            return place
    return shortest


def _padded(rows: Sequence[Tokens], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, padded on the right."""
    width = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids.to(device), mask.to(device)
