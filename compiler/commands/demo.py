"""The whole path on this machine: compile, train a reward model, align a policy, and measure.

Compiles the library with synthetic answers, trains a small reward model and a small policy from
scratch, and prints one table: pairwise accuracy per tier, and how good the policy's answers to
held-out prompts are before and after, by the exemplars' own verdicts. With a folder of real data at
hand (--data) it also imports and compiles the HealthBench records and scores the graded answers.

examples:
  rubricc demo
  rubricc demo --out build/demo --seeds 0 1 2
"""

import argparse
import sys
import time
from pathlib import Path

from rubricdsl.source import library_root

from .training import told, training

ROWS = 40
"""Synthetic rows per rubric, each one prompt with four answers."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--out", type=Path, default=Path("build/demo"), metavar="DIR", help="(default: build/demo)"
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0], metavar="S", help="one run each (default: 0)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        metavar="DIR",
        help="real records to import, where there are any (default: ../shared/data)",
    )
    parser.add_argument(
        "--smoke", action="store_true", help="tiny models and a few steps: does it run at all?"
    )


def run(args: argparse.Namespace) -> int:
    """0 when everything ran, 1 when a step failed."""
    start = time.monotonic()
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"rubricc: {args.out} cannot be made: {error.strerror}", file=sys.stderr)
        return 1
    bundle = args.out / "bundle"
    rows = 8 if args.smoke else ROWS
    _title("compiling the library with synthetic answers")
    if _rubricc("compile", library_root(), "--out", bundle, "--synthesize", rows):
        return 1
    if _real_data(args.data, args.out):
        return 1

    def train() -> None:
        demo = training("demo")
        plan = demo.SMOKE if args.smoke else demo.FULL
        results = demo.run(bundle, args.out, args.seeds, plan)
        print(f"\n{demo.table(results)}")

    status = told(train)
    if not status:
        print(f"\n{time.monotonic() - start:.0f} s in all; results in {args.out}", file=sys.stderr)
    return status


def _real_data(data: Path, out: Path) -> int:
    """Import, compile and score the real records, if they are there."""
    records = data / "healthbench_records.jsonl.gz"
    graded = data / "healthbench_graded.jsonl.gz"
    if not (records.is_file() and graded.is_file()):
        print(f"no real records in {data}: that part is left out", file=sys.stderr)
        return 0
    _title("importing and compiling the HealthBench records (never trained on)")
    imported = out / "healthbench"
    answers = out / "healthbench_graded"
    return (
        _imported(records, imported)
        or _rubricc("compile", imported, "--out", out / "healthbench_bundle")
        or _imported(graded, answers)
        or _rubricc("score", answers, "--verdicts", answers / "verdicts.jsonl")
    )


def _imported(file: Path, folder: Path) -> int:
    """Import once: an import is the same each time, and is not written over."""
    return 0 if folder.is_dir() else _rubricc("import", "healthbench", file, "--out", folder)


def _rubricc(*arguments: object) -> int:
    from ..cli import main

    return main([str(argument) for argument in arguments])


def _title(text: str) -> None:
    print(f"\n== {text}", file=sys.stderr, flush=True)
