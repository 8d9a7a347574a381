"""Read rubrics and report what is wrong with them.

Files are checked together with the rubrics that they include. Warnings and notes do not fail the
check unless --strict is given.

examples:
  rubricc check rubrics/
  rubricc check mine.rubric --path ../shared_rubrics
  rubricc check mine.rubric --format json
  rubricc check rubrics/ --locked
  rubricc check rubrics/ --format sarif > rubricc.sarif
"""

import argparse
import sys

from rubricdsl.diagnostics import Diagnostic, in_order
from rubricdsl.passes import Outcome

from .locked import add_locked, checked
from .report import add_format, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    add_locked(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """0 when nothing is wrong, 1 when there are errors (or warnings, with --strict)."""
    outcome = checked(args)
    found = in_order([*outcome.diagnostics, *_broken_promises(outcome)])
    report(found, outcome.checker.source, args.format)
    failing = {"error", "warning"} if args.strict else {"error"}
    failed = any(d.level in failing for d in found)
    if not failed and args.format == "text":
        count = len(outcome.files)
        print(f"{count} file{'s' if count != 1 else ''} fine", file=sys.stderr)
    return 1 if failed else 0


def _broken_promises(outcome: Outcome) -> list[Diagnostic]:
    """Rewards that cannot keep the order that their shape promises.

    Only factors given to `promedical` can break one, so that other files need no proof.
    """
    at_risk = [
        file for file in outcome.files
        if file.rubric and file.rubric.reward.shape == "promedical" and file.rubric.reward.params
    ]  # fmt: skip
    if not at_risk:
        return []
    from rubricdsl.promises import promise_broken_by

    return [found for file in at_risk if (found := promise_broken_by(file)) is not None]
