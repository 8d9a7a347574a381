"""What is kept of a file that has been checked, and its JSON form."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..codes import CODES
from ..diagnostics import Diagnostic, Edit, Fix, Label
from ..source import Span


class FileReport(NamedTuple):
    """One file: its findings, and if it has no errors the rubric's name with its place."""

    path: str
    name: str | None
    start: int
    end: int
    diagnostics: tuple[Diagnostic, ...]


class Trace(NamedTuple):
    """What checking one file asked of the disk, beside its text, whose digest this has.

    `name` is what the file calls itself (a root for its includes follows from it); `lookups` are
    the rubrics that it asked for, with the files found.
    """

    digest: str
    name: str
    lookups: tuple[tuple[str, str | None], ...]


class Stamp(NamedTuple):
    """A file as the disk describes it. While this is the same, its content is taken to be."""

    size: int
    changed: int
    status_changed: int
    inode: int


def report_json(report: FileReport) -> list[Any]:
    """A report as JSON values; the path is the key under which it stands."""
    found = [_diagnostic_json(d) for d in report.diagnostics]
    return [report.name, report.start, report.end, found]


def read_report(path: str, value: Any) -> FileReport:
    """The report that `report_json` made. Raises `ValueError` for anything else."""
    name, start, end, found = _row(value, 4)
    if name is not None:
        _text(name)
    return FileReport(
        path, name, _count(start), _count(end), tuple(_read_diagnostic(d) for d in _list(found))
    )


def _diagnostic_json(d: Diagnostic) -> list[Any]:
    labels = [[*label.span, label.text] for label in d.labels]
    texts = [d.message, d.label, d.why, d.hint]
    fixes = [
        [fix.title, [[*edit.span, edit.text] for edit in fix.edits], fix.keeps_meaning]
        for fix in d.fixes
    ]
    return [d.code, *d.span, *texts, labels, list(d.lines), fixes]


def _read_diagnostic(value: Any) -> Diagnostic:
    code, path, start, end, message, label, why, hint, labels, lines, fixes = _row(value, 11)
    if _text(code) not in CODES:
        raise ValueError(f"no code {code}")
    return Diagnostic(
        code=code,
        level=CODES[code].level,
        message=_text(message),
        span=Span(_text(path), _count(start), _count(end)),
        label=_text(label),
        labels=tuple(_label(x) for x in _list(labels)),
        why=_text(why),
        hint=_text(hint),
        lines=tuple(_text(x) for x in _list(lines)),
        fixes=tuple(_fix(x) for x in _list(fixes)),
    )


def _label(value: Any) -> Label:
    path, start, end, text = _row(value, 4)
    return Label(Span(_text(path), _count(start), _count(end)), _text(text))


def _fix(value: Any) -> Fix:
    title, edits, keeps_meaning = _row(value, 3)
    if not isinstance(keeps_meaning, bool):
        raise ValueError("not a truth value")
    return Fix(_text(title), tuple(_edit(x) for x in _list(edits)), keeps_meaning)


def _edit(value: Any) -> Edit:
    path, start, end, text = _row(value, 4)
    return Edit(Span(_text(path), _count(start), _count(end)), _text(text))


def trace_json(trace: Trace) -> list[Any]:
    return [trace.digest, trace.name, [list(pair) for pair in trace.lookups]]


def read_trace(value: Any) -> Trace:
    """The trace that `trace_json` made. Raises `ValueError` for anything else."""
    digest, name, lookups = _row(value, 3)
    pairs = [_row(pair, 2) for pair in _list(lookups)]
    return Trace(
        _text(digest),
        _text(name),
        tuple((_text(asked), None if found is None else _text(found)) for asked, found in pairs),
    )


def read_stamp(value: Any) -> Stamp | None:
    """The stamp that was written as a list, or None for none. Raises `ValueError`."""
    if value is None:
        return None
    return Stamp(*(_count(number) for number in _row(value, 4)))


def _row(value: Any, length: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise ValueError("not a row")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a count")
    return value


Traces = Mapping[str, Trace]
