"""Read rubrics and report what is wrong with them.

Files are checked together with the rubrics that they include. Warnings and notes do not fail the
check unless --strict is given.

examples:
  rubricc check rubrics/
  rubricc check mine.rubric --path ../shared_rubrics
  rubricc check mine.rubric --format json
  rubricc check rubrics/ --format sarif > rubricc.sarif
"""

import argparse
import sys

from rubricdsl.passes import check_paths

from .report import add_format, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """0 when nothing is wrong, 1 when there are errors (or warnings, with --strict)."""
    outcome = check_paths(args.paths, args.path)
    report(outcome.diagnostics, outcome.checker.source, args.format)
    failing = {"error", "warning"} if args.strict else {"error"}
    failed = any(d.level in failing for d in outcome.diagnostics)
    if not failed and args.format == "text":
        count = len(outcome.files)
        print(f"{count} file{'s' if count != 1 else ''} fine", file=sys.stderr)
    return 1 if failed else 0
