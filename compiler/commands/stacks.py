"""List what `rubricc compile --target` serves, and what was tried of each.

First the stacks, which get an adapter around reward.py; then the formats of other tools, which
judge and score by themselves.

The versions are those of recorded runs of `rubricc conformance`; "replayed" means that the way a
stack calls was imitated, because its package could not be installed where the run was.

examples:
  rubricc stacks
  rubricc stacks --format json
"""

import argparse
import json
from typing import Any

from ..conformance.recorded import recorded
from ..emit.formats import FORMATS
from ..emit.targets import TARGETS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Always 0."""
    found = listing()
    if args.format == "json":
        print(json.dumps(found, indent=1))
        return 0
    rows = [("target", "least version", "tried with", "rewards that agree", "certificate",
             "an answer without a reward")]  # fmt: skip
    rows += [
        (
            row["target"],
            row["least"],
            row["tried"],
            f"{row['agree']:,}",
            row["setting"] or ("none: it evaluates" if row["use"] == "evaluation" else "-"),
            row["lost"] or "a format",
        )
        for row in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


def listing() -> list[dict[str, Any]]:
    """One entry per stack and per format, with what was recorded of it."""
    runs = recorded()
    stacks = [
        {
            "target": target.name,
            "kind": "stack",
            "package": target.package,
            "least": target.least,
            "tried": _tried(runs.get(target.name)),
            "agree": _agree(runs.get(target.name)),
            "setting": target.setting,
            "tier_setting": target.tier_setting,
            "use": "evaluation" if target.evaluates else "training",
            "whole_groups": target.whole_groups,
            "lost": target.failure,
        }
        for target in TARGETS.values()
    ]
    nothing = dict.fromkeys(("setting", "tier_setting", "whole_groups", "lost"))
    formats = [
        {
            "target": form.name,
            "use": "format",
            "kind": "format",
            "package": form.package,
            "least": form.least,
            "tried": _tried(runs.get(form.name)),
            "agree": _agree(runs.get(form.name)),
            **nothing,
        }
        for form in FORMATS.values()
    ]
    return [*stacks, *formats]


def _tried(run: dict[str, Any] | None) -> str:
    if run is None:
        return "never"
    return str(run["version"] or "unknown") if run["real"] else "replayed"


def _agree(run: dict[str, Any] | None) -> int:
    return 0 if run is None else int(run["answers"]) - int(run["wrong"])
