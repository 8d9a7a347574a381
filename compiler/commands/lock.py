"""Pin the meaning of the rubrics that others include or extend.

Writes a lock file for the rubrics below PATH. With --locked, `check`, `test` and `compile` refuse a
rubric whose include means something else than what was locked. Comments, layout, titles and sources
are no part of that meaning. Give the same paths each time: the file holds what these need.

examples:
  rubricc lock rubrics/
  rubricc lock rubrics/ --check
  rubricc check rubrics/ --locked
"""

import argparse
import sys

from rubricdsl.diagnostics import has_errors
from rubricdsl.locking.against import called
from rubricdsl.locking.lock_file import LockError, read_file, written
from rubricdsl.locking.pins import pins, uses
from rubricdsl.passes import check_paths
from rubricdsl.render import visible

from .fmt import replace
from .locked import add_lock
from .report import report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if it would change")
    add_lock(parser)


def run(args: argparse.Namespace) -> int:
    """0, or 1 when a rubric has errors, one name means two things, or, with --check, the file would
    change."""
    outcome = check_paths(args.paths, args.path)
    if has_errors(outcome.diagnostics):
        report([d for d in outcome.diagnostics if d.level == "error"], outcome.checker.source)
        return 1
    found, clashes = pins(uses(outcome.checker, outcome.files))
    for one, other in clashes:
        places = f"{visible(one.place.path)} and {visible(other.place.path)}"
        print(f"rubricc lock: {places} mean different rubrics by {called(one.pin)}",
              file=sys.stderr)  # fmt: skip
    if clashes:
        return 1
    try:
        before = read_file(args.lock) if args.lock.exists() else {}
    except LockError as error:
        before = {}
        if args.check:
            print(f"rubricc lock: {visible(str(args.lock))}: {error}", file=sys.stderr)
            return 1
    after = {pin.name: pin for pin in found}
    changed = sorted(n for n in {**before, **after} if before.get(n) != after.get(n))
    text = written(found)
    same = args.lock.exists() and args.lock.read_bytes() == text.encode()
    if args.check:
        for name in changed:
            state = ("is new" if name not in before else
                     "is not needed" if name not in after else "has changed")  # fmt: skip
            print(f"{visible(name)} {state}", file=sys.stderr)
        if not same and not changed:
            print(f"{visible(str(args.lock))} is not as it would be written", file=sys.stderr)
        return 0 if same else 1
    try:
        if not args.lock.exists():
            args.lock.touch()
        replace(args.lock, text)
    except OSError as error:
        why = (error.strerror or "it cannot be written").lower()
        print(f"rubricc lock: {visible(str(args.lock))}: {why}", file=sys.stderr)
        return 1
    many = f"{len(found)} pin{'' if len(found) == 1 else 's'}"
    print(f"{visible(str(args.lock))}: {many}, {len(changed)} changed", file=sys.stderr)
    return 0
