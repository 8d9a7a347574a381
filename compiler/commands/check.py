"""Read rubrics and report what is wrong with them.

Files are checked together with the rubrics that they include. Warnings and notes do not fail the
check unless --strict is given. Many files are divided among the processors, and what came out is
kept in a cache: a file is read again when its text, or that of a rubric it builds on, has changed.
The cache is in the user's cache folder, or where the variable RUBRICC_CACHE says.

examples:
  rubricc check rubrics/
  rubricc check mine.rubric --path ../shared_rubrics
  rubricc check mine.rubric --format json
  rubricc check rubrics/ --locked
  rubricc check rubrics/ --format sarif > rubricc.sarif
  rubricc check rubrics/ --no-cache --jobs 1
"""

import argparse
import sys

from rubricdsl.checking.many import check_many
from rubricdsl.diagnostics import in_order
from rubricdsl.source import DiskBundle, Source, Unreadable

from .locked import add_locked, locked_findings
from .report import add_format, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    add_locked(parser)
    parser.add_argument("--no-cache", action="store_true", help="read every file anew")
    parser.add_argument(
        "--jobs", type=_jobs, metavar="N", help="processes; as many as processors, if not said"
    )
    add_format(parser)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 512:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 512")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0 when nothing is wrong, 1 when there are errors (or warnings, with --strict)."""
    found = check_many(args.paths, args.path, cache=not args.no_cache, workers=args.jobs)
    diagnostics = found.diagnostics
    if args.locked:
        from rubricdsl.passes import check_paths

        outcome = check_paths(args.paths, args.path)
        diagnostics = in_order([*diagnostics, *locked_findings(args, outcome)])
    report(diagnostics, _Texts().source, args.format)
    failing = {"error", "warning"} if args.strict else {"error"}
    failed = any(d.level in failing for d in diagnostics)
    if not failed and args.format == "text":
        print(f"{found.files} file{'s' if found.files != 1 else ''} fine", file=sys.stderr)
    return 1 if failed else 0


class _Texts:
    """The texts of files that findings are about, read when they are shown."""

    def __init__(self) -> None:
        self._known: dict[str, Source | None] = {}

    def source(self, path: str) -> Source | None:
        if path not in self._known:
            try:
                self._known[path] = DiskBundle().read(path)
            except Unreadable:
                self._known[path] = None
        return self._known[path]
