"""Preference rows of a bundle as token ids for `RewardTrainer`."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from .draws import rounds
from .errors import TrainingError
from .material import Material, Messages, Question, Verdict
from .pointwise import CHOSEN, REJECTED, SINGLE, SINGLE_IDS

PAIRS = "reward_model/train.jsonl"
POINTS = "reward_model/pointwise_train.jsonl"
_BATCH = 512  # conversations rendered and tokenised at a time


@dataclass(frozen=True)
class Pair:
    """Two whole conversations that end with the same criterion, and what each is worth on it."""

    tier: str
    chosen: Messages
    rejected: Messages
    chosen_credit: float
    rejected_credit: float


@dataclass(frozen=True)
class Single:
    """One whole conversation that ends with a criterion, and what it is worth on it."""

    tier: str
    messages: Messages
    credit: float


@dataclass(frozen=True)
class Tokenised:
    """Columns for `PointwiseRewardTrainer`; the pairs that are too long are not among the rows."""

    rows: list[dict[str, Any]]
    too_long: int


Drawn = TypeVar("Drawn", Pair, Single)


def pairs(material: Material) -> list[Pair]:
    """The training pairs of a bundle. Raises `TrainingError` when there are none."""
    why = "nothing to train a reward model on"
    return [_pair(row, material) for row in material.some_rows(PAIRS, why)]


def singles(material: Material) -> list[Single]:
    """The pointwise rows of a bundle."""
    return [_single(row, material) for row in material.rows(POINTS)]


def draw(found: Sequence[Drawn], count: int, shares: Mapping[str, float], seed: int) -> list[Drawn]:
    """`count` rows with these shares of the tiers, each row as often as any other of its tier.

    A tier without rows leaves its share to the others.
    """
    by_tier = {tier: [row for row in found if row.tier == tier] for tier in shares}
    total = sum(share for tier, share in shares.items() if by_tier[tier])
    chance = random.Random(seed)
    drawn: list[Drawn] = []
    for tier, share in shares.items():
        if by_tier[tier]:
            drawn += islice(rounds(by_tier[tier], chance), round(count * share / total))
    chance.shuffle(drawn)
    return drawn


def tokenise(
    found: Sequence[Pair], alone: Sequence[Single], tokenizer: Any, max_length: int
) -> Tokenised:
    """Token ids by the tokenizer's chat template, as TRL itself would make them.

    The single rows are spread over the pairs, one beside each as long as there are any. A pair with
    a side over `max_length` tokens is left out and counted; TRL would drop it without a word.
    Raises `TrainingError` when none is left.
    """
    ids = list(token_ids((side for p in found for side in (p.chosen, p.rejected)), tokenizer))
    rows, too_long = [], 0
    for pair, chosen, rejected in zip(found, ids[::2], ids[1::2], strict=True):
        if max(len(chosen), len(rejected)) > max_length:
            too_long += 1
            continue
        rows.append(
            {
                "chosen_ids": chosen,
                "rejected_ids": rejected,
                CHOSEN: pair.chosen_credit,
                REJECTED: pair.rejected_credit,
            }
        )
    if not rows:
        raise TrainingError(
            f"all {too_long} pairs are longer than {max_length} tokens",
            "raise it: --set max_length=…",
        )
    made = zip(alone, token_ids((one.messages for one in alone), tokenizer), strict=True)
    short = ((one, tokens) for one, tokens in made if len(tokens) <= max_length)
    for row, (one, tokens) in zip(rows, short, strict=False):
        row |= {SINGLE_IDS: tokens, SINGLE: one.credit}
    return Tokenised(rows, too_long)


def token_ids(conversations: Iterable[Messages], tokenizer: Any) -> Iterator[list[int]]:
    """Each conversation through the chat template."""
    rest = iter(conversations)
    while batch := list(islice(rest, _BATCH)):
        made = tokenizer.apply_chat_template(batch, tokenize=True, return_dict=True)
        yield from made["input_ids"]


def _pair(row: Mapping[str, Any], material: Material) -> Pair:
    question = material.questions[row["rubric"], row["criterion"]]
    return Pair(
        tier=row["tier"],
        chosen=[*row["prompt"], *row["chosen"]],
        rejected=[*row["prompt"], *row["rejected"]],
        chosen_credit=worth(question, row["chosen_verdict"]),
        rejected_credit=worth(question, row["rejected_verdict"]),
    )


def _single(row: Mapping[str, Any], material: Material) -> Single:
    question = material.questions[row["rubric"], row["criterion"]]
    return Single(row["tier"], row["messages"], worth(question, row["verdict"]))


def worth(question: Question, verdict: str) -> float:
    """The credit of a verdict as a row spells it ("met", or a level as a text)."""
    known: Verdict = int(verdict) if verdict.isdigit() else verdict
    return float(question.credits[known])
