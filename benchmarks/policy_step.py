"""Where the time of a policy's training step goes: sampling, reward, update.

    python benchmarks/policy_step.py --bundle build/bundle --write            # on CUDA
    python benchmarks/policy_step.py --bundle build/bundle --small --write    # on a processor

`grpo/grpo.yaml` of the bundle as it is, through the trainer of `rubricc train policy`: LoRA, the
bundle's own `reward.py`, and a packed reward model as the judge. Policy and judge have Qwen3's
architecture and random weights (`--shape` and `--judge-shape` of `rl.known_shapes`; `--small` makes
both small ones for a processor, with shorter answers). A policy with random weights does not stop
and writes no words: all answers have the full length, and the judge reads words of the bundle, as
many tokens as were sampled. Engine: vLLM where it is installed, otherwise transformers.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
import trl
from report import RESULTS, machine, table
from transformers import TrainerCallback
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from trl.import_utils import is_vllm_available

from rubricdsl.batches import Batches, Hardware, planned
from rubricdsl.rl import known_shapes, tiny, train_policy
from rubricdsl.rl.estimates import H100, Assumed, Plan, seconds
from rubricdsl.rl.judges.reward_model import RewardModelJudge
from rubricdsl.rl.material import Material, load_reward, open_material
from rubricdsl.rl.packed.turns import Turns
from rubricdsl.rl.policy.samples import Samples, Sampling
from rubricdsl.rl.policy.watch import Watch
from rubricdsl.rl.progress import quieten
from rubricdsl.rl.resolved import settings_file
from rubricdsl.rl.settings import grpo_settings_and_rewards, policy_machine

MOST = 0.15
"""The share of a step that the reward should take at most."""

PARTS = ("sampling", "reward", "update")
SMALL = {
    "hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64,
}  # fmt: skip
# Words are whole and phrases are not, so that a criterion has about as many tokens as with Qwen's.
VOCABULARY = 2500


@dataclass
class Clock:
    """Seconds of each part, step by step.

    On CUDA a part ends when its work is done. On a processor they are seconds of the processor, so
    that a machine that does other things besides is no matter with one thread.
    """

    cuda: bool
    steps: list[dict[str, float]] = field(default_factory=list)
    current: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        if not self.cuda:
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        start = self.now()
        yield
        self.current[name] = self.current.get(name, 0.0) + self.now() - start

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return work(*args, **kwargs)

        return run


class Steps(TrainerCallback):  # type: ignore[misc]
    """Closes the clock's steps; the update is what is neither sampling nor reward."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._start = clock, 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._start = self._clock.now()

    def on_step_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        clock, end = self._clock, self._clock.now()
        found, clock.current = clock.current, {}
        found["update"] = end - self._start - found["sampling"] - found["reward"]
        clock.steps.append(found)
        told = "  ".join(f"{name} {found[name]:.2f}" for name in PARTS)
        print(f"  step {state.global_step}/{state.max_steps}  {told}", flush=True)
        self._start = clock.now()


def main() -> int:
    args = _arguments()
    cuda = torch.cuda.is_available() and not args.small
    torch.set_num_threads(args.threads)
    quieten()
    material = open_material(args.bundle)
    with tempfile.TemporaryDirectory() as folder:
        report = _measure(args, material, Path(folder), cuda)
    print(report)
    if args.write:
        name = f"policy_step_{'cuda' if cuda else 'cpu'}.md"
        (RESULTS / name).write_text(report, encoding="utf-8")
    return 0


def _measure(args: argparse.Namespace, material: Material, folder: Path, cuda: bool) -> str:
    overrides = [f"max_steps={args.steps}", "warmup_steps=0", "save_strategy=no"]
    overrides += ["log_completions=false"]
    if args.small:
        overrides += ["max_completion_length=256", "gradient_accumulation_steps=8"]
    engine = cuda and is_vllm_available()
    overrides += [f"use_vllm={str(engine).lower()}", *args.overrides]
    values = {**policy_machine(), "output_dir": folder / "out", "seed": 0}
    if args.small:
        values = {**values, "use_cpu": True, "bf16": False, "dtype": "float32"}
    config, model_config, names = grpo_settings_and_rewards(
        settings_file(material, "gpu"), values, overrides
    )
    tokenizer = tiny.train_tokenizer(tiny.texts(material), VOCABULARY)
    device, kind = ("cuda", torch.bfloat16) if cuda else ("cpu", torch.float32)
    policy = _policy(args, tokenizer, folder / "policy", kind)
    judge = _judge(args, tokenizer, material, device, kind)
    clock = Clock(cuda)
    reward = load_reward(material)
    watch = Watch(reward, judge)
    trainer = train_policy.build_trainer(
        str(folder / "policy"),
        config,
        model_config,
        material.some_rows(train_policy.PROMPTS, "no prompts"),
        watch,
        names,
        None,
        Samples(folder, Sampling(0)),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(Steps(clock))
    words = _Words(material, tokenizer)
    _time(trainer, clock, words)
    with train_policy.judging(reward, watch.judge):
        trainer.train()
    turns = Turns(tokenizer)
    criterion = statistics.mean(len(turns.branch(q.turn)) for q in material.questions.values())
    length = statistics.mean(words.lengths)
    return _report(args, Measured(trainer, judge, policy, criterion, length, clock, engine, cuda))


def _policy(args: argparse.Namespace, tokenizer: Any, folder: Path, kind: Any) -> int:
    """A policy in `folder`; its number of parameters."""
    config = _config(args, args.shape, tokenizer)
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=kind)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return int(sum(p.numel() for p in model.parameters()))


