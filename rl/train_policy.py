"""Align a policy with GRPO on a bundle's prompts, rewarded by the bundle's own `reward.py`.

The deterministic checks of the rubrics run inside the reward; all other verdicts come from a
trained reward model. With a model the settings are those of the bundle's `grpo.yaml`; without one,
a small Qwen3 is made from scratch, started on mixed-quality answers, and trained on a processor.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer, get_peft_config, get_quantization_config

from . import processor
from .errors import TrainingError
from .judges.reward_model import RewardModelJudge, load_judge, load_tokenizer
from .material import Judge, RewardFile, load_reward, open_material
from .progress import Lines, Say, only_lines, quieten, say
from .runs import EMBEDDED, METRICS, REWARD_MODEL, Resume, describe, prepare, read_run, write_json
from .settings import Values, grpo_settings, machine
from .subjects import asked_without, titles, with_subject
from .supervised_start import Start, supervised_start

RewardFunc = Callable[..., Any]
"""A reward function as TRL takes it."""

POLICY = "policy"
SETTINGS = "grpo/grpo.yaml"
PROMPTS = "grpo/prompts.jsonl"

# TRL's names of what is worth a line while it runs.
_SHOWN = {
    "rubric/safe": "safe",
    "rubric/groups_without_safe": "all-unsafe groups",
    "frac_reward_zero_std": "silent groups",
    "reward": "reward",
    "kl": "kl",
}


@dataclass(frozen=True)
class Preset:
    """How a small policy is trained on a processor: `prompts` times `group` answers a step."""

    start: Start = field(default_factory=Start)
    steps: int = 30
    prompts: int = 8
    group: int = 8
    learning_rate: float = 1e-3
    temperature: float = 0.6
    most_tokens: int = 120
    save_every: int = 10
    threads: int = 2

    def values(self) -> Values:
        return {
            "max_steps": self.steps,
            "num_generations": self.group,
            "per_device_train_batch_size": self.prompts * self.group,
            "gradient_accumulation_steps": 1,
            "learning_rate": self.learning_rate,
            "temperature": self.temperature,
            "max_completion_length": self.most_tokens,
            "warmup_steps": 0,
            "use_peft": False,
            "use_vllm": False,
            "log_completions": False,
            "logging_steps": 1,
            "save_steps": self.save_every,
        }


def train(
    bundle: Path,
    reward_model: Path | None,
    out: Path,
    *,
    model: str | None = None,
    lora: bool | None = None,
    overrides: Sequence[str] = (),
    resume: Resume = "auto",
    seed: int = 0,
    preset: Preset | None = None,
    reward_funcs: Sequence[RewardFunc] | None = None,
    tell: Say = say,
) -> dict[str, Any]:
    """Train, and write the policy to `out`; returns the figures of every step.

    Without `model` one is made and started in `out/start`, with the `preset` for a small model;
    with one, the preset applies only if it is given. `overrides` are `name=value` settings of TRL.
    `lora` None leaves it to the settings. `reward_funcs` are trained on in place of the bundle's
    reward, which is then only asked for its figures, and not even that without a `reward_model`.
    Raises `TrainingError`.
    """
    if reward_funcs is None and reward_model is None:
        raise TrainingError("the bundle's reward needs a judge", "give --reward-model DIR")
    quieten()
    start = time.monotonic()
    preset = Preset() if model is None and preset is None else preset
    material = open_material(bundle)
    rows = material.some_rows(PROMPTS, "nothing to train a policy on")
    reward = load_reward(material)
    judge = load_judge(reward_model, material) if reward_model else None
    changed: dict[str, Any] = {"overrides": list(overrides), "lora": lora, "seed": seed}
    if reward_model:
        changed["reward_model"] = read_run(reward_model, REWARD_MODEL).bundle
    changed["preset"] = repr(preset)
    if reward_funcs is not None:
        changed["reward_funcs"] = [_name(function) for function in reward_funcs]
    run = describe(material, POLICY, model or EMBEDDED, changed)
    checkpoint = prepare(out, run, resume)
    asked: Judge | None = judge
    if preset is not None:
        subjects = titles(material)
        rows = [with_subject(row, subjects) for row in rows]
        asked = asked_without(judge, subjects) if judge else None
    values = _values(out, preset, lora, seed)
    config, model_config = grpo_settings(material.bundle.path(SETTINGS), values, overrides)
    if model is None:
        model, begin = str(out / "start"), (preset or Preset()).start
        if checkpoint is None:
            supervised_start(material, reward, Path(model), begin, seed=seed, tell=tell)
    watch = reward.reward if reward_funcs is not None and judge else None
    functions = [reward.reward] if reward_funcs is None else list(reward_funcs)
    trainer = _trainer(model, config, model_config, rows, functions, watch)
    only_lines(trainer, Lines("policy", _SHOWN, tell))
    if checkpoint:
        tell(f"  going on from {checkpoint}")
    with judging(reward, asked):
        trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(out))
    metrics = {
        "steps": trainer.state.global_step,
        "seconds": round(time.monotonic() - start, 1),
        **_unjudged(judge),
        "history": [_step(log) for log in trainer.state.log_history if "reward" in log],
    }
    write_json(out / METRICS, metrics)
    tell(f"  {out}: by the reward model's verdicts\n{table(metrics)}")
    return metrics


@contextmanager
def judging(reward: RewardFile, judge: Judge | None) -> Iterator[None]:
    """Let a bundle's reward ask this judge, for as long as it takes."""
    reward.set_judge(judge)
    try:
        yield
    finally:
        reward.set_judge(None)


