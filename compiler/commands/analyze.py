"""Say what follows from the meaning of rubrics alone, before any answer is judged.

Findings, each with what shows it: criteria, levels, conditions and profiles that can never decide
anything, what the chosen reward never shows, and rubrics that are equivalent to one another or
stricter. Figures: the smallest and the largest reward with their sheets, how many different keys
and rewards there are, and how often each tier decides between two answers. Everything is exact;
what could not be settled is listed as not decided. docs/analyze.md explains each of them.

Findings do not fail the command unless --strict is given: exit code 1 is for rubrics with errors.

examples:
  rubricc analyze rubrics/
  rubricc analyze mine.rubric --path ../shared_rubrics
  rubricc analyze rubrics/ --format json
"""

import argparse
import json
import os
import sys

from rubricdsl.diagnostics import has_errors
from rubricdsl.insights.analyze import Insights, analyze
from rubricdsl.insights.between import between
from rubricdsl.insights.finding import Finding
from rubricdsl.insights.report import (
    finding_json,
    rubric_json,
    rubric_text,
    undecided_json,
    undecided_text,
)
from rubricdsl.insights.subject import subject
from rubricdsl.passes import check_paths
from rubricdsl.render import summary, to_text

from .report import add_format, report

EVERY = 100
"""Rubrics between two lines of progress."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--strict", action="store_true", help="fail on findings that are warnings")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """0, or 1 when a rubric has errors (with --strict, also when a finding is a warning)."""
    outcome = check_paths(args.paths, args.path)
    if has_errors(outcome.diagnostics):
        report([d for d in outcome.diagnostics if d.level == "error"], outcome.checker.source)
        return 1
    sources = outcome.checker.source
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    subjects = [found for file in outcome.files if (found := subject(file)) is not None]
    rubrics: list[Insights] = []
    for number, each in enumerate(subjects, 1):
        rubrics.append(analyze(each))
        if args.format == "text":
            print(rubric_text(rubrics[-1], sources, colour) + "\n")
        if number % EVERY == 0:
            print(f"{number} of {len(subjects)} rubrics", file=sys.stderr)
    pairs = list(between(subjects))
    of_pairs = [each for each in pairs if isinstance(each, Finding)]
    open_pairs = [each for each in pairs if not isinstance(each, Finding)]
    if args.format == "json":
        document = {
            "rubrics": [rubric_json(each, sources) for each in rubrics],
            "between": [finding_json(each, sources) for each in of_pairs],
            "undecided": undecided_json(open_pairs),
        }
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        for pair in of_pairs:
            print(to_text(pair.diagnostic, sources, colour) + "\n")
        for line in undecided_text(open_pairs):
            print(line)
    told = [f.diagnostic for f in (*(f for each in rubrics for f in each.findings), *of_pairs)]
    many = f"{len(subjects)} rubric{'' if len(subjects) == 1 else 's'}"
    print(f"{many} analyzed: {summary(told) or 'nothing found'}", file=sys.stderr)
    return 1 if args.strict and any(d.level == "warning" for d in told) else 0
