"""Call the adapters of stacks with published cases, and compare every reward bit by bit.

A stack's own loader and calling code are used where its package is installed; otherwise the way it
calls is replayed, and the line says so. The cases have rubrics of all shapes, answers with verdicts
of all kinds, and judges that fail; `compiler/conformance/cases.json` holds them with what must
come out. Formats of other tools are compared by their scores instead: every verdict sheet of small
rubrics, scored by the tool itself where it is installed.

examples:
  rubricc conformance                              # every stack, from rubrics made for the purpose
  rubricc conformance --stack verl --stack openrlhf
  rubricc conformance --stack verl --bundle build/bundle    # the adapter of this bundle
  rubricc conformance --stack autorubric           # the score of another tool
  rubricc conformance --format json

With --real a stack whose package is not installed counts as a difference. `make test-stacks` puts
the packages in folders of their own and runs this in each. Exit codes: 0 all agree, 1 they do not,
2 used wrongly.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from ..conformance.callers import CALLERS
from ..conformance.formats.run import run_format
from ..conformance.run import Report, run_stack
from ..emit.formats import FORMATS
from ..emit.targets import TARGETS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack", action="append", default=[], choices=(*TARGETS, *FORMATS),
        metavar="NAME",
        help="a stack or a format; may be given several times (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--bundle", type=Path, metavar="DIR", help="call the adapters of this bundle"
    )
    parser.add_argument("--real", action="store_true", help="replaying is not enough")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """0 when all rewards agree, 1 when not."""
    if args.bundle is not None and not (args.bundle / "reward.py").is_file():
        print(f"rubricc conformance: {args.bundle} has no reward.py", file=sys.stderr)
        return 1
    reports: list[Report] = []
    formats = () if args.bundle else tuple(FORMATS)
    for name in args.stack or (*(n for n in CALLERS if _is_there(n, args.bundle)), *formats):
        try:
            reports.append(run_format(name) if name in FORMATS else run_stack(name, args.bundle))
        except FileNotFoundError as error:
            print(f"rubricc conformance: {error}; compile with --target {name}", file=sys.stderr)
            return 1
        except RuntimeError as error:
            print(f"rubricc conformance: its own code failed: {error}", file=sys.stderr)
            return 1
        if args.format == "text":
            print(_line(reports[-1]), flush=True)
            for difference in reports[-1].differences[:10]:
                print(f"  {difference}")
    if args.format == "json":
        print(json.dumps([dataclasses.asdict(report) for report in reports], indent=1))
    if not reports:
        print("rubricc conformance: there is no adapter in this bundle", file=sys.stderr)
        return 1
    wrong = any(report.differences or (args.real and not report.real) for report in reports)
    return int(wrong)


def _is_there(name: str, bundle: Path | None) -> bool:
    """Whether the bundle that is asked about has files for the stack; made bundles have all."""
    return (
        bundle is None or TARGETS[name].adapter is None or (bundle / TARGETS[name].folder).is_dir()
    )


def _line(report: Report) -> str:
    how = f"{report.version}, its own code" if report.real else "replayed"
    found = f"{len(report.differences):,} differ" if report.differences else "all agree"
    what = "scores" if report.stack in FORMATS else "rewards"
    return f"{report.stack:<11} {report.answers:>6,} {what}, {found} ({how})"