def _values(out: Path, preset: Preset | None, lora: bool | None, seed: int) -> dict[str, Any]:
    """Settings of TRL's that come from the machine and the preset."""
    values: dict[str, Any] = {**machine(), "output_dir": out, "seed": seed}
    if preset is not None:
        processor.prepare(preset.threads)
        values |= preset.values()
    if lora is not None:
        values["use_peft"] = lora
    return values


def _unjudged(judge: RewardModelJudge | None) -> dict[str, int]:
    """How many verdicts a reward model could not give."""
    if judge is None:
        return {"not_finite": 0, "too_long": 0}
    return {"not_finite": judge.not_finite, "too_long": judge.too_long}


def _name(function: RewardFunc) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


class WatchedTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPO on other rewards, with `watch` asked about every batch for what it logs."""

    def __init__(self, *, watch: RewardFunc | None, **arguments: Any) -> None:
        self._watch = watch
        super().__init__(**arguments)

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any
    ) -> Any:
        if self._watch is not None:
            keys = [key for key in inputs[0] if key not in ("prompt", "completion")]
            columns = {key: [row[key] for row in inputs] for key in keys}
            self._watch(
                prompts=prompts,
                completions=completions,
                completion_ids=completion_ids_list,
                log_metric=self._log_metric,
                log_extra=self._log_completion_extra,
                **columns,
            )
        return super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)


def _trainer(
    model: str,
    config: GRPOConfig,
    model_config: Any,
    rows: Sequence[Any],
    functions: Sequence[RewardFunc],
    watch: RewardFunc | None,
) -> GRPOTrainer:
    config.model_init_kwargs = {
        "revision": model_config.model_revision,
        "attn_implementation": model_config.attn_implementation,
        "dtype": model_config.dtype,
        **(config.model_init_kwargs or {}),
    }
    tokenizer = load_tokenizer(model, model_config.model_revision)
    return WatchedTrainer(
        watch=watch,
        model=model,
        reward_funcs=list(functions),
        args=config,
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=tokenizer,
        quantization_config=get_quantization_config(model_config),
        peft_config=get_peft_config(model_config),
    )


# Names of the figures of a step, and TRL's names for them.
_FIGURES = {
    "step": "step",
    "reward": "reward",
    "safe": "rubric/safe",
    "proficiency": "rubric/proficiency",
    "excellence": "rubric/excellence",
    "all_unsafe_groups": "rubric/groups_without_safe",
    "silent_groups": "frac_reward_zero_std",
    "dropped": "rubric/dropped",
    "judge_failures": "rubric/judge_failures",
    "kl": "kl",
    "entropy": "entropy",
    "tokens": "completions/mean_length",
    "cut_off": "completions/clipped_ratio",
}
_CREDIT = "rubric/credit/"


def _step(log: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one logged step; `credit` is the mean credit per criterion that was met with.

    A *silent* group is one whose answers all have the same reward: it teaches nothing.
    """
    figures: dict[str, Any] = {name: log.get(key) for name, key in _FIGURES.items()}
    credit = {key.removeprefix(_CREDIT): log[key] for key in log if key.startswith(_CREDIT)}
    return {**figures, "credit": dict(sorted(credit.items()))}


def table(metrics: Mapping[str, Any]) -> str:
    """The first fifth of the steps and the last one as a Markdown table of means."""
    history = metrics["history"]
    span = max(1, len(history) // 5)
    lines = [f"| | first {span} steps | last {span} steps |", "|---|---:|---:|"]
    for name in (
        "reward",
        "safe",
        "proficiency",
        "excellence",
        "all_unsafe_groups",
        "silent_groups",
    ):
        first, last = (_mean(part, name) for part in (history[:span], history[-span:]))
        lines.append(f"| {name.replace('_', ' ')} | {first} | {last} |")
    return "\n".join(lines)


def _mean(steps: Sequence[Mapping[str, Any]], name: str) -> str:
    found = [step[name] for step in steps if step[name] is not None]
    return f"{sum(found) / len(found):.2f}" if found else "–"
