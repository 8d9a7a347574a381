"""A run of `rubricc train policy` up to its first step, on any machine, with nothing kept.

Data, reward, judge and trainer are built as the run would build them, and the model as a small one
of the same architecture with random weights. What is wrong is told all at once, and where this
machine lacks what the run asks for, so is what was left out.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from rubricdsl.batches import Batches, Size, misfits, too_few

from . import known_shapes, tiny, train_policy
from .dry_report import Model, told
from .errors import TrainingError
from .judges.reward_model import ADAPTER, load_tokenizer
from .material import Material, RewardFile, load_reward, open_material
from .policy.judge import IN_PROCESS, JudgeChoice, OpenedJudge, open_judge
from .policy.samples import ONE_GROUP, Samples
from .policy.trainer import PolicyTrainer
from .policy.watch import Watch
from .progress import Say, quieten, say
from .resolved import Resolved, ranked_rubric, resolve, settings_file
from .runs import EMBEDDED, REWARD_MODEL, RUN, read_run
from .settings import grpo_settings_and_rewards, policy_machine
from .subjects import asked_without, titles, with_subject

# Bytes of weights above which a reward model is looked at and not loaded on a processor.
_LOADED = 4e9
Found = TypeVar("Found")

_ANSWER = "I cannot say more without knowing more."


@dataclass(frozen=True)
class Asked:
    """The run that is tried; the fields are those of `train_policy.train`."""

    bundle: Path
    reward_model: Path | None
    out: Path
    model: str | None = None
    lora: bool | None = None
    overrides: tuple[str, ...] = ()
    size: Size = "gpu"
    seed: int = 0
    judge: JudgeChoice = IN_PROCESS


@dataclass
class Findings:
    """What is found on the way; `wrong` keeps the run from starting, `noted` does not."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def tried(self, what: str, work: Callable[[], Found]) -> Found | None:
        """The result of a part that may fail by itself; what is wrong with it is kept."""
        try:
            return work()
        except TrainingError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self.wrong.append(f"{what}: {error.what}{hint}")
            return None


def dry_run(asked: Asked, tell: Say = say) -> Findings:
    """Build everything, say what it comes to, and stop. Raises `TrainingError` for what is wrong,
    all of it, once everything is said."""
    quieten()
    material = open_material(asked.bundle)
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="rubricc-dry-run-") as folder:
        _try(asked, material, Path(folder), found)
    tell(f"  dry run of {asked.size}: nothing is trained, and nothing is written to {asked.out}")
    for what, text in found.lines:
        tell(f"  {what:<10} {text}")
    if found.left_out:
        tell(f"  {'left out':<10} {', '.join(found.left_out)}: this machine has no GPU")
    for note in found.noted:
        tell(f"  note: {note}")
    if found.wrong:
        lines = "\n".join(f"  - {text}" for text in found.wrong)
        raise TrainingError(f"the run would not start, or not train:\n{lines}")
    return found


def _try(asked: Asked, material: Material, folder: Path, found: Findings) -> None:
    """One part after the other; each needs no more than what it is given."""
    rows = found.tried(
        "data", lambda: material.some_rows(train_policy.PROMPTS, "nothing to train a policy on")
    )
    reward = found.tried("reward", lambda: load_reward(material))
    opened = found.tried("judge", lambda: _judge(asked, material, found))
    found.tried("output", lambda: _check_out(asked, material))
    resolved = found.tried(
        "settings", lambda: resolve(material, asked.size, _values(asked), asked.overrides)
    )
    if resolved is None:
        return
    fits = list(misfits(resolved.batches, ranked_rubric(material)))
    found.wrong += [f"batches: {misfit}" for misfit in fits if misfit.fatal]
    found.noted += [str(misfit) for misfit in fits if not misfit.fatal]
    model = _model(asked, resolved, found)
    shape = _judge_shape(asked, found)
    found.lines += told(material, resolved, model, shape, rows or [], asked.judge.tokens)
    if rows and reward is not None and not any(misfit.fatal for misfit in fits):
        built = Built(asked, material, resolved, model, rows, reward, opened)
        found.tried("trainer", lambda: _build(built, folder, found))


@dataclass(frozen=True)
class Built:
    """What the trainer is built of."""

    asked: Asked
    material: Material
    resolved: Resolved
    model: Model
    rows: Sequence[Mapping[str, Any]]
    reward: RewardFile
    opened: OpenedJudge | None


