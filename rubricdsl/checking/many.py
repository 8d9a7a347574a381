"""`rubricc check` of many files: the same findings as one after the other, sooner."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..diagnostics import Diagnostic, diagnose, in_order
from ..listing import rubric_files, search_problems
from ..source import Span
from .record import FileReport

FEW = 64
"""Up to so many files neither a cache nor processes are worth their start."""


class Found(NamedTuple):
    """All findings in order, how many files there are, and how many of them were not read anew."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    known: int


def check_many(
    paths: Sequence[str],
    search: Sequence[str] = (),
    *,
    cache: bool = True,
    folder: Path | None = None,
    workers: int | None = None,
) -> Found:
    """Check files and folders; `search` are further roots for `include`.

    `folder` is the cache's, the user's own if it is not said; `workers` the number of processes,
    one for each processor if it is not said.
    """
    files, problems = rubric_files(paths)
    problems += search_problems(search)
    reports, known = _reports(files, search, cache, folder, workers or processors())
    return Found(_together(problems, reports), len(files), known)


def processors() -> int:
    """How many processes can run at a time."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _reports(
    files: list[str], search: Sequence[str], cache: bool, folder: Path | None, workers: int
) -> tuple[list[FileReport], int]:
    """The reports in order, and how many of them were known."""
    if len(files) > FEW:
        from .cache import Cache, default_folder
        from .reuse import reuse

        where = (folder or default_folder()) if cache else None
        found = reuse(files, search, Cache(where, search) if where else None, workers)
        if found is not None:
            return found
    from .work import reports_of

    return reports_of(files, search), 0


def _together(
    problems: Iterable[Diagnostic], reports: Sequence[FileReport]
) -> tuple[Diagnostic, ...]:
    """All findings in order, with those about files beside each other."""
    found = list(problems)
    first: dict[str, FileReport] = {}
    told = {report.path for report in reports}
    for report in reports:
        # A file that is met by a link as well is one file.
        name = report.name
        if name is not None and first.setdefault(name, report).path != report.path:
            values = {"name": name, "what": f"the rubric in {first[name].path}"}
            span = Span(report.path, report.start, report.end)
            found.append(diagnose("R0201", span, values))
        for d in report.diagnostics:
            # Only repeats that one of these files has an error.
            if d.code != "R0307" or not any(x.span.path in told for x in d.labels):
                found.append(d)
    return in_order(found)
