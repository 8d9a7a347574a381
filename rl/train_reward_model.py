"""Train a criterion-conditioned reward model on a bundle's preference rows.

One row is a prompt, an answer and one criterion after it; the score says how good the answer is on
that criterion. With a model the settings are those of the bundle's `reward_model.yaml`; without
one, a small Qwen3 is made from scratch and trained on a processor in a minute or two.
"""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import get_peft_config, get_quantization_config

from . import processor, tiny
from .draws import bucketed
from .errors import TrainingError
from .judges.reward_model import REWARD_MODEL, RewardModelJudge, load_classifier, load_tokenizer
from .material import Material, open_material
from .pointwise import CreditCollator, PointwiseRewardTrainer
from .progress import Lines, Say, only_lines, quieten, say
from .reward_report import report
from .reward_rows import draw, pairs, singles, tokenise
from .runs import METRICS, Resume, describe, prepare, write_json
from .settings import Values, machine, reward_settings

SETTINGS = "reward_model/reward_model.yaml"
EMBEDDED = "embedded"
"""The name of the model that is made from scratch."""

POINTWISE_WEIGHT = 1.0


@dataclass(frozen=True)
class Preset:
    """How a small model is trained on a processor; `shares` are those of the tiers among the rows.

    Safety gets more than its share of the rows: a veto is broken in few answers, and a judge that
    overlooks it is worth nothing.
    """

    size: tiny.Size = tiny.REWARD_MODEL
    steps: int = 300
    batch: int = 32
    learning_rate: float = 5e-3
    shares: tuple[tuple[str, float], ...] = (
        ("safety", 0.5),
        ("proficiency", 0.3),
        ("excellence", 0.2),
    )
    heldout_answers: int = 200
    threads: int = 2

    def values(self) -> Values:
        return {
            "max_steps": self.steps,
            "per_device_train_batch_size": self.batch,
            "gradient_accumulation_steps": 1,
            "learning_rate": self.learning_rate,
            "adam_beta2": 0.98,
            "lr_scheduler_type": "linear",
            "warmup_steps": min(20, self.steps // 5),
            "max_length": 1024,
            "use_peft": False,
            "logging_steps": max(1, self.steps // 10),
            "save_steps": max(1, self.steps // 4),
            "train_sampling_strategy": "sequential",
        }


def train(
    bundle: Path,
    out: Path,
    *,
    model: str | None = None,
    lora: bool | None = None,
    overrides: Sequence[str] = (),
    resume: Resume = "auto",
    pointwise_weight: float = POINTWISE_WEIGHT,
    seed: int = 0,
    preset: Preset | None = None,
    tell: Say = say,
) -> dict[str, Any]:
    """Train, evaluate on held-out prompts, and write the model to `out`; returns its figures.

    Without `model` one is made in `out/base`, with the `preset` for a small model; with one, the
    preset applies only if it is given. `overrides` are `name=value` settings of TRL. `lora` None
    leaves it to the settings. Raises `TrainingError`.
    """
    quieten()
    start = time.monotonic()
    if model is None:
        preset = preset or Preset()
    material = open_material(bundle)
    found = pairs(material)
    alone = singles(material) if pointwise_weight else []
    random.Random(seed).shuffle(alone)
    changed = {
        "overrides": list(overrides),
        "lora": lora,
        "pointwise_weight": pointwise_weight,
        "seed": seed,
        "preset": repr(preset),
    }
    run = describe(material, REWARD_MODEL, model or EMBEDDED, changed)
    checkpoint = prepare(out, run, resume)
    values: dict[str, Any] = {
        **machine(),
        "output_dir": out,
        "seed": seed,
        "lora_task_type": "SEQ_CLS",
        # The head is new: an adapter on it would leave it random.
        "lora_modules_to_save": "score",
    }
    if pointwise_weight:
        # The pointwise term fixes the zero; pulling scores towards 0 on average would blur it.
        values["center_rewards_coefficient"] = 0.0
    if preset is not None:
        processor.prepare(preset.threads)
        values |= preset.values()
        found = draw(found, preset.steps * preset.batch, dict(preset.shares), seed)
        alone = draw(alone, len(found), dict(preset.shares), seed)
        if model is None:
            model = str(out / "base")
            if checkpoint is None:
                tiny.make_reward_model(material, Path(model), preset.size, seed)
    assert model is not None
    if lora is not None:
        values["use_peft"] = lora
    config, model_config = reward_settings(material.bundle.path(SETTINGS), values, overrides)

    tokenizer = load_tokenizer(model, model_config.model_revision)
    if config.max_length is None:
        raise TrainingError("max_length is not set", "--set max_length=…")
    tokenised = tokenise(found, alone, tokenizer, config.max_length)
    rows = tokenised.rows
    if preset is not None:
        rows = bucketed(rows, preset.batch, _length, random.Random(seed))
    tell(f"  {len(rows):,} pairs; {tokenised.too_long:,} over {config.max_length} tokens")
    config.model_init_kwargs = {
        "revision": model_config.model_revision,
        "attn_implementation": model_config.attn_implementation,
        "dtype": model_config.dtype,
        **(config.model_init_kwargs or {}),
    }
    trainer = PointwiseRewardTrainer(
        weight=pointwise_weight,
        model=model,
        args=config,
        data_collator=CreditCollator(pad_token_id=_pad(tokenizer)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        quantization_config=get_quantization_config(model_config),
        peft_config=get_peft_config(model_config),
    )
    lines = Lines("reward model", {"loss": "loss", "accuracy": "accuracy"}, tell)
    only_lines(trainer, lines)
    if checkpoint:
        tell(f"  going on from {checkpoint}")
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(out))
    steps = trainer.state.global_step
    seconds = time.monotonic() - start
    del trainer

    classifier, tokenizer = load_classifier(out)
    judge = RewardModelJudge(
        classifier, tokenizer, material.questions, max_length=config.max_length
    )
    most = preset.heldout_answers if preset else None
    metrics = {
        **report(judge, material, pinned=pointwise_weight > 0, most=most, seed=seed),
        "pointwise_weight": pointwise_weight,
        "max_length": config.max_length,
        "train": {
            "pairs": len(rows),
            "pairs_too_long": tokenised.too_long,
            "steps": steps,
            "seconds": round(seconds, 1),
        },
    }
    write_json(out / METRICS, metrics)
    tell(f"  {out}: figures on held-out prompts\n{table(metrics)}")
    (out / "README.md").write_text(_card(material, run.model, metrics), encoding="utf-8")
    return metrics


def table(metrics: Mapping[str, Any]) -> str:
    """The held-out figures as a Markdown table."""
    lines = [
        "| tier | pairs | pairwise accuracy | verdicts | pointwise accuracy |",
        "|---|---:|---:|---:|---:|",
    ]
    for tier, row in metrics["tiers"].items():
        lines.append(
            f"| {tier} | {row['pairs']:,} | {percent(row['pairwise_accuracy'])} "
            f"| {row['points']:,} | {percent(row['pointwise_accuracy'])} |"
        )
    return "\n".join(lines)


def percent(share: float | None) -> str:
    """A share as a percentage; a dash where there was nothing to count."""
    return "–" if share is None else f"{100 * share:.1f} %"


def _length(row: Mapping[str, Any]) -> int:
    """Tokens of the longest side of a row."""
    return max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def _pad(tokenizer: Any) -> int:
    """The padding token that TRL uses."""
    found = tokenizer.pad_token_id
    return int(tokenizer.eos_token_id if found is None else found)


def _card(material: Material, model: str, metrics: Mapping[str, Any]) -> str:
    """The model card: what was trained on, how to ask, and how good it is."""
    hashes = "\n".join(f"| {name} | `{hash}` |" for name, hash in material.hashes.items())
    zero = (
        "`score > 0` reads as good"
        if metrics["pointwise_weight"]
        else f"the zero is free; thresholds per tier: {json.dumps(metrics['thresholds'])}"
    )
    front = "---\nlibrary_name: transformers\ntags: [trl, reward-trainer, rubricdsl]\n---\n"
    return f"""{front}
# Criterion-conditioned reward model

Made by `rubricc train reward-model` from {model}. It scores an answer on one criterion: the
conversation, the answer as the assistant's turn, then the criterion as the user's turn, rendered by
`criterion.jinja` of the bundle. One output; {zero}. A high score is good whatever the polarity.

Figures on held-out prompts. Rows made from exemplars measure new combinations, not new sentences.

{table(metrics)}

| | |
|---|---|
| template of the criterion turn (SHA-256) | `{material.template}` |
| manifest of the bundle (SHA-256) | `{material.fingerprint}` |
| pairs trained on | {metrics["train"]["pairs"]:,} |
| pairs left out, over {metrics["max_length"]} tokens | {metrics["train"]["pairs_too_long"]:,} |

| rubric | semantic hash |
|---|---|
{hashes}
"""