def _values(asked: Asked) -> dict[str, Any]:
    """What the run itself would set, besides what the machine asks for."""
    values: dict[str, Any] = {"seed": asked.seed}
    if asked.model is None:
        values |= train_policy.Preset().values()
    if asked.lora is not None:
        values["use_peft"] = asked.lora
    return values


def _judge(asked: Asked, material: Material, found: Findings) -> OpenedJudge | None:
    """The judge of the run; a large reward model is not loaded on a processor."""
    if asked.reward_model is None and asked.judge.url is None:
        raise TrainingError("the bundle's reward needs a judge", "give --reward-model DIR")
    if asked.judge.url is None and asked.reward_model is not None:
        run = read_run(asked.reward_model, REWARD_MODEL)
        if run.template != material.template:
            raise TrainingError(
                f"{asked.reward_model} was trained on another template of the criterion turn",
                "train a reward model on this bundle",
            )
        size = sum(path.stat().st_size for path in asked.reward_model.glob("*.safetensors"))
        adapter = (asked.reward_model / ADAPTER).exists()
        if not torch.cuda.is_available() and (size > _LOADED or adapter):
            found.left_out.append("the reward model's weights")
            return None
    choice = asked.judge
    if not torch.cuda.is_available() and (choice.device or "").startswith("cuda"):
        found.left_out.append(f"--judge-device {choice.device}")
        choice = replace(choice, device=None)
    return open_judge(choice, asked.reward_model, material)


def _check_out(asked: Asked, material: Material) -> None:
    """Whether the folder is another run's."""
    if (asked.out / RUN).exists():
        before = read_run(asked.out, train_policy.POLICY)
        name = asked.model or EMBEDDED
        if (before.bundle, before.model) != (material.fingerprint, name):
            raise TrainingError(
                f"{asked.out} holds a run on another bundle or model", "give another --out"
            )


def _model(asked: Asked, resolved: Resolved, found: Findings) -> Model:
    """The shape of the model, from its configuration or its name."""
    if asked.model is None:
        return Model("a small Qwen3 from scratch", None, None)
    source = known_shapes.find_config(asked.model)
    if source.source == "assumed":
        found.noted.append(
            f"{asked.model} is not on this disk and of no known name: sizes are those of Qwen3-8B"
        )
    shape = known_shapes.policy_shape(source.config)
    parallel = resolved.server_gpus or resolved.batches.tensor_parallel
    heads = source.config.num_attention_heads
    if heads % parallel:
        found.wrong.append(f"engine: {heads} heads of {asked.model} do not divide by {parallel}")
    return Model(asked.model, shape, source)


def _judge_shape(asked: Asked, found: Findings) -> Any:
    """The shape of a reward model in this process; None for a judge behind a server."""
    if asked.judge.url is not None or asked.reward_model is None:
        return None
    try:
        if (asked.reward_model / ADAPTER).exists():
            from peft import PeftConfig

            base = PeftConfig.from_pretrained(str(asked.reward_model)).base_model_name_or_path
            source = known_shapes.find_config(str(base))
            if source.source == "assumed":
                found.noted.append(f"the reward model's {base} is counted as Qwen3-8B")
            return known_shapes.judge_shape(source.config)
        config = AutoConfig.from_pretrained(str(asked.reward_model), local_files_only=True)
        return known_shapes.judge_shape(config)
    except (OSError, ValueError):
        return None


