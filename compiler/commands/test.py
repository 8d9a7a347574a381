"""Run the tests written inside rubrics.

Every expectation counts as one test. A response given as text is judged by the checks alone; what
only a judge could decide counts as not assessed.

examples:
  rubricc test rubrics/
  rubricc test mine.rubric --verbose
  rubricc test rubrics/ --format json
  rubricc test rubrics/ --format github
"""

import argparse
import sys
from typing import Any

from rubricdsl.diagnostics import has_errors
from rubricdsl.passes import Outcome
from rubricdsl.render import place, to_json, visible
from rubricdsl.testing import Result, run_tests

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
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every expectation holds, 1 when one does not or a rubric has errors."""
    outcome = checked(args)
    results = [
        (file.path, result)
        for file in outcome.files
        if file.rubric is not None
        for result in run_tests(file.rubric, file.tests)
    ]
    failed = [result for _, result in results if not result.passed]
    if args.format == "json":
        print_json(_as_json(outcome, results))
    else:
        errors = tuple(d for d in outcome.diagnostics if d.level == "error")
        findings = (*errors, *(result.diagnostic for result in failed))
        report(findings, outcome.checker.source, args.format)
        if args.verbose and args.format == "text":
            for path, result in results:
                mark = "ok  " if result.passed else "FAIL"
                print(f"{mark} {path}: {visible(result.case.title)}: {result.found}")
        print(f"{len(results) - len(failed)} passed, {len(failed)} failed", file=sys.stderr)
    return 1 if failed or has_errors(outcome.diagnostics) else 0


def _as_json(outcome: Outcome, results: list[tuple[str, Result]]) -> dict[str, Any]:
    return {
        "diagnostics": to_json(outcome.diagnostics, outcome.checker.source),
        "tests": [
            {
                "test": result.case.title,
                "kind": result.expectation.kind,
                "passed": result.passed,
                "found": result.found,
                **place(result.expectation.span, outcome.checker.source),
            }
            for _, result in results
        ],
    }
