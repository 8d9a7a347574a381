"""Printing diagnostics, for the commands that find some."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rubricdsl.diagnostics import Diagnostic
from rubricdsl.render import Sources, summary, to_json, to_text

MOST = 100
"""Past this many findings a person reads no further."""
FORMATS = ("text", "json", "sarif", "github")


def add_format(parser: argparse.ArgumentParser) -> None:
    """The argument that `report` takes."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="for people (text), for programs (json), for code scanning (sarif), or as annotations "
        "of a pull request (github)",
    )


def report(diagnostics: Sequence[Diagnostic], sources: Sources, form: str = "text") -> None:
    """Text goes to standard error, in colour on a terminal; the others to standard output."""
    match form:
        case "json":
            print_json(to_json(diagnostics, sources))
        case "sarif":
            from rubricdsl.sarif import to_sarif

            print_json(to_sarif(diagnostics, sources, Path.cwd()))
        case "github":
            from rubricdsl.annotations import to_annotation

            for diagnostic in diagnostics:
                print(to_annotation(diagnostic, sources))
        case _:
            _for_people(diagnostics, sources)


def print_json(value: object) -> None:
    """A value on standard output, in lines."""
    import json

    print(json.dumps(value, indent=1))


def _for_people(diagnostics: Sequence[Diagnostic], sources: Sources) -> None:
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in diagnostics[:MOST]:
        print(to_text(diagnostic, sources, colour) + "\n", file=sys.stderr)
    if len(diagnostics) > MOST:
        print(f"… and {len(diagnostics) - MOST} more", file=sys.stderr)
    if diagnostics:
        print(summary(diagnostics), file=sys.stderr)