def _build(built: Built, folder: Path, found: Findings) -> None:
    """The trainer with a small model, the first batch of its prompts, and one group rewarded."""
    asked, material, resolved, rows = built.asked, built.material, built.resolved, built.rows
    name = _small_model(asked, material, built.model, folder)
    judge = built.opened.judge if built.opened else None
    if asked.model is None:
        rows = [with_subject(dict(row), titles(material)) for row in rows]
        judge = asked_without(judge, titles(material)) if judge else None
    left_out, values = _here(resolved)
    # The small one is made for a processor.
    found.left_out += left_out if asked.model is not None else []
    config, model_config, names = grpo_settings_and_rewards(
        settings_file(material, asked.size),
        {**values, **_values(asked), "output_dir": folder / "out"},
        [*asked.overrides, *_in_one_process(resolved.batches)],
    )
    # Without a judge every verdict is lost, and the rubric's policies settle it.
    watch = Watch(built.reward, judge or (lambda items: [{} for _ in items]))
    samples = Samples(folder, ONE_GROUP)
    trainer = train_policy.build_trainer(
        name, config, model_config, rows, watch, names, None, samples
    )
    _check_lengths(built, trainer, rows, found)
    wanted = resolved.batches.sampled
    sampled = len(next(iter(trainer.get_train_dataloader()), ()))
    if few := too_few(resolved.batches, len(rows)):
        found.wrong.append(f"data: {few}")
    elif sampled != wanted:
        found.wrong.append(f"trainer: a generation has {sampled} answers, not {wanted}")
    with train_policy.judging(built.reward, watch.judge):
        group = [rows[0]] * resolved.batches.group
        found.lines.append(("tried", _rewarded(built.reward, group, judge is not None)))


def _rewarded(reward: RewardFile, group: Sequence[Mapping[str, Any]], judged: bool) -> str:
    """What a group is worth that is the same answer many times."""
    columns = {key: [row[key] for row in group] for key in group[0] if key != "prompt"}
    answers = [[{"role": "assistant", "content": _ANSWER}] for _ in group]
    found = reward.reward([row["prompt"] for row in group], answers, **columns)
    by = "by the judge" if judged else "without a judge"
    rewards = sorted({"none" if one is None else f"{one:.4g}" for one in found})
    return f"one answer to a prompt, {len(group)} times, was rewarded {by}: {', '.join(rewards)}"


def _small_model(asked: Asked, material: Material, model: Model, folder: Path) -> str:
    """A folder with a small model of the same architecture, and the model's own tokenizer if it
    is on this disk."""
    if model.source is None:
        tiny.make_policy(material, folder / "model", seed=asked.seed)
        return str(folder / "model")
    if model.source.source == "disk":
        tokenizer = load_tokenizer(model.name)
    else:
        tokenizer = tiny.train_tokenizer(tiny.texts(material), tiny.POLICY.vocabulary)
    config = known_shapes.small(
        model.source.config, len(tokenizer), tokenizer.pad_token_id, tokenizer.eos_token_id
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    return str(folder / "model")


def _here(resolved: Resolved) -> tuple[list[str], dict[str, Any]]:
    """What has to be left out of the settings on this machine, and the values instead.

    An engine is never started: it would read the whole model.
    """
    values = {**policy_machine(), "use_vllm": False}
    if torch.cuda.is_available():
        return ([], values)
    asked = [name for name in ("use_vllm", "gradient_checkpointing") if resolved.get(name, False)]
    return [*asked, "arithmetic in bfloat16"], values


def _in_one_process(batches: Batches) -> list[str]:
    """Settings by which one process makes the steps of all devices."""
    world = batches.world
    found = [f"gradient_accumulation_steps={batches.accumulation * world}"]
    if batches.per_generation is not None:
        found.append(f"steps_per_generation={batches.per_generation * world}")
    return [*found, "use_vllm=false"]


def _check_lengths(
    built: Built, trainer: PolicyTrainer, rows: Sequence[Mapping[str, Any]], found: Findings
) -> None:
    """Whether the longest prompt and an answer fit into the engine's window."""
    resolved, source = built.resolved, built.model.source
    if source is None or source.source != "disk":
        if source is not None:
            found.noted.append("the tokenizer is not on this disk: lengths of prompts are unknown")
        return
    tokenizer = trainer.processing_class
    kwargs = trainer.args.chat_template_kwargs or {}
    asked = [
        tokenizer.apply_chat_template(
            row["prompt"], tokenize=False, add_generation_prompt=True, **kwargs
        )
        for row in rows
    ]
    lengths = [len(ids) for ids in tokenizer(asked, add_special_tokens=False)["input_ids"]]
    window = resolved.settings.get("vllm_max_model_length")
    longest = max(lengths) + int(resolved.get("max_completion_length", 512))
    found.lines.append(("prompts", f"at most {max(lengths)} tokens long"))
    if window is not None and resolved.get("use_vllm", False) and longest > window:
        found.wrong.append(
            f"engine: a prompt of {max(lengths)} tokens and an answer take {longest}, more than "
            f"vllm_max_model_length ({window})"
        )