class Judged(RewardModelJudge):
    """A reward model of random weights, which counts what it reads."""

    parameters = 0
    tokens = 0
    answers = 0
    asked = 0

    def _row(self, one: Any, trunk: Any) -> Any:
        row, kept = super()._row(one, trunk)
        self.tokens += row.length
        self.answers += 1
        self.asked += len(kept)
        return row, kept


def _judge(
    args: argparse.Namespace, tokenizer: Any, material: Material, device: str, kind: Any
) -> Judged:
    config = _config(args, args.judge_shape, tokenizer)
    config.num_labels = 1
    torch.manual_seed(1)
    model = transformers.AutoModelForSequenceClassification.from_config(config, dtype=kind)
    judge = Judged(model.to(device), tokenizer, material.questions)
    judge.parameters = int(sum(p.numel() for p in model.parameters()))
    return judge


def _config(args: argparse.Namespace, shape: str, tokenizer: Any) -> Any:
    config = known_shapes.qwen3(shape)
    if args.small:
        for name, value in {**SMALL, "vocab_size": len(tokenizer)}.items():
            setattr(config, name, value)
        config.layer_types = ["full_attention"] * config.num_hidden_layers
    config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    return config


class _Words:
    """Text of the bundle of a given number of tokens."""

    def __init__(self, material: Material, tokenizer: Any) -> None:
        rows = material.rows("reward_model/responses_train.jsonl")
        text = " ".join(row["response"] for row, _ in zip(rows, range(400), strict=False))
        self._ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        self._tokenizer = tokenizer
        self._place = 0
        self.lengths: list[int] = []

    def take(self, count: int) -> str:
        self.lengths.append(count)
        if self._place + count > len(self._ids):
            self._place = 0
        found = self._ids[self._place : self._place + count]
        self._place += count
        return str(self._tokenizer.decode(found))


def _time(trainer: Any, clock: Clock, words: _Words) -> None:
    """Put the clock around sampling and reward, and words in place of what was sampled."""
    trainer._generate = clock.timed("sampling", trainer._generate)
    rewards = clock.timed("reward", trainer._calculate_rewards)

    def calculate(inputs: Any, prompts: Any, completions: Any, ids: Any) -> Any:
        spoken = [[{"role": "assistant", "content": words.take(len(one))}] for one in ids]
        return rewards(inputs, prompts, spoken, ids)

    trainer._calculate_rewards = calculate


@dataclass(frozen=True)
class Measured:
    """A run, and what it was made with. `policy` is a number of parameters."""

    trainer: Any
    judge: Judged
    policy: int
    criterion: float
    answer: float
    clock: Clock
    engine: bool
    cuda: bool

    def operations(self) -> dict[str, float]:
        """Operations for one answer in each part: two for each parameter and token that passes."""
        read = self.judge.tokens / self.judge.answers
        prompt = self.prompt()
        # Forward, backward to the adapters, the reference model; again for checkpoints, and the
        # probabilities before the step where an engine has sampled.
        passes = 3 + self.trainer.args.gradient_checkpointing + self.engine
        return {
            "sampling": 2 * self.policy * (prompt + self.answer),
            "reward": 2 * self.judge.parameters * read,
            "update": 2 * self.policy * passes * (prompt + self.answer),
        }

    def prompt(self) -> float:
        """Tokens of a prompt, from what the judge has read."""
        read = self.judge.tokens / self.judge.answers
        return read - self.answer - self.criterion * self.judge.asked / self.judge.answers


