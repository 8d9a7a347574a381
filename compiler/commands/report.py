"""Printing diagnostics, for the commands that find some."""

import argparse
import os
import sys
from collections.abc import Sequence

from rubricdsl.diagnostics import Diagnostic
from rubricdsl.render import Sources, summary, to_json, to_text

MOST = 100
"""Past this many findings a person reads no further."""


def add_format(parser: argparse.ArgumentParser) -> None:
    """The argument that `report` takes."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people, or for machines"
    )


def report(diagnostics: Sequence[Diagnostic], sources: Sources, form: str = "text") -> None:
    """Text goes to standard error, in colour on a terminal; JSON to standard output."""
    if form == "json":
        import json

        print(json.dumps(to_json(diagnostics, sources), indent=1))
        return
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in diagnostics[:MOST]:
        print(to_text(diagnostic, sources, colour) + "\n", file=sys.stderr)
    if len(diagnostics) > MOST:
        print(f"… and {len(diagnostics) - MOST} more", file=sys.stderr)
    if diagnostics:
        print(summary(diagnostics), file=sys.stderr)
