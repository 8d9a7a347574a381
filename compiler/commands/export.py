"""Write rubrics in another format.

  rubricc export healthbench PATH --out FILE     JSON Lines, a record for each prompt
  rubricc export autorubric PATH --out FILE      YAML; so does rubric
  rubricc export rewardkit PATH --out FILE       TOML; so does verifiers-judge
  rubricc export sections PATH --out FILE        JSON Lines, for what came from them

PATH is a .rubric file or a folder. A folder that `rubricc import` made gives the records it came
from, with whatever was changed in the rubrics since: unchanged ones come out byte for byte.

Other rubrics are written where the format's own score orders answers as the reward does. Otherwise
everything that it has no words for is named, where it stands, and nothing is written: vetoes of a
gate, levels, conditions, checks, profiles. `--shape lexicographic` is a reward that is a weighted
sum and keeps the order of the tiers; `--lossy` writes what can be said, and says in the file what
is lost. A file holds one rubric, but for those of JSON Lines; `rubricc compile --target` writes all
of a folder.

examples:
  rubricc export healthbench build/healthbench --out records.jsonl
  rubricc export healthbench mine.rubric --out mine.jsonl
  rubricc export autorubric mine.rubric --out mine.yaml --shape lexicographic
  rubricc export rewardkit mine.rubric --out tests/mine/rubric.toml --lossy
"""

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rubricdsl import ir
from rubricdsl.diagnostics import has_errors
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import Outcome, check_paths

from ..emit.formats import FORMATS, text_of
from ..importers import healthbench, sections
from ..importers.jsonl import STYLES, Fault, dump, read_rows
from ..importers.layout import Unsaid, unsaid
from ..importers.output import write_file
from .foreign import add_lossy, lost_in, with_shape
from .report import report

LAYOUTS = (*FORMATS, "sections")
RECORDS = "records.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("layout", choices=LAYOUTS, help="the format of FILE")
    parser.add_argument("path", type=Path, metavar="PATH", help="a .rubric file or a folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write")
    parser.add_argument(
        "--shape", choices=ir.SHAPES, help="reward shape instead of each rubric's own"
    )
    add_lossy(parser)
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
    rubrics = {r.name: with_shape(r, args.shape) for r in outcome.rubrics}
    texts: list[str] = []
    faults: list[Fault | Unsaid] = []
    left = dict(rubrics)
    for entry in _again_all(args.path, args.layout, rubrics, left):
        if isinstance(entry, str):
            texts.append(f"{entry}\n")
        else:
            faults.append(entry)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults or not _sayable(args, outcome, left):
        print(f"{args.out} was not written", file=sys.stderr)
        return 1
    if args.layout in FORMATS and not FORMATS[args.layout].together and len(left) != 1:
        print(
            f"rubricc export: a file of {args.layout} holds one rubric, and there are {len(left)}; "
            f"`rubricc compile --target {args.layout}` writes a file for each",
            file=sys.stderr,
        )
        return 2
    if args.layout in FORMATS:
        form = FORMATS[args.layout]
        texts += [text_of(form, rubric, semantic_hash(rubric)) for rubric in left.values()]
    try:
        write_file(args.out, "".join(texts))
    except OSError as error:
        print(f"rubricc export: {args.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    if args.out.suffix == ".jsonl":
        count = sum(text.count("\n") for text in texts)
        print(f"{args.out}: {count:,} record{'' if count == 1 else 's'}")
    else:
        print(f"{args.out}: {', '.join(left)}")
    return 0


def _sayable(args: argparse.Namespace, outcome: Outcome, left: Mapping[str, ir.Rubric]) -> bool:
    """Whether the rubrics that were not imported can be said; tells what cannot."""
    if args.layout not in FORMATS:
        for name in left:
            print(Unsaid(name, "", f"it was not imported from {args.layout}"), file=sys.stderr)
        return not left
    files = tuple(f for f in outcome.files if f.rubric is not None and f.rubric.name in left)
    found = lost_in(
        [args.layout], dataclasses.replace(outcome, files=files), args.shape, args.lossy
    )
    report(found, outcome.checker.source)
    return not has_errors(found)


def _again_all(
    path: Path, layout: str, rubrics: Mapping[str, ir.Rubric], left: dict[str, ir.Rubric]
) -> Iterator[str | Fault | Unsaid]:
    """The imported records of a folder and what cannot be said; takes their rubrics out of `left`.

    Formats that nothing is imported from have none.
    """
    kept = path / RECORDS
    if kept.is_file() and layout in ("healthbench", "sections"):
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
