"""Write rubrics in another format.

  rubricc export healthbench PATH --out FILE
  rubricc export sections PATH --out FILE

PATH is a .rubric file or a folder. A folder that `rubricc import` made gives the records it came
from, with whatever was changed in the rubrics since: unchanged ones come out byte for byte. Other
rubrics become HealthBench records, one for each of their prompts, if points are all they need;
vetoes, bonuses, levels, conditions, checks and profiles have no place there, and each is named.

examples:
  rubricc export healthbench build/healthbench --out records.jsonl
  rubricc export healthbench mine.rubric --out mine.jsonl
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rubricdsl import ir
from rubricdsl.diagnostics import has_errors
from rubricdsl.passes import check_paths

from ..importers import healthbench, sections
from ..importers.jsonl import STYLES, Fault, dump, read_rows
from ..importers.layout import Unsaid, unsaid
from ..importers.output import write_file
from .report import report

LAYOUTS = ("healthbench", "sections")
RECORDS = "records.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("layout", choices=LAYOUTS, help="the format of FILE")
    parser.add_argument("path", type=Path, metavar="PATH", help="a .rubric file or a folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON Lines")
    parser.add_argument(
        "--path", action="append", default=[], dest="roots", metavar="DIR",
        help="a further root for includes",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Export; 1 if a rubric has errors or cannot be said, and then nothing is written."""
    if args.out.resolve() == (args.path / RECORDS).resolve():
        print(f"rubricc export: {args.out} is what the export is made from", file=sys.stderr)
        return 2
    outcome = check_paths([str(args.path)], args.roots)
    if has_errors(outcome.diagnostics):
        report(outcome.diagnostics, outcome.checker.source)
        return 1
    rubrics = {rubric.name: rubric for rubric in outcome.rubrics}
    faults: list[Fault | Unsaid] = []
    lines = []
    for entry in _entries(args.path, args.layout, rubrics):
        if isinstance(entry, str):
            lines.append(entry)
        else:
            faults.append(entry)
    if faults:
        for fault in faults:
            print(fault, file=sys.stderr)
        print(f"{args.out} was not written", file=sys.stderr)
        return 1
    try:
        write_file(args.out, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        print(f"rubricc export: {args.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{args.out}: {len(lines):,} record{'' if len(lines) == 1 else 's'}")
    return 0


def _entries(
    path: Path, layout: str, rubrics: Mapping[str, ir.Rubric]
) -> Iterator[str | Fault | Unsaid]:
    """The lines of the file and what cannot be said; imported records come first."""
    left = dict(rubrics)
    kept = path / RECORDS
    if kept.is_file():
        for row in read_rows(kept):
            if isinstance(row, Fault):
                yield row
                continue
            name = row.value.get("rubric")
            rubric = rubrics.get(name) if isinstance(name, str) else None
            if rubric is None:
                yield Fault(str(kept), row.line, f"there is no rubric `{name}` in {path}")
                continue
            left.pop(rubric.name, None)
            yield from _again(kept, row.line, row.value, rubric, layout)
    for rubric in left.values():
        if layout == "sections":
            yield Unsaid(rubric.name, "", "it was not imported from sections")
            continue
        problems = unsaid(rubric)
        yield from problems
        if not problems:
            yield from map(dump, healthbench.records(rubric))


def _again(
    kept: Path, line: int, row: dict[str, Any], rubric: ir.Rubric, layout: str
) -> Iterator[str | Fault | Unsaid]:
    """An imported record, with the rubric as it is now."""
    record, style, items = row.get("record"), row.get("style", ""), row.get("items", {})
    whole = isinstance(items, dict) and all(isinstance(item, dict) for item in items.values())
    if not whole or not isinstance(record, dict) or style not in STYLES:
        yield Fault(str(kept), line, "this is not a row that `rubricc import` wrote")
        return
    own = "sections" if isinstance(record.get("rubric"), dict) else "healthbench"
    if own != layout:
        hint = f"use `rubricc export {own}`"
        yield Fault(str(kept), line, f"{rubric.name} was imported from {own}", hint)
        return
    problems = unsaid(rubric, vetoes=own == "sections")
    yield from problems
    if problems:
        return
    try:
        filled = (healthbench if own == "healthbench" else sections).fill(row, rubric)
        yield dump(filled, style)
    except ValueError as error:
        yield Fault(str(kept), line, f"{rubric.name}: {error}")
