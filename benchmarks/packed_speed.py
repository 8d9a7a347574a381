"""Packed rows beside one row per criterion: scoring, and a training step beside TRL's.

    python benchmarks/packed_speed.py                   # CUDA where there is one, else a processor
    python benchmarks/packed_speed.py --rounds 5 --write
    python benchmarks/packed_speed.py --device cuda --attention flex_attention

Models have Qwen3's architecture and random weights: on CUDA the shape of Qwen3-8B in bfloat16 for
scoring and of Qwen3-1.7B for training, on a processor a small one in float32. Token ids are random.
Scoring: K criteria of 40 tokens on a prompt and answer of 200, 600 or 2,000, by the same model in
turn, once with transformers' own forward on K whole rows, once packed; scores are compared. The
*ideal* is what counting tokens allows. Training: the same pairs, two answers that differ in K
criteria, through TRL's `RewardTrainer` with one row per criterion and through the packed trainer,
each in a process of its own, forward to optimizer step; the first step is not counted.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

import torch
from report import machine

ROOT = Path(__file__).resolve().parent.parent
SHARED, CRITERIA, OWN = (200, 600, 2000), (1, 4, 7, 16), 40
TRAINED = (600, 7)
STEPS, EXAMPLES = 3, 2

SHAPES: dict[str, dict[str, int]] = {
    "small": {
        "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 6,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 64, "vocab_size": 8192,
    },
    "1.7B": {
        "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28,
        "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
    },
    "8B": {
        "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
    },
}  # fmt: skip


def main() -> int:
    args = _arguments()
    if args.train_with:
        print(json.dumps(_train(args.train_with, args)))
        return 0
    cuda = args.device == "cuda"
    scorer, trained = ("8B", "1.7B") if cuda else ("small", "small")
    parts = [
        f"# Packed rows beside one row per criterion ({args.device})",
        f"{_machine(args.device)}. Made by `python benchmarks/packed_speed.py --write`.",
        f"## Scoring\n\nQwen3, shape {scorer}, {'bfloat16' if cuda else 'float32'}, "
        f"{args.attention}, answers at once: {args.answers}, criteria of {OWN} tokens, median of "
        f"{args.rounds} rounds.",
        _scoring(args, scorer),
        f"## A training step\n\nQwen3, shape {trained}, {TRAINED[1]} criteria of {OWN} tokens on "
        f"{TRAINED[0]}, {EXAMPLES} prompts with two answers: "
        f"{EXAMPLES * TRAINED[1]} pairs a step, mean of {STEPS} steps.",
        _training(args),
    ]
    report = "\n\n".join(parts) + "\n"
    print(report)
    if args.write:
        path = ROOT / "benchmarks" / "results" / f"packed_speed_{args.device}.md"
        path.write_text(report, encoding="utf-8")
    return 0


@torch.inference_mode()
def _scoring(args: argparse.Namespace, shape: str) -> str:
    """The table of scoring times."""
    from rubricdsl.rl.packed.layout import Packable
    from rubricdsl.rl.packed.model import score, scores_packed

    model = _model(shape, args)
    plain = model.forward
    lines = [
        "| shared | K | one row each | packed | times | ideal | of the ideal | difference |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for shared in SHARED:
        for criteria in CRITERIA:
            dice = torch.Generator().manual_seed(shared + criteria)
            answers = [
                Packable(_ids(shared, dice), [_ids(OWN, dice) for _ in range(criteria)])
                for _ in range(args.answers)
            ]
            rows = [
                torch.tensor([[*one.trunk, *branch] for branch in one.branches]).to(args.device)
                for one in answers
            ]

            def apart(rows: list[torch.Tensor] = rows) -> list[list[float]]:
                model.forward = plain
                return [model(input_ids=one).logits[:, 0].float().tolist() for one in rows]

            def together(answers: list[Packable] = answers) -> list[list[float]]:
                scores_packed(model)
                return score(model, answers, args.budget)

            first, second = apart(), together()
            gap = max(
                abs(a - b)
                for x, y in zip(first, second, strict=True)
                for a, b in zip(x, y, strict=True)
            )
            times = [(_seconds(apart), _seconds(together)) for _ in range(args.rounds)]
            slow, fast = (statistics.median(each) for each in zip(*times, strict=True))
            ideal = answers[0].apart / answers[0].length
            lines.append(
                f"| {shared:,} | {criteria} | {_ms(slow)} | {_ms(fast)} | {slow / fast:.2f} "
                f"| {ideal:.2f} | {100 * slow / fast / ideal:.0f} % | {gap:.1e} |"
            )
            print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def _training(args: argparse.Namespace) -> str:
    """The table of training steps."""
    lines = [
        "| trainer | seconds a step | pairs a second | times | peak memory |",
        "|---|---:|---:|---:|---:|",
    ]
    speed: list[float] = []
    for which, name in (("trl", "`RewardTrainer`, one row each"), ("packed", "packed")):
        command = [sys.executable, __file__, "--train-with", which, "--device", args.device]
        command += ["--attention", args.attention]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(told.splitlines()[-1])
        pairs = EXAMPLES * TRAINED[1] / found["seconds"]
        speed.append(pairs)
        lines.append(
            f"| {name} | {found['seconds']:.2f} | {pairs:.1f} | {pairs / speed[0]:.2f} "
            f"| {found['peak'] / 2**30:.2f} GiB |"
        )
    return "\n".join(lines)


def _train(which: str, args: argparse.Namespace) -> dict[str, float]:
    """Seconds of one step, and the most memory that the process or the device has had."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import RewardConfig, RewardTrainer

    from rubricdsl.rl.packed.trainer import PackedCollator, PackedRewardTrainer

    class Clock(TrainerCallback):  # type: ignore[misc]
        ends: ClassVar[list[float]] = []

        def on_step_end(self, *_: Any, **__: Any) -> None:
            if args.device == "cuda":
                torch.cuda.synchronize()
            self.ends.append(time.perf_counter())

    class Stub:
        pad_token, eos_token, pad_token_id, eos_token_id, bos_token_id = "p", "p", 0, 0, None

        def get_vocab(self) -> dict[str, int]:
            return {"p": 0}

    turns, examples, pairs = _labels()
    criteria = TRAINED[1]
    cuda = args.device == "cuda"
    size = EXAMPLES if which == "packed" else EXAMPLES * criteria
    with tempfile.TemporaryDirectory() as folder:
        config = RewardConfig(
            folder, use_cpu=not cuda, bf16=cuda, report_to="none", max_length=None,
            per_device_train_batch_size=size, max_steps=STEPS + 1, save_strategy="no",
            gradient_checkpointing=False, disable_tqdm=True, dataloader_pin_memory=cuda,
            logging_strategy="no", train_sampling_strategy="sequential",
        )  # fmt: skip
        common = {"model": _model("1.7B" if cuda else "small", args), "args": config,
                  "processing_class": Stub(), "callbacks": [Clock()]}  # fmt: skip
        if which == "packed":
            trainer = PackedRewardTrainer(
                pointwise=0.0, data_collator=PackedCollator(turns, 0),
                train_dataset=Dataset.from_list(examples), **common,
            )  # fmt: skip
        else:
            trainer = RewardTrainer(train_dataset=Dataset.from_list(pairs), **common)
        trainer._save = trainer.create_model_card = lambda *_, **__: None
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        trainer.train()
    seconds = (Clock.ends[-1] - Clock.ends[0]) / STEPS
    peak = (
        torch.cuda.max_memory_allocated()
        if cuda
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    return {"seconds": seconds, "peak": float(peak)}


def _labels() -> tuple[list[list[int]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The same pairs twice: criteria and examples for packed rows, and rows for TRL."""
    shared, criteria = TRAINED
    dice = torch.Generator().manual_seed(0)
    turns = [_ids(OWN, dice) for _ in range(criteria)]
    examples = [
        {
            "trunks": [_ids(shared, dice), _ids(shared, dice)],
            "asked": [list(range(criteria))] * 2,
            "pairs": [[k, criteria + k] if k % 2 else [criteria + k, k] for k in range(criteria)],
            "pair_weights": [1.0] * criteria,
            "margins": [0.0] * criteria,
            "credits": [0.0] * (2 * criteria),
            "point_weights": [0.0] * (2 * criteria),
        }
        for _ in range(EXAMPLES * (STEPS + 1))
    ]
    pairs = []
    for row in examples:
        every = [[*trunk, *turn] for trunk in row["trunks"] for turn in turns]
        pairs += [{"chosen_ids": every[a], "rejected_ids": every[b]} for a, b in row["pairs"]]
    return turns, examples, pairs


def _model(shape: str, args: argparse.Namespace) -> Any:
    from transformers import Qwen3Config, Qwen3ForSequenceClassification

    torch.manual_seed(0)
    cuda = args.device == "cuda"
    config = Qwen3Config(
        **SHAPES[shape], num_labels=1, pad_token_id=0, attn_implementation=args.attention,
        max_position_embeddings=4096,
    )  # fmt: skip
    kind = torch.bfloat16 if cuda and not args.train_with else torch.float32
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    try:
        with torch.device(args.device):
            model = Qwen3ForSequenceClassification(config)
    finally:
        torch.set_default_dtype(before)
    return model.eval()


def _ids(count: int, dice: torch.Generator) -> list[int]:
    return torch.randint(1, 8192, (count,), generator=dice).tolist()


def _seconds(work: Any) -> float:
    """`work` ends with numbers on the processor, so the device has finished too."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _ms(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _machine(device: str) -> str:
    import transformers
    import trl

    card = (torch.cuda.get_device_name(),) if device == "cuda" else ()
    versions = (
        f"{package.__name__} {package.__version__}" for package in (torch, transformers, trl)
    )
    return machine(*card, *versions)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", choices=("cpu", "cuda"), default=found)
    parser.add_argument("--attention", default="sdpa", help="transformers' name (sdpa)")
    parser.add_argument("--answers", type=int, help="scored in one call (CUDA 8, otherwise 1)")
    parser.add_argument("--budget", type=int, default=16384, help="tokens of a packed batch")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured (3)")
    parser.add_argument("--write", action="store_true", help="also write benchmarks/results/")
    parser.add_argument("--train-with", choices=("trl", "packed"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.answers = args.answers or (8 if args.device == "cuda" else 1)
    return args


if __name__ == "__main__":
    raise SystemExit(main())
