"""The files that are asked for."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .diagnostics import Diagnostic, diagnose
from .source import Span

SUFFIX = ".rubric"


def rubric_files(paths: Iterable[str]) -> tuple[list[str], list[Diagnostic]]:
    """The `.rubric` files that paths and folders stand for, in a fixed order.

    Folders in a folder whose names begin with a dot are left alone: an environment may hold a copy
    of the library. Links to folders are not followed.
    """
    found: list[str] = []
    problems: list[Diagnostic] = []
    for path in paths:
        if os.path.isdir(path):
            inside = sorted(_below(os.fspath(Path(path))))
            if not inside:
                problems.append(diagnose("R0004", Span(path, 0, 0), {"path": path}))
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found)), problems


def _below(folder: str) -> Iterator[str]:
    start = "" if folder == "." else os.path.join(folder, "")
    waiting = [start]
    while waiting:
        before = waiting.pop()
        try:
            entries = os.scandir(before or ".")
        except OSError:
            continue  # a folder that may not be entered has nothing to read
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith("."):
                        waiting.append(os.path.join(before, entry.name, ""))
                elif entry.name.endswith(SUFFIX) and entry.is_file():
                    yield before + entry.name


def search_problems(search: Iterable[str]) -> list[Diagnostic]:
    """Roots for `include` that are not there."""
    return [
        diagnose("R0003", Span(folder, 0, 0), {"path": folder, "detail": "there is no such folder"})
        for folder in search
        if not os.path.isdir(folder)
    ]
