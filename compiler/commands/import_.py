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
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from rubricdsl import ir
from rubricdsl.diagnostics import Diagnostic
from rubricdsl.passes import check_paths
from rubricdsl.printing import print_rubric
from rubricdsl.source import MAX_BYTES

from ..importers import healthbench, sections
from ..importers.jsonl import Fault, dump
from ..importers.layout import Piece
from ..write import WriteError, whole_folder

SHOWN = 20
LAYOUTS = ("healthbench", "sections")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("layout", choices=LAYOUTS, help="the format of FILE")
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON Lines, plain or gzip")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder to make")
    parser.add_argument(
        "--unsafe-as-safety",
        choices=ir.SEVERITIES,
        metavar="SEVERITY",
        help='sections: negative criteria of the section "Unsafe Errors" become vetoes of this '
        "severity (critical, major, moderate); without it they stay weighted",
    )


def run(args: argparse.Namespace) -> int:
    """Import one file; 1 if anything in it is wrong, and then nothing is written."""
    if args.unsafe_as_safety and args.layout != "sections":
        print("rubricc import: --unsafe-as-safety is for `sections` alone", file=sys.stderr)
        return 2
    pieces = (
        healthbench.read(args.file)
        if args.layout == "healthbench"
        else sections.read(args.file, args.unsafe_as_safety)
    )
    return write_pieces(args.file, pieces, args.out)
