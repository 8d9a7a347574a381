"""Train one small policy with many rewards, where the truth is known, and report what comes out.

The controlled clinic (rl/clinic/) makes cases and answers with known verdicts. The same policy is
aligned with the gated, centred, lexicographic, promedical, weighted, healthbench and rar rewards,
by a reward model's verdicts and by the true ones, and with a reward model that gives one number;
from a warm and a cold start, with every seed; and with four parts of the paper's method taken away.
Learning rates are tuned for each reward on a seed of its own. What is reported is ground truth
(docs/experiment.md).

Every finished part is a file in --out: the same command goes on where an earlier one stopped.

examples:
  rubricc experiment --out build/experiment
  rubricc experiment --out build/experiment --only gated --only weighted --seeds 0,1
  rubricc experiment --out build/experiment --only gated_by_truth --only rar_by_truth
  rubricc experiment --out build/smoke --smoke
  rubricc experiment --out build/large --size large
"""

import argparse
import contextlib
import io
import platform
import sys
from pathlib import Path

from rubricdsl.source import library_root

from .training import told, training

SIZES = ("cpu", "large", "smoke")
TARGETS = ("ir", "reward_model", "reward", "grpo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    parser.add_argument(
        "--seeds", type=_seeds, default=(0, 1, 2), metavar="S,…", help="(default: 0,1,2)"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--size", choices=SIZES, default="cpu", help="models and steps (default: cpu)"
    )
    size.add_argument(
        "--gpu", action="store_const", const="large", dest="size", help="--size large"
    )
    size.add_argument(
        "--smoke", action="store_const", const="smoke", dest="size", help="does it run at all?"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help="a reward or an ablation, such as gated or no_veto; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="where the page and its figures go (default: --out)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when everything ran, 1 when a part failed, 2 for a name that is not known."""

    def work() -> None:
        experiment, page, plan = (training(f"experiment.{m}") for m in ("run", "page", "plan"))
        if args.report is not None:
            training("runs").open_folder(args.report)
        found = experiment.run(
            args.out, plan.PLANS[args.size], _compiled, seeds=args.seeds, only=args.only
        )
        written = page.write_report(found, args.report or args.out, _machine())
        print(written[0].read_text(encoding="utf-8"))
        print(f"{written[0]} and {len(written) - 1} figures", file=sys.stderr)

    return told(work)


def _compiled(sources: Path, out: Path, data: Path | None, group: int) -> None:
    """Compile quietly; what went wrong is told. Raises `TrainingError`."""
    from ..cli import main

    arguments = ["compile", str(sources), "--path", str(library_root()), "--out", str(out)]
    arguments += ["--group", str(group)]
    for target in TARGETS:
        arguments += ["--target", target]
    arguments += ["--data", str(data)] if data else []
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main(arguments)
    if status:
        error = training("errors").TrainingError
        raise error(f"{sources} does not compile:\n{said.getvalue()}")


def _seeds(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as 0,1,2") from None
    if len(set(found)) < len(found) or min(found) < 0:
        raise argparse.ArgumentTypeError("seeds are different numbers from 0 upwards")
    return found


def _machine() -> str:
    return f"{platform.machine()}, Python {platform.python_version()}"
