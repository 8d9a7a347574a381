"""Findings as commands of GitHub's runner, which shows them beside the lines of a pull request."""

from .diagnostics import Diagnostic
from .render import Sources, visible

_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def to_annotation(d: Diagnostic, sources: Sources) -> str:
    """`::error file=…,line=…::…`, on one line. Ends without a newline."""
    fields = [f"title={_field(d.code)}", f"file={_field(d.span.path)}"]
    source = sources(d.span.path)
    if source is not None:
        line, column = source.position(d.span.start)
        end_line, end_column = source.position(d.span.end)
        fields += [f"line={line}", f"endLine={end_line}"]
        if line == end_line:  # elsewhere columns are not allowed
            fields += [f"col={column}", f"endColumn={max(end_column, column)}"]
    text = "\n".join([d.message, *(f"help: {hint}" for hint in (d.hint,) if hint)])
    shown = "\n".join(visible(part) for part in text.split("\n"))
    return f"::{_LEVELS[d.level]} {','.join(fields)}::{_data(shown)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
