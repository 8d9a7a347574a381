"""Write rubrics as pages that a clinician can read and sign.

A page has everything that the rubric says, vetoes first, and empty fields for name, role, date and
signature. It is one file without scripts, for the screen and for paper; Markdown has the same. One
rubric goes to standard output, several go to a folder with a list of them (docs/doc.md).

examples:
  rubricc doc mine.rubric > mine.html
  rubricc doc rubrics/ --out build/doc
  rubricc doc rubrics/ --out build/doc --format markdown
  rubricc doc rubrics/ --out build/doc --since ../released/rubrics
"""

import argparse
import sys
from pathlib import Path

from rubricdsl import ir
from rubricdsl.diagnostics import has_errors
from rubricdsl.passes import Outcome, check_paths
from rubricdsl.render import visible

from .report import report

SUFFIX = {"html": ".html", "markdown": ".md"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the pages go")
    parser.add_argument("--format", choices=list(SUFFIX), default="html", help="html, if not said")
    parser.add_argument(
        "--since", metavar="OLD", help="a file or folder with the older version: say what changed"
    )


def run(args: argparse.Namespace) -> int:
    """0 when the pages are written, 1 when a rubric has errors."""
    outcome = check_paths(args.paths, args.path)
    if not _is_sound(outcome):
        return 1
    if len(outcome.rubrics) > 1 and args.out is None:
        print("rubricc doc: several rubrics need a folder, with --out", file=sys.stderr)
        return 2
    older: dict[str, ir.Rubric] | None = None
    if args.since is not None:
        before = check_paths([args.since], args.path)
        if not _is_sound(before):
            return 1
        older = _older(outcome, before)
    from ..documentation.write import index_text, page_text

    pages = {
        f"{rubric.name}{SUFFIX[args.format]}": page_text(file, rubric, args.format, older)
        for file in outcome.files
        if (rubric := file.rubric) is not None
    }
    if args.out is None:
        sys.stdout.write("".join(pages.values()))
        return 0
    named = dict(zip(pages, outcome.rubrics, strict=True))
    return _write(args.out, {f"index{SUFFIX[args.format]}": index_text(named, args.format)}, pages)


def _is_sound(outcome: Outcome) -> bool:
    if has_errors(outcome.diagnostics):
        errors = [d for d in outcome.diagnostics if d.level == "error"]
        report(errors, outcome.checker.source)
        return False
    return True


def _older(outcome: Outcome, before: Outcome) -> dict[str, ir.Rubric]:
    """The older version of each rubric by its present name; one to one, the name may be new."""
    if len(outcome.rubrics) == len(before.rubrics) == 1:
        return {outcome.rubrics[0].name: before.rubrics[0]}
    return {rubric.name: rubric for rubric in before.rubrics}


def _write(out: Path, index: dict[str, str], pages: dict[str, str]) -> int:
    from ..write import WriteError, write_file

    folded: dict[str, str] = {}
    for name in (*index, *pages):
        known = folded.setdefault(name.casefold(), name)
        if known is not name:
            print(f"rubricc doc: {name} and {known} would be one file", file=sys.stderr)
            return 1
    try:
        for name, text in {**pages, **index}.items():
            write_file(out / name, text)
    except WriteError as error:
        print(f"rubricc doc: {visible(str(error))}", file=sys.stderr)
        return 1
    count = len(pages)
    print(f"{count} page{'s' if count != 1 else ''} in {visible(str(out))}", file=sys.stderr)
    return 0
