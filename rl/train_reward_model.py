"""Train a criterion-conditioned reward model on a bundle's labels.

The score of an answer on one criterion says how good it is on it. Answers are trained on with all
their criteria at once (`packed`). With a model the settings are those of the bundle's
`reward_model.yaml`; without one, a small Qwen3 is made from scratch and trained on a processor.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import RewardConfig, get_peft_config, get_quantization_config

from . import processor, tiny
from .calibration.file import FREE_ZERO, write_calibration
from .calibration.fit import DEFAULT, Wish
from .draws import bucketed, rounds
from .errors import TrainingError
from .judges.reward_model import RewardModelJudge, load_classifier, load_tokenizer
from .material import Material, open_material
from .model_card import card, percent
from .packed.examples import Example, examples
from .packed.rows import Counts, Long, Rows, rows
from .packed.trainer import PackedCollator, PackedRewardTrainer
from .packed.turns import Turns
from .packed.weighing import Weighing
from .progress import Lines, Say, is_first, only_lines, quieten, say, silent
from .reward_report import report
from .runs import EMBEDDED, METRICS, REWARD_MODEL, Resume, Run, describe, prepare, write_json
from .settings import Values, machine, reward_settings

SETTINGS = "reward_model/reward_model.yaml"
POINTWISE_WEIGHT = 1.0
PAIRS_A_STEP = 64


@dataclass(frozen=True)
class Preset:
    """How a small model is trained on a processor; `batch` counts prompts with their answers.

    Safety gets more than its share of the loss: a veto is broken in few answers, and a judge that
    overlooks it is worth nothing.
    """

    size: tiny.Size = tiny.REWARD_MODEL
    steps: int = 600
    batch: int = 4
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
            "bf16": False,
            "logging_steps": max(1, self.steps // 10),
            "save_steps": max(1, self.steps // 4),
            "train_sampling_strategy": "sequential",
        }


@dataclass(frozen=True)
class Terms:
    """What the loss is made of: the weight of the pointwise term, and a `packed.weighing`."""

    pointwise: float = POINTWISE_WEIGHT
    margins: tuple[tuple[str, float], ...] = ()
    balance: bool = True
    long: Long = "cut"

    def weighing(self, preset: Preset | None) -> Weighing:
        shares = dict(preset.shares) if preset else None
        return Weighing(shares, dict(self.margins), self.balance)


def train(
    bundle: Path,
    out: Path,
    *,
    model: str | None = None,
    lora: bool | None = None,
    overrides: Sequence[str] = (),
    resume: Resume = "auto",
    terms: Terms = Terms(),
    wish: Wish = DEFAULT,
    seed: int = 0,
    preset: Preset | None = None,
    tell: Say = say,
) -> dict[str, Any]:
    """Train, calibrate and measure on held-out prompts, write to `out`; returns the figures.

    Without `model` one is made in `out/base`, with the `preset` for a small model; with one, the
    preset applies only if it is given. `overrides` are `name=value` settings of TRL. `lora` None
    leaves it to the settings. `wish` is for the calibration alone: the same command with another
    one calibrates a finished run anew. Where a launcher has started several processes, all train,
    and the first one measures; the others return nothing. Raises `TrainingError`.
    """
    quieten()
    tell = tell if is_first() else silent
    start = time.monotonic()
    preset = Preset() if model is None and preset is None else preset
    if not terms.pointwise:
        tell(f"  without the pointwise term: {FREE_ZERO}")
    material = open_material(bundle)
    found = examples(material, points=terms.pointwise > 0)
    changed = {"overrides": list(overrides), "lora": lora, "terms": asdict(terms), "seed": seed,
               "preset": repr(preset)}  # fmt: skip
    run = describe(material, REWARD_MODEL, model or EMBEDDED, changed)
    values = _values(out, found, terms, preset, lora, seed)
    config, model_config = reward_settings(material.bundle.path(SETTINGS), values, overrides)
    if config.max_length is None:
        raise TrainingError("max_length is not set", "--set max_length=…")
    with config.main_process_first(local=False):
        checkpoint = prepare(out, run, resume)
        name = model or _base(out, material, preset or Preset(), seed, made=checkpoint is not None)

    tokenizer = load_tokenizer(name, model_config.model_revision)
    made = rows(found, Turns(tokenizer), config.max_length, terms.weighing(preset), terms.long)
    tell(f"  {told(made.counts, config.max_length)}")
    drawn = made.rows if preset is None else _drawn(made, preset, seed)
    trainer = _trainer(name, config, model_config, tokenizer, made, drawn, terms.pointwise)
    only_lines(trainer, Lines("reward model", {"loss": "loss", "accuracy": "accuracy"}, tell))
    if checkpoint:
        tell(f"  going on from {checkpoint}")
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(out))
    seconds = round(time.monotonic() - start, 1)
    trained = {**asdict(made.counts), "steps": trainer.state.global_step, "seconds": seconds}
    trainer.accelerator.wait_for_everyone()
    del trainer
    if not is_first():
        return {}
    most = preset.heldout_answers if preset else None
    return _measured(out, material, run, config.max_length, terms, wish, trained, most, seed, tell)


def _values(
    out: Path,
    found: Sequence[Example],
    terms: Terms,
    preset: Preset | None,
    lora: bool | None,
    seed: int,
) -> dict[str, Any]:
    """Settings of TRL's that come from the machine, the terms and the preset."""
    values: dict[str, Any] = {
        **machine(),
        "output_dir": out,
        "seed": seed,
        "lora_task_type": "SEQ_CLS",
        # The head is new: an adapter on it would leave it random.
        "lora_modules_to_save": "score",
    }
    if terms.pointwise:
        # The pointwise term fixes the zero; pulling scores towards 0 on average would blur it.
        values["center_rewards_coefficient"] = 0.0
    if preset is not None:
        processor.prepare(preset.threads)
    values |= preset.values() if preset is not None else _as_many_pairs(found)
    if lora is not None:
        values["use_peft"] = lora
    return values


