"""Check the certificate of a bundle by other means than those that made it.

Rubrics are judged anew with arithmetic of the checker's own, against `reward.py` and against every
claim of `certificate.json`; counterexamples must be what they say. Then groups of responses, random
ones and ones chosen to do harm, go through the formulas by which trainers turn rewards into
advantages. Where TRL is installed, its own statements are run instead of a replica.

  P1  a better response never gets a smaller advantage
  P2  an unsafe response gets no positive advantage when a safe one is in the group; among unsafe
      ones alone, violations decide and nothing else
  P3  every safe response gets more than every unsafe one
  P4  unsafe responses in the group do not draw the safe ones closer together
  P5  a verdict that fails never earns more

Of more than 200 rubrics 200 are drawn, by the seed; --rubrics asks for more or fewer.

A cell says in what share of the groups a property broke: 0 where it is proved, and more there is an
error. Properties that are not claimed may break. Exit code 1 if a claim does not hold.

examples:
  rubricc verify build/bundle
  rubricc verify build/bundle --stack trl --stack openrlhf/rloo --group 16
  rubricc verify build/bundle --shape weighted --groups 2000
  rubricc verify build/instances --rubrics 1000 --groups 20 --seed 7
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from rubricdsl import ir
from rubricdsl.bundle import BundleError, open_bundle
from rubricdsl.verify.advantages import SETTINGS, Setting
from rubricdsl.verify.report import as_json, as_text
from rubricdsl.verify.verify import MANY, Options, verify

from .progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a folder that compile wrote")
    parser.add_argument(
        "--stack", action="append", default=[], metavar="NAME",
        help="a trainer, or a trainer/setting; may be given several times (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--group", type=_size, metavar="G", help="responses per prompt (default: as compiled)"
    )
    parser.add_argument(
        "--shape", choices=ir.SHAPES, help="try another shape on the same rubrics; claims nothing"
    )
    parser.add_argument(
        "--groups", type=int, default=100, metavar="N", help="random groups per rubric (100)"
    )
    parser.add_argument(
        "--rubrics", type=_number, default=MANY, metavar="N",
        help=f"rubrics to look at, drawn by the seed where the bundle has more ({MANY})",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="for whatever is drawn (0)")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people, or for machines"
    )


def run(args: argparse.Namespace) -> int:
    """0 when every claim holds, 1 when one does not or the bundle cannot be read, 2 misuse."""
    chosen = tuple(name for name in SETTINGS if not args.stack or _matches(name, args.stack))
    unknown = [asked for asked in args.stack if not any(_matches(n, [asked]) for n in SETTINGS)]
    if unknown:
        trainers = ", ".join(dict.fromkeys(name.partition("/")[0] for name in SETTINGS))
        print(f"rubricc verify: no stack `{unknown[0]}`; there are {trainers}, and settings such "
              f"as trl/none", file=sys.stderr)  # fmt: skip
        return 2
    formulas, notes = _installed(chosen)
    options = Options(chosen, args.group, args.shape, args.groups, args.seed, args.rubrics)
    progress = Progress()
    try:
        report = verify(open_bundle(args.bundle), options, formulas, progress.at)
    except BundleError as error:
        progress.clear()
        print(f"rubricc verify: {error}", file=sys.stderr)
        return 1
    progress.clear()
    report.notes += notes
    left_out = [n for n in chosen if args.stack and SETTINGS[n].formula is None
                and not any(n in seen for seen in report.seen.values())]  # fmt: skip
    report.notes += [f"{name} takes one reward per tier, and no rubric here has the shape tiers"
                     for name in left_out]  # fmt: skip
    print(json.dumps(as_json(report), ensure_ascii=False, indent=1) if args.format == "json"
          else as_text(report))  # fmt: skip
    return 0 if report.sound else 1


def _matches(name: str, asked: list[str]) -> bool:
    return any(each in (name, name.partition("/")[0]) for each in asked)


def _installed(chosen: tuple[str, ...]) -> tuple[dict[str, Setting], list[str]]:
    """Settings of trainers that are here to be asked, and what to say about them."""
    if not any(name.startswith("trl/") for name in chosen):
        return {}, []
    if not all(importlib.util.find_spec(name) for name in ("torch", "trl")):
        return {}, ["TRL is not installed: its formulas were replayed from a replica"]
    from importlib.metadata import version

    module = importlib.import_module("rubricdsl.rl.trl_advantages")
    try:
        module.trl_advantages([[0.0], [1.0]], 2)
    except module.TrlChanged as changed:
        return {}, [f"TRL {version('trl')}: {changed}; its formulas were replayed from a replica"]
    found = {
        name: SETTINGS[name]._replace(
            formula=formula, columns=module.of_columns if SETTINGS[name].columns else None
        )
        for name, formula in module.FORMULAS.items()
    }
    return found, [f"TRL {version('trl')}: its own code computed its advantages"]


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1 or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rubrics")
    return int(text)


def _size(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not 2 <= value <= 1024:
        raise argparse.ArgumentTypeError(f"{value} is not between 2 and 1024")
    return value
