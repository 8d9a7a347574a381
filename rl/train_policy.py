"""Align a policy with GRPO on a bundle's prompts, rewarded by the bundle's own `reward.py`.

The deterministic checks of the rubrics run inside the reward; all other verdicts come from a judge,
as a rule a trained reward model. With a model the settings are those of the bundle's `grpo.yaml`;
without one, a small Qwen3 is made from scratch, started on mixed-quality answers, and trained on a
processor. What is looked at meanwhile is in `policy`.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import GRPOConfig, get_peft_config, get_quantization_config

from rubricdsl import batches
from rubricdsl.batches import Size

from . import processor
from .errors import TrainingError
from .judges.reward_model import load_tokenizer
from .material import Judge, Material, RewardFile, inputs_of, load_reward, open_material
from .policy.figures import SAFE, SILENT_GROUPS, UNSAFE_GROUPS
from .policy.judge import IN_PROCESS, JudgeChoice, OpenedJudge, ask_once, open_judge
from .policy.keeping import Keeping, differs_when_resumed
from .policy.samples import ONE_GROUP, Samples, Sampling
from .policy.stopping import NEVER, EarlyStop, Stop
from .policy.summary import history, stopped_before, write_summary
from .policy.trainer import PolicyTrainer
from .policy.watch import RewardFunc, Watch
from .progress import Lines, Say, is_first, only_lines, quieten, say, silent
from .resolved import check_batches, settings_file
from .runs import EMBEDDED, METRICS, Resume, Run, describe, prepare, write_json
from .settings import Values, grpo_settings_and_rewards, policy_machine
from .subjects import asked_without, titles, with_subject
from .supervised_start import Start, supervised_start

POLICY = "policy"
SETTINGS = batches.SETTINGS["gpu"]
PROMPTS = "grpo/prompts.jsonl"

# What is worth a line while it runs.
_SHOWN = {
    SAFE: "safe",
    UNSAFE_GROUPS: "all-unsafe groups",
    SILENT_GROUPS: "silent groups",
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
            "bf16": False,
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
    size: Size = "gpu",
    reward_funcs: Sequence[RewardFunc] | None = None,
    judge: JudgeChoice = IN_PROCESS,
    sampling: Sampling = ONE_GROUP,
    stop: Stop = NEVER,
    tell: Say = say,
) -> dict[str, Any]:
    """Train, and write the policy to `out`; returns the figures of the run and of every step.

    Without `model` one is made and started in `out/start`, with the `preset` for a small model;
    with one, the preset applies only if it is given. `overrides` are `name=value` settings of TRL.
    `size` says whose settings they are, `lora` None leaves it to them. `reward_funcs` are trained
    on in place of the bundle's reward, which is then only asked for its figures, and not even that
    without a judge. `stopped` of the result says why a run ended early, None if it did not. Where a
    launcher has started several processes, the first one writes, and the others return nothing.
    Raises `TrainingError`.
    """
    quieten()
    tell = tell if is_first() else silent
    clock = time.monotonic()
    preset = Preset() if model is None and preset is None else preset
    material = open_material(bundle)
    rows = material.some_rows(PROMPTS, "nothing to train a policy on")
    reward = load_reward(material)
    values = _values(out, preset, lora, seed)
    file = settings_file(material, size)
    config, model_config, names = grpo_settings_and_rewards(file, values, overrides)
    for note in (*check_batches(config, material, size, len(rows)), *differs_when_resumed(config)):
        tell(f"  note: {note}")
    opened = _judge(judge, reward_model, material, rows, needed=reward_funcs is None or stop.below)
    given = {"overrides": list(overrides), "lora": lora, "seed": seed, "size": size}
    run = _described(material, model, {**given, "preset": repr(preset)}, opened, reward_funcs)
    with config.main_process_first(local=False):
        checkpoint = prepare(out, run, resume)
    before = stopped_before(out) if checkpoint else None
    if before is not None and _is_over(before, stop, tell):
        return stopped_before(out, whole=True) or {}
    name = model or _started(out, material, reward, preset or Preset(), seed, checkpoint, tell)

    told, asked = _as_asked(material, rows, opened, preset)
    watch = Watch(reward, asked) if asked else None
    samples, ending = Samples(out, sampling), EarlyStop(stop, again=before is not None)
    trainer = build_trainer(name, config, model_config, told, watch, names, reward_funcs, samples)
    trainer.add_callback(Keeping(out, samples))
    trainer.add_callback(ending)
    with judging(reward, watch.judge if watch else None):
        _run(trainer, out, checkpoint, tell)
    seconds = round(time.monotonic() - clock, 1)
    return _ended(out, trainer, opened, ending, seconds, tell) if is_first() else {}


def _run(trainer: PolicyTrainer, out: Path, checkpoint: str | None, tell: Say) -> None:
    """Train from the beginning or from a checkpoint, and save the policy."""
    only_lines(trainer, Lines("policy", _SHOWN, tell))
    if checkpoint:
        tell(f"  going on from {checkpoint}")
    if is_first():
        (out / METRICS).unlink(missing_ok=True)
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(out))


def _judge(
    choice: JudgeChoice,
    reward_model: Path | None,
    material: Material,
    rows: Sequence[Mapping[str, Any]],
    *,
    needed: object,
) -> OpenedJudge | None:
    """The judge, which has answered once where it is a server's. Raises `TrainingError`."""
    opened = open_judge(choice, reward_model, material)
    if opened is None and needed:
        raise TrainingError(
            "the bundle's reward and an early end need a judge", "give --reward-model DIR"
        )
    if opened and choice.url:
        _ask_once(opened, material, rows)
    return opened