def _base(out: Path, material: Material, preset: Preset, seed: int, *, made: bool) -> str:
    """The folder of a small model, which the first process makes where a run begins."""
    folder = out / "base"
    if not made and is_first():
        tiny.make_reward_model(material, folder, preset.size, seed)
    return str(folder)


def _drawn(made: Rows, preset: Preset, seed: int) -> list[dict[str, Any]]:
    """As many rows as the preset takes, those of like length together."""
    chance = random.Random(seed)
    drawn = list(islice(rounds(made.rows, chance), preset.steps * preset.batch))
    return bucketed(drawn, preset.batch, _length(made), chance)


def _trainer(
    name: str,
    config: RewardConfig,
    model_config: Any,
    tokenizer: Any,
    made: Rows,
    drawn: Sequence[dict[str, Any]],
    pointwise: float,
) -> PackedRewardTrainer:
    config.model_init_kwargs = {
        "revision": model_config.model_revision,
        "attn_implementation": model_config.attn_implementation,
        "dtype": model_config.dtype,
        **(config.model_init_kwargs or {}),
    }
    return PackedRewardTrainer(
        pointwise=pointwise,
        model=name,
        args=config,
        data_collator=PackedCollator(made.turns, _pad(tokenizer), config.pad_to_multiple_of),
        train_dataset=Dataset.from_list(list(drawn)),
        processing_class=tokenizer,
        quantization_config=get_quantization_config(model_config),
        peft_config=get_peft_config(model_config),
    )


def _measured(
    out: Path,
    material: Material,
    run: Run,
    max_length: int,
    terms: Terms,
    wish: Wish,
    trained: Mapping[str, Any],
    most: int | None,
    seed: int,
    tell: Say,
) -> dict[str, Any]:
    """Calibrate the model of `out` and measure it; writes calibration, figures and card."""
    classifier, tokenizer = load_classifier(out)
    judge = RewardModelJudge(classifier, tokenizer, material.questions, max_length=max_length)
    seen = report(judge, material, pinned=terms.pointwise > 0, wish=wish, most=most, seed=seed)
    write_calibration(out, run, seen.calibration, wish, seen.prompts)
    metrics = {
        **seen.figures,
        "pointwise_weight": terms.pointwise,
        "max_length": max_length,
        "train": dict(trained),
    }
    write_json(out / METRICS, metrics)
    halves = seen.prompts
    tell(f"  {out}: calibrated on {halves.calibration:,} held-out prompts")
    tell(f"  figures on {halves.evaluation:,} others\n{table(metrics)}")
    (out / "README.md").write_text(card(out, material, run.model, metrics, seen), "utf-8")
    return metrics


def told(counts: Counts, max_length: int) -> str:
    """One line on what is trained on, and what became of what is longer."""
    text = f"{counts.pairs:,} pairs, {counts.points:,} verdicts"
    long = (
        (counts.prompts_cut, "prompts cut at their front"),
        (counts.answers_cut, "answers cut at their end"),
        (counts.answers_left_out, "answers left out"),
    )
    cuts = [f"{count:,} {what}" for count, what in long if count]
    return text + (f"; over {max_length} tokens: {', '.join(cuts)}" if cuts else "")


def _as_many_pairs(found: Sequence[Example]) -> Values:
    """Prompts in an optimizer step, so that it has about as many pairs as the paper's: 64."""
    pairs = sum(len(example.pairs) for example in found) / len(found)
    return {
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": max(1, round(PAIRS_A_STEP / max(1, pairs))),
    }


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


def _length(made: Rows) -> Callable[[Mapping[str, Any]], int]:
    """Tokens of the longest row of an example."""

    def length(row: Mapping[str, Any]) -> int:
        return max(
            len(trunk) + sum(len(made.turns[place]) for place in asked)
            for trunk, asked in zip(row["trunks"], row["asked"], strict=True)
        )

    return length


def _pad(tokenizer: Any) -> int:
    """The padding token that TRL uses."""
    found = tokenizer.pad_token_id
    return int(tokenizer.eos_token_id if found is None else found)
