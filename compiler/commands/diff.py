"""Say what changed in meaning between two versions of rubrics, and which version follows.

OLD and NEW are files or folders, whose rubrics are paired by name. With a revision of Git in front,
OLD is what the paths were there, and NEW what they are now, or in a second revision. What exists
as a file is no revision. Options stand before `--`.

Layout and comments make no difference. docs/diff.md says which changes are major, minor and patch.

examples:
  rubricc diff old.rubric new.rubric
  rubricc diff HEAD~3 -- rubrics/cardiology
  rubricc diff --format json v1.0.0 v1.1.0 -- rubrics/
  rubricc diff --require-version-step origin/main -- rubrics/
  rubricc diff --data answers.jsonl HEAD -- mine.rubric
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rubricdsl import ir
from rubricdsl.changes import changes
from rubricdsl.changes.report import (
    Compared,
    as_json,
    as_text,
    flips_as_json,
    flips_as_text,
)
from rubricdsl.diagnostics import Diagnostic, in_order
from rubricdsl.listing import rubric_files
from rubricdsl.passes import Checker
from rubricdsl.passes.check import Checked
from rubricdsl.render import visible
from rubricdsl.source import DiskBundle, Source, SourceBundle

from ..importers.jsonl import Fault
from ..revisions import GitError, Repository, RevisionBundle
from ..stored_rows import Stored, stored
from .report import print_json, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.usage = (
        "%(prog)s [OPTION …] OLD NEW\n       %(prog)s [OPTION …] REVISION [REVISION] -- PATH …"
    )
    parser.add_argument(
        "what", nargs="+", metavar="WHAT", help="two files or folders, or revisions and paths"
    )
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    parser.add_argument(
        "--data", action="append", default=[], type=Path, metavar="FILE",
        help="rows as for `compile --data`: which rewards move, which pairs change places",
    )  # fmt: skip
    parser.add_argument(
        "--require-version-step",
        action="store_true",
        help="1 if a version is lower than its changes ask for",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


class Side(NamedTuple):
    """One of the two versions: where its files are read, and which."""

    bundle: SourceBundle
    files: list[str]


class UsedWrongly(Exception):
    """The arguments do not say what to compare; says why."""


def run(args: argparse.Namespace) -> int:
    """0; 1 for rubrics or rows with errors, and with --require-version-step for a version that is
    too low; 2 if there is nothing to compare."""
    try:
        sides = _sides(args.what, args.path)
    except (GitError, UsedWrongly) as error:
        print(f"rubricc diff: {visible(str(error))}", file=sys.stderr)
        return 2
    old, new = (_checked(side) for side in sides)
    broken = in_order([*old.errors, *new.errors])
    report(broken, lambda path: old.source(path) or new.source(path))
    if len(old.rubrics) == len(new.rubrics) == 1:  # two files, whatever they are called
        pairs = [(*old.rubrics.values(), *new.rubrics.values())]
    else:
        both = [name for name in new.rubrics if name in old.rubrics]
        pairs = [(old.rubrics[name], new.rubrics[name]) for name in both]
    found = [Compared(a, b, changes(a, b)) for a, b in pairs]
    names = {rubric.name for pair in pairs for rubric in pair}
    added = [name for name in new.rubrics if name not in names]
    removed = [name for name in old.rubrics if name not in names]
    data: dict[str, Stored] = {}
    faults: list[Fault] = []
    if args.data:
        data, faults = stored(args.data, {b.name: (a, b) for a, b in pairs})
    for fault in faults:
        print(fault, file=sys.stderr)
    if args.format == "json":
        rubrics = [
            {**as_json(f), **({"data": flips_as_json(*data[f.new.name])} if args.data else {})}
            for f in found
        ]
        print_json({"rubrics": rubrics, "added": added, "removed": removed})
    else:
        _print(found, added, removed, data)
    short = [f for f in found if not f.is_enough] if args.require_version_step else []
    for each in short:
        print(
            f"rubricc diff: {visible(each.new.name)} has version {each.new.version}, and its "
            f"changes ask for {each.needed}",
            file=sys.stderr,
        )
    return 1 if broken or faults or short else 0


def _print(
    found: list[Compared], added: list[str], removed: list[str], data: dict[str, Stored]
) -> None:
    for each in found:
        of_data = data.get(each.new.name)
        if each.changes or each.old.version != each.new.version or (of_data and of_data.flips):
            print("\n".join(as_text(each)))
            if of_data:
                print("\n".join(flips_as_text(*of_data)))
            print()
    for word, names in (("added", added), ("removed", removed)):
        for name in names:
            print(f"{word} {visible(name)}")
    changed = sum(bool(each.changes) for each in found)
    print(f"{changed} changed, {len(found) - changed} the same", file=sys.stderr)


class _Files(NamedTuple):
    """The rubrics of one side by name, the errors found in them, and their texts."""

    rubrics: dict[str, ir.Rubric]
    errors: list[Diagnostic]
    checker: Checker

    def source(self, path: str) -> Source | None:
        return self.checker.source(path)


def _checked(side: Side) -> _Files:
    checker = Checker(side.bundle)
    files: list[Checked] = [checker.check(path) for path in side.files]
    rubrics = {file.rubric.name: file.rubric for file in files if file.rubric is not None}
    errors = [d for file in files for d in file.diagnostics if d.level == "error"]
    return _Files(rubrics, errors, checker)


def _sides(what: Sequence[str], roots: Sequence[str]) -> tuple[Side, Side]:
    """What to compare. Raises `UsedWrongly` and `GitError`."""
    if os.path.exists(what[0]):
        if len(what) != 2 or not os.path.exists(what[1]):
            missing = next((path for path in what if not os.path.exists(path)), None)
            why = f"{missing!a} is not there" if missing else "give an old and a new one"
            raise UsedWrongly(why)
        for path in what:
            if not rubric_files([path])[0]:
                raise UsedWrongly(f"there are no rubrics below {path!a}")
        return _on_disk(what[:1], roots), _on_disk(what[1:], roots)
    repository = Repository(Path.cwd())
    repository.commit(what[0])
    paths = list(what[1:])
    second = None
    if paths and not os.path.exists(paths[0]):
        try:
            repository.commit(paths[0])
            second = paths.pop(0)
        except GitError:
            second = None  # a path that is gone
    if not paths:
        raise UsedWrongly("name the paths behind the revision, for example `HEAD~3 -- rubrics/`")
    old = RevisionBundle(repository, what[0], roots)
    new = None if second is None else RevisionBundle(repository, second, roots)
    sides: tuple[list[str], list[str]] = [], []
    for path in paths:
        before = old.below(path)
        after = new.below(path) if new else rubric_files([path])[0] if os.path.exists(path) else []
        if not before and not after:
            raise UsedWrongly(f"there are no rubrics at {path!a}")
        sides[0].extend(before)
        sides[1].extend(after)
    left, right = (list(dict.fromkeys(files)) for files in sides)
    return Side(old, left), Side(new or DiskBundle(tuple(roots)), right)


def _on_disk(paths: Sequence[str], roots: Sequence[str]) -> Side:
    return Side(DiskBundle(tuple(roots)), rubric_files(paths)[0])
