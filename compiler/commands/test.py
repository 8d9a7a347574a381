"""Run the tests written inside rubrics.

Each `test` is one case. It fails when something that it expects does not hold; `because` names the
criteria that have to decide. A `test todo` is named each time and fails nothing. A response given
as text is judged by the checks alone; what only a judge could decide counts as not assessed.

--coverage says what the tests leave untried: of each criterion its verdicts and whether it ever
decides, of each `when` its outcomes, of each profile whether it is ever chosen (docs/testing.md).

examples:
  rubricc test rubrics/
  rubricc test mine.rubric --verbose
  rubricc test mine.rubric --watch
  rubricc test rubrics/ --coverage --threshold 80
  rubricc test rubrics/ --html build/coverage.html --junit build/tests.xml
  rubricc test rubrics/ --format json
  rubricc test rubrics/ --format github
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from rubricdsl.diagnostics import Diagnostic, has_errors
from rubricdsl.listing import rubric_files
from rubricdsl.passes import Checked, Outcome
from rubricdsl.render import place, to_json, visible
from rubricdsl.testing import CaseRun, run_cases

from .locked import add_locked, checked
from .report import add_format, print_json, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--verbose", action="store_true", help="name the tests that pass, too")
    add_locked(parser)
    parser.add_argument("--coverage", action="store_true", help="say what the tests leave untried")
    parser.add_argument(
        "--threshold",
        type=_percent,
        metavar="N",
        help="fail when less than N percent are covered (0 to 100)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write coverage as a page")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the cases as JUnit XML")
    parser.add_argument(
        "--watch", action="store_true", help="run again when a file or what it includes changes"
    )
    add_format(parser)


def _percent(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


@dataclass(frozen=True)
class _Run:
    """All files with their cases."""

    outcome: Outcome
    files: tuple[tuple[Checked, tuple[CaseRun, ...]], ...]

    @property
    def cases(self) -> list[tuple[str, CaseRun]]:
        return [(file.path, run) for file, runs in self.files for run in runs]

    def count(self, state: str) -> int:
        return sum(run.state == state for _, run in self.cases)


def run(args: argparse.Namespace) -> int:
    """0 when every case holds and enough is covered; 1 when not, or when a rubric has errors."""
    if not args.watch:
        return _once(args)[0]
    import time

    from ..watching import watch

    def once() -> Iterable[str]:
        if sys.stdout.isatty():
            print("\x1b[2J\x1b[H", end="", flush=True)
        _, run = _once(args)
        print("waiting for a change; Ctrl-C ends", file=sys.stderr)
        return [file.path for file in run.outcome.checker.files]

    watch(once, lambda: rubric_files(args.paths)[0], time.sleep)
    return 0


def _once(args: argparse.Namespace) -> tuple[int, _Run]:
    outcome = checked(args)
    run = _Run(
        outcome,
        tuple(
            (file, run_cases(file.rubric, file.tests) if file.rubric is not None else ())
            for file in outcome.files
        ),
    )
    failed = bool(run.count("failed")) or has_errors(outcome.diagnostics)
    failed |= not _cover(args, run)
    if args.junit and not _write(args.junit, _junit(run)):
        failed = True
    return int(failed), run


def _cover(args: argparse.Namespace, run: _Run) -> bool:
    """Tell what came out, coverage included; whether enough is covered, and could be written."""
    if not (args.coverage or args.html or args.threshold is not None):
        _tell(args, run, None)
        return True
    from rubricdsl.coverage import Coverage, cover

    covered = (cover(file, runs) for file, runs in run.files)
    coverage = Coverage(tuple(file for file in covered if file is not None))
    if args.format == "json":
        from rubricdsl.coverage.data import to_json as coverage_json

        _tell(args, run, coverage_json(coverage))
    else:
        _tell(args, run, None)
        from rubricdsl.coverage.table import table

        # SARIF and annotations have standard output to themselves.
        out = sys.stdout if args.format == "text" else sys.stderr
        for line in table(coverage):
            print(line, file=out)
    enough = True
    if args.threshold is not None and not coverage.reaches(args.threshold):
        enough = False
        wanted = f"{float(args.threshold):g}"
        print(f"covered {coverage.tally().shown}, less than {wanted} %", file=sys.stderr)
    if args.html:
        from ..pages import coverage_page

        enough &= _write(args.html, coverage_page(coverage))
    return enough


def _tell(args: argparse.Namespace, run: _Run, coverage: dict[str, Any] | None) -> None:
    if args.format == "json":
        print_json(_as_json(run, coverage))
        return
    errors = tuple(d for d in run.outcome.diagnostics if d.level == "error")
    report((*errors, *_findings(run)), run.outcome.checker.source, args.format)
    if args.format == "text":
        _name_cases(args, run)
    print(_summary(run), file=sys.stderr)


def _findings(run: _Run) -> list[Diagnostic]:
    return [found for _, case in run.cases for found in case.diagnostics]


def _name_cases(args: argparse.Namespace, run: _Run) -> None:
    marks = {"passed": "ok  ", "failed": "FAIL", "todo": "todo"}
    for path, case in run.cases if args.verbose else ():
        print(f"{marks[case.state]} {visible(path)}: {visible(case.case.title)}")
        for result in case.results:
            print(f"       {'' if result.passed else 'not so: '}{visible(result.found)}")


def _summary(run: _Run) -> str:
    """`4 passed, 1 failed, 2 to do; 1 file has errors`."""
    counts = [f"{run.count('passed')} passed", f"{run.count('failed')} failed"]
    counts += [f"{run.count('todo')} to do"] if run.count("todo") else []
    broken = sum(file.rubric is None for file, _ in run.files)
    errors = f"; {broken} file{'s have' if broken > 1 else ' has'} errors" if broken else ""
    return ", ".join(counts) + errors


def _as_json(run: _Run, coverage: dict[str, Any] | None) -> dict[str, Any]:
    sources = run.outcome.checker.source
    made: dict[str, Any] = {
        "diagnostics": to_json(run.outcome.diagnostics, sources),
        "cases": [
            {
                "test": case.case.title,
                "state": case.state,
                "expectations": len(case.results),
                **place(case.case.span, sources),
            }
            for _, case in run.cases
        ],
        "tests": [
            {
                "test": case.case.title,
                "kind": result.expectation.kind,
                "passed": result.passed,
                "todo": case.case.todo,
                "found": result.found,
                "deciding": list(result.deciding),
                **place(result.expectation.span, sources),
            }
            for _, case in run.cases
            for result in case.results
        ],
    }
    return made if coverage is None else {**made, "coverage": coverage}


def _junit(run: _Run) -> str:
    from datetime import UTC, datetime

    from rubricdsl.junit import Suite, to_junit

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suites = [Suite(file, runs) for file, runs in run.files]
    return to_junit(suites, run.outcome.checker.source, now)


def _write(path: Path, text: str) -> bool:
    """Write a report; False, with a message, where that is not possible."""
    from ..write import WriteError, write_file

    try:
        write_file(path, text)
    except WriteError as error:
        print(f"rubricc test: {error}", file=sys.stderr)
        return False
    return True
