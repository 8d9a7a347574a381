"""What reward shapes keep of an order once a trainer has centred and divided, and what is learned.

    python benchmarks/order_experiment.py                # the full run, some minutes
    python benchmarks/order_experiment.py --quick        # a few seconds, rough figures
    python benchmarks/order_experiment.py --out FOLDER   # where the report and figures go
    python benchmarks/order_experiment.py --write        # also benchmarks/results and docs/figures

Three parts. *Groups*: the share of groups in which each shape breaks P1 to P4 (docs/certificate.md)
under each trainer's formula; `order/groups.py` says how groups are made. *Risk*: how many unsafe
answers a style of answering may give before a shape stops preferring it; `order/risk.py`. *Bandit*:
a policy of 13 numbers under policy gradient, with and without a conflict between being complete and
being safe; `order/bandit.py` has the model, `order/study.py` how the rate is chosen.

Needs numpy, which comes with the extra `train`. Rewards come from `rubricdsl/runtime`, formulas are
those of `rubricdsl/verify/advantages.py`. The parts that read ../shared/data are left out, and said
to be, where it is not there.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from order import groups, plots, tables
from order.risk import STYLES, accepted_risk, known_sheets
from order.shapes import RAISED, VARIANTS
from order.shares import Cells, shares, spreads
from order.study import DIVISIONS, MOVE, Plan, study
from report import machine

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
OUT = ROOT / "build" / "order_experiment"
RESULT = ROOT / "benchmarks" / "results" / "order_experiment.md"
FIGURES = ROOT / "docs" / "figures"
SIZES = (8, 4, 16)
SHAPES = list(VARIANTS)
LEARNERS = [*VARIANTS, *RAISED]


@dataclass(frozen=True)
class Report:
    """Markdown, figures by file name, and every share as (where, shape, formula, property, …)."""

    text: str
    figures: dict[str, str]
    rows: list[list[str]]


def main() -> int:
    """Run, print, and write."""
    args = _arguments()
    started = time.perf_counter()
    report = run(args.quick, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "order_experiment.md").write_text(report.text, encoding="utf-8")
    with (args.out / "shares.csv").open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(report.rows)
    _write_figures(args.out, report)
    if args.write:
        RESULT.write_text(report.text, encoding="utf-8")
        _write_figures(FIGURES, report)
    print(report.text)
    print(f"{time.perf_counter() - started:.0f} s; everything is in {args.out}", file=sys.stderr)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few groups, short runs")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the groups")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER")
    parser.add_argument(
        "--write", action="store_true", help=f"also {RESULT.relative_to(ROOT)} and docs/figures"
    )
    args = parser.parse_args()
    if args.seed < 0:
        parser.error("--seed takes 0 or more")
    if args.quick and args.write:
        parser.error("--write takes the full run, so it does not go with --quick")
    return args


def run(quick: bool, seed: int) -> Report:
    """All three parts."""
    number = 80 if quick else 20_000
    plan = Plan(30, (0.4, 1.6), (1000,), (0, 1)) if quick else Plan()
    cells = dict(_cells(number, seed))
    drawn = cells["drawn, groups of 8"]
    known = known_sheets()
    variants = {**VARIANTS, **RAISED}
    risks = {
        (name, division, gain): accepted_risk(known, variant, careful, division)
        for name, variant in variants.items()
        for division in DIVISIONS
        for gain, careful in STYLES
    }
    spread = spreads()
    outcomes = study(variants, plan, _say)
    parts = [
        "# What an order becomes",
        f"{_machine()}. Made by `python benchmarks/order_experiment.py "
        f"{'--quick' if quick else '--write'}`, seed {seed}. How groups, styles and the bandit are "
        "made is said in `order/groups.py`, `order/risk.py` and `order/bandit.py`; what P1 to P4 "
        "are, in `docs/certificate.md`.",
        tables.formulas_table(),
        *_share_parts(cells),
        "## Spread among four fixed safe answers",
        "Greatest less least advantage among answers with a quarter, half, three quarters and all "
        "of proficiency, with so many unsafe ones in the group.",
        tables.spreads_table(spread, SHAPES),
        "## Accepted risk",
        "The share of unsafe answers, in percent, up to which a style that is better by this much "
        "proficiency is reinforced against one that is always safe; `all`: even if every answer "
        "is unsafe.",
        tables.risk_table(risks, LEARNERS),
        "## Bandit",
        f"{len(plan.seeds)} seeds; means, and least to greatest in brackets. Steps: the median of "
        "the runs that get to 95 % and stay there. The rate is chosen from "
        f"{plan.rates[0]:g} to {plan.rates[-1]:g} on {len(plan.tuning)} other seeds, among those "
        f"that never move the policy by more than {MOVE} nats in a step.",
    ]
    for conflict in (True, False):
        for start in ("warm", "cold"):
            parts.append(f"### {'Conflict' if conflict else 'No conflict'}, {start} start")
            parts.append(tables.bandit_table(outcomes, conflict, start, LEARNERS))
    figures = {
        "breaks.svg": plots.breaks_figure(drawn, SHAPES, "Drawn groups of 8 answers"),
        "resolution.svg": plots.resolution_figure(spread),
        "learning_conflict.svg": plots.learning_figure(outcomes, True),
        "learning_no_conflict.svg": plots.learning_figure(outcomes, False),
    }
    return Report("\n\n".join(parts) + "\n", figures, list(_rows(cells)))


def _cells(number: int, seed: int) -> Iterator[tuple[str, Cells]]:
    """By name of the kind of groups, its shares."""
    for size in SIZES:
        _say(f"groups of {size}")
        dice = np.random.default_rng([seed, size])
        yield f"drawn, groups of {size}", shares(groups.drawn(number, size, dice))
    made = {
        "vignettes": (groups.vignettes, "llmdata_medical_rubrics.jsonl.gz"),
        "HealthBench": (groups.records, "healthbench_records.jsonl.gz"),
    }
    for place, (name, (make, file)) in enumerate(made.items()):
        if (DATA / file).exists():
            _say(name)
            found = make(DATA / file, number, 8, np.random.default_rng([seed, 100 + place]))
            yield f"{name}, groups of 8, {len(found.sheets)} rubrics", shares(found)
    if (DATA / "healthbench_graded.jsonl.gz").exists():
        dice = np.random.default_rng([seed, 200])
        found = groups.graded(DATA / "healthbench_graded.jsonl.gz", dice)
        yield f"graded, groups of 4, {len(found.sheets)} rubrics", shares(found)


def _share_parts(cells: dict[str, Cells]) -> Iterator[str]:
    for name, found in cells.items():
        count = found[SHAPES[0], "mean", "P1"].count
        both = found[SHAPES[0], "mean", "P4"].count
        yield f"## {name[0].upper()}{name[1:]}"
        yield _about(name, count, both)
        yield tables.shares_table(found, SHAPES)
        if name.startswith("drawn"):
            yield "Every formula; those with the same figures share a column."
            yield from tables.property_tables(found, SHAPES)
    if len(cells) < 6:
        yield f"{DATA} is not there, so nothing is said about real rubrics and grades."


def _about(name: str, count: int, both: int) -> str:
    text = f"{count:,} groups; percent of them in which a property breaks"
    if name.startswith("graded"):
        return f"{text}: all there are, so the intervals mean nothing. Every answer is safe."
    return (
        f"{text}, with the 95 % interval after Wilson. P4 is out of the {both:,} that have an "
        "unsafe answer and two safe ones."
    )


def _rows(cells: dict[str, Cells]) -> Iterator[list[str]]:
    yield ["groups", "shape", "formula", "property", "broken", "count", "low", "high"]
    for where, found in cells.items():
        for key, share in found.items():
            low, high = share.interval
            yield [where, *key, str(share.hits), str(share.count), f"{low:.6f}", f"{high:.6f}"]


def _write_figures(folder: Path, report: Report) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in report.figures.items():
        (folder / name).write_text(source, encoding="utf-8")


def _machine() -> str:
    return machine(f"numpy {np.__version__}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
