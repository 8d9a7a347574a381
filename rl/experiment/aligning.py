"""One arm: GRPO from a start, with the arm's reward; then answers to cases never seen before."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOTrainer

from .. import processor
from ..clinic.cases import Case
from ..clinic.truth import Truth
from ..material import Material
from ..progress import Lines, Say, only_lines, quieten, silent
from ..sampling import sample
from ..settings import grpo_settings, machine
from ..subjects import titles, with_subject
from ..train_policy import SETTINGS
from .plan import Alignment, Plan
from .watching import Watched

COLUMNS = (
    "case",
    "safe",
    "proficiency",
    "excellence",
    "readable",
    "refusal",
    "bold",
    "spurious",
    "tokens",
)
"""What is kept of every answer to an evaluation case; `case` is its place among them."""


def align(
    start: Path,
    material: Material,
    watched: Watched,
    evaluation: Sequence[Case],
    plan: Plan,
    rate: float,
    out: Path,
    *,
    seed: int,
    tell: Say = silent,
) -> dict[str, Any]:
    """Align the policy of `start`; returns the history and the answers to the evaluation cases."""
    quieten()
    processor.prepare(plan.threads)
    began = time.monotonic()
    trainer = _trainer(start, material, watched, plan.alignment, rate, out, seed)
    only_lines(trainer, Lines(watched.arm.name, {"reward": "reward"}, tell))
    trainer.train()
    trained = time.monotonic() - began
    tokenizer = trainer.processing_class
    answers = answered(
        trainer.model, tokenizer, material, watched.truth, evaluation, plan.alignment, seed
    )
    return {
        "history": watched.history,
        "answers": answers,
        "seconds": {"training": round(trained, 1), "all": round(time.monotonic() - began, 1)},
    }


def _trainer(
    start: Path,
    material: Material,
    watched: Watched,
    sizes: Alignment,
    rate: float,
    out: Path,
    seed: int,
) -> GRPOTrainer:
    subjects = titles(material)
    rows = [
        with_subject(
            {
                "prompt": case.asked,
                "rubric": case.rubric,
                "inputs": json.dumps(case.inputs),
                "profile": "",
                "case": place,
            },
            subjects,
        )
        for place, case in enumerate(watched.cases)
    ]
    values: Mapping[str, Any] = {
        **machine(),
        "output_dir": out,
        "seed": seed,
        "max_steps": sizes.steps,
        "num_generations": sizes.group,
        "per_device_train_batch_size": sizes.prompts * sizes.group,
        "gradient_accumulation_steps": 1,
        "learning_rate": rate,
        # The pull towards the start is left out: beside rewards of other sizes it would weigh
        # differently for every shape.
        "beta": 0.0,
        "temperature": sizes.temperature,
        "max_completion_length": sizes.most_tokens,
        "warmup_steps": 0,
        "log_completions": False,
        "save_strategy": "no",
        "use_vllm": False,
    }
    config, _ = grpo_settings(material.bundle.path(SETTINGS), values, ())
    config.model_init_kwargs = {"dtype": "float32"}
    return GRPOTrainer(
        model=str(start),
        reward_funcs=watched,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(str(start)),
    )


def measured_start(
    start: Path,
    material: Material,
    truth: Truth,
    evaluation: Sequence[Case],
    plan: Plan,
    seed: int,
) -> list[list[float]]:
    """The answers of a start to the evaluation cases."""
    quieten()
    processor.prepare(plan.threads)
    model = AutoModelForCausalLM.from_pretrained(str(start), dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(str(start))
    return answered(model, tokenizer, material, truth, evaluation, plan.alignment, seed)


def answered(
    model: Any,
    tokenizer: Any,
    material: Material,
    truth: Truth,
    evaluation: Sequence[Case],
    sizes: Alignment,
    seed: int,
) -> list[list[float]]:
    """One row of `COLUMNS` per sampled answer, by ground truth."""
    subjects = titles(material)
    asked = [place for place in range(len(evaluation)) for _ in range(sizes.answers)]
    prompts = [
        with_subject({"prompt": evaluation[k].asked, "rubric": evaluation[k].rubric}, subjects)
        for k in asked
    ]
    texts = sample(
        model,
        tokenizer,
        [row["prompt"] for row in prompts],
        most_tokens=sizes.most_tokens,
        temperature=sizes.temperature,
        seed=seed,
        batch=512,
    )
    rows = []
    for place, text in zip(asked, texts, strict=True):
        worth = truth.worth(evaluation[place], text)
        tokens = len(tokenizer(text, add_special_tokens=False)["input_ids"])
        row = (place, worth.safe, worth.proficiency, worth.excellence, worth.readable,
               worth.refusal, worth.bold, worth.spurious, tokens)  # fmt: skip
        rows.append([round(float(value), 4) for value in row])
    return rows