def _is_over(before: Mapping[str, Any], stop: Stop, tell: Say) -> bool:
    """Whether a run that was stopped stays so: by the rule that it was stopped by."""
    tell(f"  {before['said']}")
    is_over: bool = before["rule"] == asdict(stop)
    if is_over:
        tell("  nothing to do: it goes on with another --stop-when-safe-below, 0 for never")
    return is_over


def _as_asked(
    material: Material,
    rows: Sequence[dict[str, Any]],
    opened: OpenedJudge | None,
    preset: Preset | None,
) -> tuple[Sequence[dict[str, Any]], Judge | None]:
    """The rows as the policy is asked, and a judge that is asked as it was trained."""
    judge = opened.judge if opened else None
    if preset is None:
        return rows, judge
    subjects = titles(material)
    told = [with_subject(row, subjects) for row in rows]
    return told, asked_without(judge, subjects) if judge else None


def _ended(
    out: Path,
    trainer: PolicyTrainer,
    opened: OpenedJudge | None,
    ending: EarlyStop,
    seconds: float,
    tell: Say,
) -> dict[str, Any]:
    """Write what a run came to; returns it."""
    stopped, logs = ending.stopped, trainer.state.log_history
    figures = {
        "steps": trainer.state.global_step,
        "seconds": seconds,
        "judge": opened.failures() if opened else {},
        "stopped": None if stopped is None else {**asdict(stopped), "said": stopped.said},
    }
    write_json(out / METRICS, figures)
    write_summary(out, figures, logs, tell)
    return {**figures, "history": history(logs)}


@contextmanager
def judging(reward: RewardFile, judge: Judge | None) -> Iterator[None]:
    """Let a bundle's reward ask this judge, for as long as it takes."""
    reward.set_judge(judge)
    try:
        yield
    finally:
        reward.set_judge(None)


def _ask_once(opened: OpenedJudge, material: Material, rows: Sequence[Mapping[str, Any]]) -> None:
    """See that a judge behind a server knows the criteria of the first prompt."""
    row = rows[0]
    known = [q for q in material.questions.values() if q.rubric == row["rubric"]]
    criteria = [question.criterion for question in known if not question.by_check]
    if criteria:
        item = {
            "prompt": row["prompt"],
            "response": "I do not know.",
            "rubric": row["rubric"],
            "criteria": criteria,
            "inputs": inputs_of(row),
        }
        ask_once(opened, item)


def _described(
    material: Material,
    model: str | None,
    changed: dict[str, Any],
    opened: OpenedJudge | None,
    reward_funcs: Sequence[RewardFunc] | None,
) -> Run:
    """The run that these make; another judge is another run."""
    if opened is not None:
        changed |= opened.identity
    if reward_funcs is not None:
        functions = [getattr(f, "__name__", type(f).__name__) for f in reward_funcs]
        changed["reward_funcs"] = functions
    return describe(material, POLICY, model or EMBEDDED, changed)


def _started(
    out: Path,
    material: Material,
    reward: RewardFile,
    preset: Preset,
    seed: int,
    checkpoint: str | None,
    tell: Say,
) -> str:
    """The folder of a small policy, which is made where a run begins. Raises `TrainingError`."""
    folder = out / "start"
    if checkpoint is None:
        if int(os.environ.get("WORLD_SIZE") or 1) > 1:
            raise TrainingError(
                "a policy from scratch is started in one process",
                "give --model, such as the folder `start` of a run without a launcher",
            )
        supervised_start(material, reward, folder, preset.start, seed=seed, tell=tell)
    return str(folder)


def _values(out: Path, preset: Preset | None, lora: bool | None, seed: int) -> dict[str, Any]:
    """Settings of TRL's that come from the machine and the preset."""
    values: dict[str, Any] = {
        **policy_machine(),
        "output_dir": out,
        "seed": seed,
        # TRL prints answers to the terminal as they are; here they are in a file, made harmless.
        "log_completions": False,
    }
    if preset is not None:
        processor.prepare(preset.threads)
        values |= preset.values()
    if lora is not None:
        values["use_peft"] = lora
    return values


def build_trainer(
    model: str,
    config: GRPOConfig,
    model_config: Any,
    rows: Sequence[Any],
    watch: Watch | None,
    names: Sequence[str],
    reward_funcs: Sequence[RewardFunc] | None,
    samples: Samples,
) -> PolicyTrainer:
    config.model_init_kwargs = {
        "revision": model_config.model_revision,
        "attn_implementation": model_config.attn_implementation,
        "dtype": model_config.dtype,
        **(config.model_init_kwargs or {}),
    }
    tokenizer = load_tokenizer(model, model_config.model_revision)
    return PolicyTrainer(
        watch=watch,
        names=names,
        samples=samples,
        model=model,
        reward_funcs=reward_funcs,
        args=config,
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=tokenizer,
        quantization_config=get_quantization_config(model_config),
        peft_config=get_peft_config(model_config),
    )