def _report(args: argparse.Namespace, found: Measured) -> str:
    counted = found.clock.steps[1:]
    totals = [sum(step.values()) for step in counted]
    operations = found.operations()
    rows = [["part", "seconds, median", "least", "most", "share of time", "of operations"]]
    shares = {}
    for name in PARTS:
        own = [step[name] for step in counted]
        shares[name] = sum(own) / sum(totals)
        rows.append([name, *_three(own), f"{shares[name]:.1%}",
                     f"{operations[name] / sum(operations.values()):.1%}"])  # fmt: skip
    rows.append(["step", *_three(totals), "100.0%", "100.0%"])
    config, judge = found.trainer.args, found.judge
    batch = config.per_device_train_batch_size * config.gradient_accumulation_steps
    card = torch.cuda.get_device_name() if found.cuda else f"{args.threads} threads"
    where = machine(
        card,
        f"torch {torch.__version__}",
        f"transformers {transformers.__version__}",
        f"trl {trl.__version__}",
        "sampling by vLLM" if found.engine else "sampling by transformers",
    )
    rank = found.trainer.model.peft_config["default"].r
    read = judge.tokens / judge.answers
    lines = [
        f"# A policy's training step ({'CUDA' if found.cuda else 'processor'})",
        f"{where}. Made by `python benchmarks/policy_step.py"
        f"{' --small' if args.small else ''} --write`.",
        f"Qwen3's architecture with random weights: a policy of {_count(found.policy)} parameters "
        f"with an adapter of rank {rank}, in {'bfloat16' if found.cuda else 'float32'}, and a "
        f"packed judge of {_count(judge.parameters)}. A step has {batch} answers of "
        f"{found.answer:.0f} tokens in groups of {config.num_generations}; the update takes "
        f"{config.per_device_train_batch_size} at a time. {len(counted)} of "
        f"{len(found.clock.steps)} steps are counted, all but the first."
        f"{'' if found.cuda else ' Seconds are those of the processor.'}",
        table(rows, numbers=True),
        f"For one answer the judge reads {read:.0f} tokens: {found.prompt():.0f} of the prompt, "
        f"{found.answer:.0f} of the answer, and {judge.asked / judge.answers:.1f} criteria of "
        f"{found.criterion:.0f} each. Operations are two for each parameter and token that passes, "
        "for the model that it passes.",
    ]
    if shares["reward"] > MOST and not found.cuda:
        lines.append(_why(found))
    return "\n\n".join(lines) + "\n"


def _why(found: Measured) -> str:
    """Why the reward takes more than it should, and what the same counts say of one GPU."""
    criteria = round(found.judge.asked / found.judge.answers)
    assumed = Assumed(round(found.prompt()), 1024, criteria, round(found.criterion))
    batches = planned("gpu", 8, Hardware())
    assert isinstance(batches, Batches)
    rows = [["policy", "judge", *PARTS, "reward's share"]]
    for policy, judge in (("1.7B", "1.7B"), ("8B", "8B"), ("8B", "1.7B")):
        shape = known_shapes.policy_shape(known_shapes.qwen3(policy))
        scorer = known_shapes.judge_shape(known_shapes.qwen3(judge))
        plan = Plan(shape, scorer, batches, rank=32, engine=0.4, weight_bytes=2)
        parts = seconds(plan, H100, assumed)
        rows.append(
            [policy, judge, *(f"{parts[name]:.1f}" for name in PARTS),
             f"{parts['reward'] / sum(parts.values()):.1%}"]
        )  # fmt: skip
    passes = found.operations()["update"] / found.operations()["sampling"]
    return (
        f"The reward's share is above {MOST:.0%} for what there is to read: a judge as large as "
        f"the policy reads {criteria} criteria besides prompt and answer, while the update "
        f"passes prompt and answer {passes:.0f} times. Longer answers and a smaller judge lower "
        "it, and on a GPU sampling waits for memory. What `rl.estimates` gives for `grpo.yaml` on "
        "an H100 with the same prompts and criteria, answers of 1,024 tokens, in seconds; "
        "**estimated, none of it was run**:\n\n" + table(rows, numbers=True)
    )


def _three(values: list[float]) -> list[str]:
    return [f"{found(values):.2f}" for found in (statistics.median, min, max)]


def _count(number: int) -> str:
    return f"{number / 1e9:.2f} billion" if number > 1e8 else f"{number / 1e6:.1f} million"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bundle", type=Path, required=True, help="with the targets of training")
    parser.add_argument("--small", action="store_true", help="small models on a processor")
    parser.add_argument("--shape", default="1.7B", help="of the policy (1.7B)")
    parser.add_argument("--judge-shape", default="1.7B", help="of the judge (1.7B)")
    parser.add_argument("--steps", type=int, default=20, help="(20)")
    parser.add_argument("--threads", type=int, default=1, help="on a processor (1)")
    parser.add_argument("--set", action="append", default=[], dest="overrides", help="TRL's own")
    parser.add_argument("--write", action="store_true", help="also write benchmarks/results/")
    args = parser.parse_args()
    if not args.small and not torch.cuda.is_available():
        parser.error("there is no GPU: --small measures small models on the processor")
    return args


if __name__ == "__main__":
    raise SystemExit(main())
