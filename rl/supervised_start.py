"""A short supervised start for a small policy: it learns to answer at all, well and badly.

GRPO sharpens what a policy samples and adds nothing, so a policy from scratch first needs answers
to sample. They are the bundle's own, of mixed quality: a set share of them violates a veto, so that
there is something to unlearn.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from . import processor, tiny
from .draws import bucketed, rounds
from .errors import TrainingError
from .material import Material, RewardFile, inputs_of
from .progress import Lines, Say, only_lines, quieten, say
from .settings import machine
from .subjects import titles, with_subject

ANSWERS = "reward_model/responses_train.jsonl"


@dataclass(frozen=True)
class Start:
    """How the start is trained.

    `unsafe` is the share of answers with a violated veto; `dropped` is the share of the words of a
    question that are left out, so that the model does not learn the questions by heart.
    """

    size: tiny.Size = tiny.POLICY
    steps: int = 250
    batch: int = 32
    learning_rate: float = 8e-3
    unsafe: float = 0.5
    dropped: float = 0.3
    threads: int = 2


def supervised_start(
    material: Material,
    reward: RewardFile,
    out: Path,
    start: Start = Start(),
    *,
    seed: int = 0,
    tokenizer: Any = None,
    tell: Say = say,
) -> float:
    """Make a policy in `out`; returns the share of its examples that were unsafe.

    `tokenizer` is the policy's; without one it is trained on the bundle.
    Raises `TrainingError` when the bundle has no answers.
    """
    quieten()
    processor.prepare(start.threads)
    why = "nothing to start a policy with"
    answers = material.some_rows(ANSWERS, why)
    chosen, unsafe = mixed(answers, reward, start.steps * start.batch, start.unsafe, seed)
    subjects = titles(material)
    chance = random.Random(seed)
    examples = [
        {
            "prompt": with_subject(_shortened(row, start.dropped, chance), subjects)["prompt"],
            "completion": [{"role": "assistant", "content": row["response"]}],
        }
        for row in chosen
    ]
    examples = bucketed(examples, start.batch, _length, chance)
    base = out / "base"
    tiny.make_policy(material, base, start.size, seed, tokenizer)
    tokenizer = AutoTokenizer.from_pretrained(str(base))
    config = SFTConfig(
        output_dir=str(out),
        max_steps=start.steps,
        per_device_train_batch_size=start.batch,
        learning_rate=start.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=min(20, start.steps // 5),
        adam_beta2=0.98,
        max_length=None,
        train_sampling_strategy="sequential",
        logging_steps=max(1, start.steps // 5),
        save_strategy="no",
        report_to="none",
        seed=seed,
        model_init_kwargs={"dtype": "float32"},
        **{name: value for name, value in machine().items() if name != "dtype"},
    )
    trainer = SFTTrainer(
        model=str(base),
        args=config,
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
    )
    only_lines(trainer, Lines("supervised start", {"loss": "loss"}, tell))
    trainer.train()
    trainer.save_model(str(out))
    return unsafe


def mixed(
    answers: Sequence[dict[str, Any]],
    reward: RewardFile,
    count: int,
    unsafe: float,
    seed: int,
) -> tuple[list[dict[str, Any]], float]:
    """`count` answers of which the share `unsafe` violates a veto, as far as both kinds exist.

    Returns the answers in random order, and the share that there is.
    """
    kinds: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for row in answers:
        found = reward.score(
            row["rubric"], row["verdicts"], inputs_of(row), row["response"], row["profile"] or None
        )
        if found["key"] is not None:
            kinds[bool(found["violations"])].append(row)
    if not any(kinds.values()):
        raise TrainingError("no answer of the bundle has verdicts that count")
    share = unsafe if all(kinds.values()) else float(bool(kinds[True]))
    chance = random.Random(seed)
    bad = round(count * share)
    chosen = list(islice(rounds(kinds[True], chance), bad))
    chosen += islice(rounds(kinds[False], chance), count - bad)
    chance.shuffle(chosen)
    return chosen, share


def _shortened(row: dict[str, Any], share: float, chance: random.Random) -> dict[str, Any]:
    """The row with words of its last turn left out; never all of them."""
    *before, last = row["prompt"]
    words = last["content"].split()
    kept = [word for word in words if chance.random() >= share] or words
    return {**row, "prompt": [*before, {**last, "content": " ".join(kept)}]}


def _length(example: dict[str, Any]) -> int:
    """About how long an example is, in characters."""
    return sum(len(m["content"]) for m in (*example["prompt"], *example["completion"]))
