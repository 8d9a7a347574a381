"""Make .rubric files from rubrics in other formats.

  rubricc import healthbench FILE --out DIR
  rubricc import sections FILE --out DIR [--unsafe-as-safety critical|major|moderate]

FILE is JSON Lines, plain or gzip. DIR gets one .rubric file per record, `records.jsonl` (what a
rubric does not hold, for `rubricc export`), `data.jsonl` (the prompts, for `rubricc compile
--data`) and, from graded answers, `verdicts.jsonl` (for `rubricc score`). Text, points, tags and
order stay as they are; positive points become `requires`, negative ones `forbids`.

HealthBench is a benchmark: its rubrics say `purpose evaluation` and never become training rows.

examples:
  rubricc import healthbench 2025-05-07-06-14-12_oss_eval.jsonl --out build/healthbench
  rubricc import sections rubrics.jsonl.gz --out build/cases --unsafe-as-safety major
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from rubricdsl import ir
from rubricdsl.passes import check_paths
from rubricdsl.printing import print_rubric

from ..importers import healthbench, sections
from ..importers.jsonl import Fault, dump
from ..importers.layout import Piece
from ..write import Draft, WriteError, whole_folder

SHOWN = 20
LAYOUTS = ("healthbench", "sections")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("layout", choices=LAYOUTS, help="the format of FILE")
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON Lines, plain or gzip")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder to make")
    parser.add_argument(
        "--unsafe-as-safety",
        choices=ir.SEVERITIES,
        metavar="SEVERITY",
        help='with sections: negative criteria of a section "Unsafe Errors" become vetoes of this '
        "severity (critical, major or moderate); without it they stay weighted",
    )


def run(args: argparse.Namespace) -> int:
    """Import one file; 1 if anything in it is wrong, and then nothing is written."""
    if args.unsafe_as_safety and args.layout != "sections":
        print("rubricc import: --unsafe-as-safety goes with `sections` alone", file=sys.stderr)
        return 2
    pieces: Iterable[Piece | Fault]
    if args.layout == "healthbench":
        pieces = healthbench.read(args.file)
    else:
        pieces = sections.read(args.file, args.unsafe_as_safety)
    try:
        with whole_folder(args.out) as draft:
            counts = _fill(draft, pieces, str(args.file))
    except WriteError as error:
        print(f"rubricc import: {error}", file=sys.stderr)
        return 2
    except _Refused as refused:
        for fault in refused.faults:
            print(fault, file=sys.stderr)
        print("nothing was written", file=sys.stderr)
        return 1
    print(
        f"{args.out}: {_many(counts['lines'], 'line')}, {_many(counts['rubrics'], 'rubric')}, "
        f"{counts['requires']:,} criteria that require, {counts['forbids']:,} that forbid"
        + (f", {counts['vetoes']:,} of them vetoes" if counts["vetoes"] else "")
    )
    return 0


class _Refused(Exception):
    """The input has faults; leaves the block that fills the folder."""

    def __init__(self, faults: list[Fault | str]) -> None:
        super().__init__()
        self.faults = faults


def _fill(draft: Draft, pieces: Iterable[Piece | Fault], origin: str) -> Counter[str]:
    """Fill the folder and check what is in it; counts of what it holds. Raises `_Refused`."""
    counts: Counter[str] = Counter()
    faults: list[Fault | str] = []
    lines: dict[str, int] = {}
    for piece in pieces:
        if isinstance(piece, Fault):
            counts["faults"] += 1
            faults += [piece] if counts["faults"] <= SHOWN else []
            continue
        counts["lines"] += 1
        if faults:
            continue
        if piece.rubric is not None:
            path = piece.rubric.name.replace(".", "/") + ".rubric"
            lines[str(draft.root / path)] = piece.line
            draft.append(path, print_rubric(piece.rubric).encode())
            _count(counts, piece.rubric)
        for name, row in (
            ("records.jsonl", piece.record),
            ("data.jsonl", piece.data),
            ("verdicts.jsonl", piece.verdicts),
        ):
            if row is None:
                continue
            try:
                draft.append(name, f"{dump(row)}\n".encode())
            except RecursionError:
                faults.append(Fault(origin, piece.line, "the line is nested too deeply"))
    draft.close()
    if counts["faults"] > SHOWN:
        faults.append(f"… and {_many(counts['faults'] - SHOWN, 'fault')} more")
    if not counts["lines"] and not faults:
        faults.append(Fault(origin, 0, "there is no record in it"))
    faults = faults or list(islice(_unsound(draft.root, lines, origin), SHOWN))
    if faults:
        raise _Refused(faults)
    return counts


def _unsound(folder: Path, lines: dict[str, int], origin: str) -> Iterable[Fault]:
    """What `rubricc check` would say against the folder, at the lines that it came from."""
    for found in check_paths([str(folder)]).diagnostics:
        if found.level == "error":
            line = lines.get(found.span.path, 0)
            yield Fault(origin, line, found.message, found.hint)


def _count(counts: Counter[str], rubric: ir.Rubric) -> None:
    counts["rubrics"] += 1
    for criterion in rubric.criteria:
        counts[criterion.polarity] += 1
        counts["vetoes"] += criterion.tier == "safety"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
