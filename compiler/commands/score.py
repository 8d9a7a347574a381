"""Turn recorded verdicts into scores.

  rubricc score PATH… --verdicts FILE.jsonl [--shape NAME] [--format table|json]

Each row of FILE is {"id", "rubric", "verdicts": {criterion: verdict}}, with "inputs", "profile" and
"response" (the text, for criteria with a check) where they are known. A verdict is "met", "unmet",
a level, "not_applicable" or "cannot_assess"; one that is missing is "cannot_assess", and counts as
the rubric says for its block. The shape is the rubric's own unless --shape names another.

With the shape `healthbench` the mean of the run is clipped to [0, 1], single scores are not; and
where rows have "score_reported", it is compared with the score bit for bit. The shape `centred`
ranks within a group; here each answer is a group of its own.

examples:
  rubricc score build/graded --verdicts build/graded/verdicts.jsonl
  rubricc score rubrics/ --verdicts judged.jsonl --shape lexicographic --format json
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rubricdsl import ir
from rubricdsl.diagnostics import has_errors
from rubricdsl.passes import check_paths

from ..importers.jsonl import Fault
from ..sheets import Score, Sheet, read_sheets, score_sheets
from .report import report

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument("--verdicts", type=Path, required=True, metavar="FILE", help="JSON Lines")
    parser.add_argument("--shape", choices=ir.SHAPES, metavar="NAME", help=", ".join(ir.SHAPES))
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )


def run(args: argparse.Namespace) -> int:
    """Score every row; 1 if a rubric or a row is wrong, and then no score is printed."""
    outcome = check_paths(args.paths, args.path)
    if has_errors(outcome.diagnostics):
        report(outcome.diagnostics, outcome.checker.source)
        return 1
    rubrics = {rubric.name: rubric for rubric in outcome.rubrics}
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for found in read_sheets(args.verdicts, rubrics):
        if isinstance(found, Fault):
            faults.append(found)
        else:
            sheets.append(found)
    if not sheets and not faults:
        faults.append(Fault(str(args.verdicts), 0, "there is no row in it"))
    if faults:
        for fault in faults[:SHOWN]:
            print(fault, file=sys.stderr)
        if len(faults) > SHOWN:
            print(f"… and {len(faults) - SHOWN} more", file=sys.stderr)
        return 1
    scores = list(score_sheets(sheets, args.shape))
    print(_json(scores) if args.format == "json" else _text(scores))
    return 0


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """What the run amounts to. `mean` is None where nothing counts or shapes are mixed."""
    rewards = [score.reward for score in scores if score.reward is not None]
    shapes = sorted({score.shape for score in scores})
    compared = [score.agrees for score in scores if score.agrees is not None]
    mean = math.fsum(rewards) / len(rewards) if rewards and len(shapes) == 1 else None
    clipped = mean
    if mean is not None and shapes == ["healthbench"]:
        clipped = min(max(mean, 0.0), 1.0)
    return {
        "rows": len(scores),
        "scored": len(rewards),
        "shapes": shapes,
        "mean": clipped,
        "mean_unclipped": mean,
        "reported": len(compared),
        "agree": sum(compared),
        "rows_with_missing_verdicts": sum(bool(score.missing) for score in scores),
    }


def _json(scores: Sequence[Score]) -> str:
    rows = [{**asdict(score), "agrees": score.agrees} for score in scores]
    return json.dumps({"rows": rows, "summary": summary(scores)}, ensure_ascii=False, indent=1)


def _text(scores: Sequence[Score]) -> str:
    head = ("id", "reward", "violations", "proficiency", "excellence")
    rows = [head, *map(_cells, scores)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in (1, 3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", *_closing(scores)])


def _cells(score: Score) -> tuple[str, ...]:
    share = "-"
    if score.proficiency is not None:
        top, _, bottom = score.proficiency.partition("/")
        share = f"{int(top) / int(bottom):.4f}"
    return (
        score.id,
        "none" if score.reward is None else f"{score.reward:.4f}",
        ", ".join(score.violations) or "-",
        share,
        "-" if score.excellence is None else str(score.excellence),
    )


def _closing(scores: Sequence[Score]) -> list[str]:
    """The lines below the table."""
    total = summary(scores)
    lines = []
    if total["mean"] is not None:
        what = f"mean over {total['scored']:,} ({total['shapes'][0]})"
        if total["shapes"] == ["healthbench"]:
            what += ", clipped to [0, 1] as HealthBench does with a run"
        lines.append(f"{what}: {total['mean']:.4f}")
        if total["mean"] != total["mean_unclipped"]:
            lines.append(f"before clipping: {total['mean_unclipped']:.4f}")
    elif len(total["shapes"]) > 1:
        mixed = ", ".join(total["shapes"])
        lines.append(f"no mean: the rubrics use different shapes ({mixed}); --shape takes one")
    if total["scored"] < total["rows"]:
        lines.append(f"without a reward, and not counted: {total['rows'] - total['scored']:,}")
    if total["rows_with_missing_verdicts"]:
        count = total["rows_with_missing_verdicts"]
        lines.append(f"with missing verdicts, which count as `cannot_assess`: {count:,}")
    if total["reported"]:
        agree, reported = total["agree"], total["reported"]
        lines.append(f"reported scores that agree to the last bit: {agree:,} of {reported:,}")
        lines += [
            f"  {score.id}: {score.reward!r}, reported {score.reported!r}"
            for score in scores
            if score.agrees is False
        ][:SHOWN]
    return lines
