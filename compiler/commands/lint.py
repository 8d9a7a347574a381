"""Look for what is allowed in a rubric and harms it: docs/lint.md has the rules.

Files are checked first; one with errors gives those. A finding is suppressed by a comment with a
reason, `# lint: allow L0102 because "…"`, on its line or above its item.

With --fix, edits that change no meaning are made, and looked at: a file that would not check, or
would stand for another rubric, stays as it is.

examples:
  rubricc lint rubrics/
  rubricc lint mine.rubric --ignore L0106
  rubricc lint rubrics/ --select L0203,L0204 --format sarif
  rubricc lint rubrics/ --fix
  rubricc lint rubrics/ --counts
"""

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rubricdsl.codes import CODES
from rubricdsl.diagnostics import Diagnostic, in_order
from rubricdsl.lint import lint
from rubricdsl.lint.lint import ALL
from rubricdsl.passes import Outcome, check_paths
from rubricdsl.render import visible
from rubricdsl.source import DiskBundle

from .fmt import replace
from .report import add_format, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help=".rubric files or folders"
    )
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--select", action="append", metavar="CODES", help="only these rules")
    parser.add_argument("--ignore", action="append", metavar="CODES", help="not these rules")
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    parser.add_argument("--fix", action="store_true", help="mend what can be without a change")
    parser.add_argument("--counts", action="store_true", help="how often each rule finds something")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """0 without errors (or warnings, with --strict), 1 with some, 2 for a code that is none."""
    asked = _codes(args.select, ALL), _codes(args.ignore, frozenset())
    if isinstance(asked[0], str) or isinstance(asked[1], str):
        print(next(text for text in asked if isinstance(text, str)), file=sys.stderr)
        return 2
    codes = asked[0] - asked[1]
    outcome = check_paths(args.paths, args.path)
    unfixed = 0
    if args.fix:
        unfixed = _fix(outcome, codes, args.path)
        outcome = check_paths(args.paths, args.path)
    errors = [d for d in outcome.diagnostics if d.level == "error"]
    found = in_order([*errors, *(d for f in outcome.files for d in lint(f, codes).diagnostics)])
    if args.counts:
        _print_counts(found, len(outcome.files))
    else:
        report(found, outcome.checker.source, args.format)
    failing = {"error", "warning"} if args.strict else {"error"}
    return 1 if unfixed or any(d.level in failing for d in found) else 0


def _codes(given: Sequence[str] | None, otherwise: frozenset[str]) -> frozenset[str] | str:
    """The codes that an option names, by comma or one by one, or what is wrong."""
    if given is None:
        return otherwise
    named = [code.strip().upper() for part in given for code in part.split(",") if code.strip()]
    for code in named:
        if code not in ALL:
            near = difflib.get_close_matches(code, sorted(ALL), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            return f"rubricc lint: there is no rule {code!a}{hint}"
    return frozenset(named)


def _fix(outcome: Outcome, codes: frozenset[str], search: Sequence[str]) -> int:
    """Mend the files that have no errors; the number of those that could not be written."""
    from rubricdsl.lint.fixing import fixed

    bundle, made, files, failed = DiskBundle(tuple(search)), 0, 0, 0
    for file in outcome.files:
        if file.rubric is None or file.source is None:
            continue
        result = fixed(file.source, bundle, codes)
        for fix, reason in result.refused:
            say = f"{visible(file.path)}: not done: {visible(fix.title)}: {visible(reason)}"
            print(f"rubricc lint: {say}", file=sys.stderr)
        if not result.made:
            continue
        try:
            replace(Path(file.path), result.text)
            made, files = made + result.made, files + 1
        except OSError as error:
            why = (error.strerror or "it cannot be written").lower()
            print(f"rubricc lint: {visible(file.path)}: {why}", file=sys.stderr)
            failed += 1
    print(f"{made} mended in {files} file{'' if files == 1 else 's'}", file=sys.stderr)
    return failed


def _print_counts(found: Sequence[Diagnostic], files: int) -> None:
    """A table: how often, in how many files, and what."""
    often = Counter(d.code for d in found)
    where = Counter(code for code, _ in {(d.code, d.span.path) for d in found})
    print(f"{files:,} file{'' if files == 1 else 's'}")
    for code in sorted(often):
        print(f"{code}  {CODES[code].level:<7}  {often[code]:>6,} in {where[code]:>5,}")
