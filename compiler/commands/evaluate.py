"""Measure reward models and other judges on a bundle's held-out labels, side by side.

  rubricc evaluate reward-model BUNDLE --model DIR… [--judge VERDICTS.jsonl…] [--out FOLDER]

Pointwise and pairwise accuracy per tier, precision, recall and F1 of violated vetoes, Cohen's
kappa, calibration error and Brier score, each with a bootstrap interval over prompts. Half of the
held-out prompts set the thresholds of reward models; only the other half is measured on, for every
judge.

VERDICTS are recorded: by people, or by `rubricc judge`, which asks language models and servers
about what --write-answers wrote.
FOLDER gets evaluation.json, evaluation.md and evaluation.html, a page with plots that stands alone.
The same inputs and the same seed give the same bytes. docs/reward_model.md says how to read it.

examples:
  rubricc evaluate reward-model build/bundle --model build/reward_model
  rubricc evaluate reward-model build/bundle --model build/reward_model --model build/other \\
      --out build/evaluation

  rubricc evaluate reward-model build/bundle --write-answers answers.jsonl
  rubricc judge build/bundle answers.jsonl --judge http://localhost:8000/v1 --model MODEL \\
      --out verdicts.jsonl
  rubricc evaluate reward-model build/bundle --model build/reward_model --judge verdicts.jsonl
"""

import argparse
import json
import sys
from pathlib import Path

from .training import told, training

RESAMPLES = 1000
MOST_RESAMPLES = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("what", choices=("reward-model",), metavar="reward-model")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `rubricc compile` wrote")
    parser.add_argument(
        "--model", type=Path, action="append", default=[], metavar="DIR", dest="models",
        help="what `rubricc train reward-model` wrote; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--judge", type=Path, action="append", default=[], metavar="VERDICTS", dest="judges",
        help="recorded verdicts as JSON Lines; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--write-answers", type=Path, metavar="FILE", dest="answers",
        help="write the answers to be judged for `rubricc judge`, and measure nothing",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write the page")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: 0)")
    parser.add_argument(
        "--bootstrap", type=_resamples, default=RESAMPLES, metavar="N",
        help=f"resamples of prompts, 0 for no intervals (default: {RESAMPLES})",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people, or for machines"
    )


def run(args: argparse.Namespace) -> int:
    """0 when the figures are there, 1 when something prevents it, 2 when nothing is named."""
    if args.answers is not None:
        return told(lambda: _write_answers(args.bundle, args.answers))
    if not args.models and not args.judges:
        print("rubricc evaluate: name what to measure, with --model or --judge", file=sys.stderr)
        return 2
    if args.seed < 0:
        print("rubricc evaluate: --seed is a whole number, 0 or more", file=sys.stderr)
        return 2
    return told(lambda: _evaluate(args))


def _evaluate(args: argparse.Namespace) -> None:
    writing = training("evaluation.write")
    found = training("evaluation.evaluate").evaluate(
        args.bundle, args.models, args.judges, resamples=args.bootstrap, seed=args.seed
    )
    if args.out is not None:
        writing.write(args.out, found)
    if args.format == "json":
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print(writing.as_text(found))


def _write_answers(bundle: Path, file: Path) -> None:
    count = training("evaluation.answers").write_answers(bundle, file)
    print(f"{file}: {count:,} answers")


def _resamples(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_RESAMPLES:
        raise argparse.ArgumentTypeError(f"it is a whole number from 0 to {MOST_RESAMPLES:,}")
    return int(text)
