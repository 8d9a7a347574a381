"""`--locked`, for the commands that check rubrics."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rubricdsl.diagnostics import Diagnostic, in_order

if TYPE_CHECKING:
    from rubricdsl.passes import Outcome

NAME = "rubrics.lock"


def add_lock(parser: argparse.ArgumentParser) -> None:
    """The argument that names the lock file."""
    parser.add_argument(
        "--lock", type=Path, default=Path(NAME), metavar="FILE", help=f"default: {NAME}"
    )


def add_locked(parser: argparse.ArgumentParser) -> None:
    """The arguments that `checked` takes beside the paths."""
    parser.add_argument(
        "--locked", action="store_true", help="refuse includes that mean something else than locked"
    )
    add_lock(parser)


def checked(args: argparse.Namespace) -> "Outcome":
    """`check_paths` of the arguments, with what the lock says where it was asked for."""
    from rubricdsl.passes import check_paths

    outcome = check_paths(args.paths, args.path)
    found = in_order([*outcome.diagnostics, *locked_findings(args, outcome)])
    return replace(outcome, diagnostics=found)


def locked_findings(args: argparse.Namespace, outcome: "Outcome") -> list[Diagnostic]:
    """What the lock says of checked files; nothing without `--locked`."""
    if not args.locked:
        return []
    from rubricdsl.locking.against import against_file
    from rubricdsl.locking.pins import uses

    return against_file(uses(outcome.checker, outcome.files), args.lock)
