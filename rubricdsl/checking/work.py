"""Checking a stretch of files in one process, with a record of what was asked of the disk."""

from collections.abc import Sequence
from typing import NamedTuple

from ..diagnostics import Diagnostic
from ..passes.check import Checked, Checker, uncollected
from ..source import DiskBundle, Source, decode
from .record import FileReport, Trace

BY_ORDER = frozenset({"R0302", "R0317"})
"""Findings that depend on which file was read first."""


class Stretch(NamedTuple):
    """The reports of some files in order, and the traces of all files that were read for them.

    `by_order` where something among them depends on which file was read first: whether files build
    on one another in a circle, or too deep, is told where they are read from.
    """

    reports: list[FileReport]
    traces: dict[str, Trace]
    by_order: bool


class _Recording(DiskBundle):
    """A bundle that remembers every answer it gave."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        super().__init__(roots)
        self.digests: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.lookups: dict[str, dict[str, str | None]] = {}

    def read(self, path: str) -> Source:
        data = self.bytes_of(path)
        self.digests[path] = digest(data)
        return decode(path, data)

    def named(self, path: str, name: str) -> None:
        super().named(path, name)
        self.names[path] = name

    def find(self, name: str, near: str) -> str | None:
        found = super().find(name, near)
        self.lookups.setdefault(near, {})[name] = found
        return found


def digest(data: bytes) -> str:
    """What stands for the content of a file."""
    import hashlib  # not needed for a file alone

    return hashlib.sha256(data).hexdigest()


def reports_of(files: Sequence[str], search: Sequence[str]) -> list[FileReport]:
    """The reports of files, checked in order."""
    checker = Checker(DiskBundle(tuple(search)))
    with uncollected():
        return [report_of(checker.check(file)) for file in files]


def check_stretch(files: Sequence[str], search: Sequence[str]) -> Stretch:
    """Check files in order, as one run over just these would."""
    bundle = _Recording(tuple(search))
    checker = Checker(bundle)
    with uncollected():
        reports = [report_of(checker.check(file)) for file in files]
    traces = {
        path: Trace(found, bundle.names.get(path, ""), tuple(bundle.lookups.get(path, {}).items()))
        for path, found in bundle.digests.items()
    }
    by_order = any(d.code in BY_ORDER for file in checker.files for d in file.diagnostics)
    return Stretch(reports, traces, by_order)


def report_of(checked: Checked) -> FileReport:
    """What is kept of a checked file."""
    diagnostics = (*checked.diagnostics, *_broken_promise(checked))
    header = checked.tree.header if checked.tree else None
    if checked.rubric is None or header is None:
        return FileReport(checked.path, None, 0, 0, diagnostics)
    name = header.name
    return FileReport(checked.path, checked.rubric.name, name.start, name.end, diagnostics)


def _broken_promise(checked: Checked) -> list[Diagnostic]:
    """A reward that cannot keep the order that its shape promises.

    Only factors given to `promedical` can break one, so that other files need no proof.
    """
    rubric = checked.rubric
    if rubric is None or rubric.reward.shape != "promedical" or not rubric.reward.params:
        return []
    from ..promises import promise_broken_by

    found = promise_broken_by(checked)
    return [] if found is None else [found]
