"""Diagnostics for people and for machines. Every renderer is a pure function of its data."""

from collections.abc import Callable, Iterable
from typing import Any

from .diagnostics import Diagnostic
from .source import Source, Span

Sources = Callable[[str], Source | None]
"""From a path to its text; None where the file could not be read."""

_COLOURS = {"error": "31", "warning": "33", "note": "36", "rule": "34", "bold": "1"}


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour and text else text


def to_text(diagnostic: Diagnostic, sources: Sources, colour: bool = False) -> str:
    """A diagnostic with its source lines, as the terminal shows it. Ends without a newline."""
    d = diagnostic
    title = _paint(f": {visible(d.message)}", "bold", colour)
    lines = [_paint(f"{d.level}[{d.code}]", d.level, colour) + title]
    places = [(d.span, d.label, d.level), *((s, text, "rule") for s, text in d.labels)]
    gutter = max(len(_number(sources(span.path), span)) for span, _, _ in places)
    edge = " " * gutter
    bar, before = _paint("│", "rule", colour), ""
    for index, (span, label, style) in enumerate(places):
        corner = _paint("├─" if index else "┌─", "rule", colour)
        source = sources(span.path)
        if source is None:
            lines.append(f"{edge} {corner} {visible(span.path)}")
            continue
        row, column = source.position(span.start)
        text, indent, width = _excerpt(source.line(row), column - 1, span.end - span.start)
        shown = f"{_paint(f'{row:>{gutter}}', 'rule', colour)} {bar} {text}"
        if shown != before:
            lines += [
                f"{edge} {corner} {visible(span.path)}:{row}:{column}",
                f"{edge} {bar}",
                shown,
            ]
        before = shown
        marks = _paint("^" * width + (f" {visible(label)}" if label else ""), style, colour)
        lines.append(f"{edge} {bar} {indent}{marks}")
    if d.why or d.hint:
        lines.append(f"{edge} {bar}")
    for word, text in (("why:  ", d.why), ("help: ", d.hint)):
        if text:
            lines.append(f"{edge} {_paint('=', 'rule', colour)} {word}{visible(text)}")
            if text == d.why:
                lines += [f"{edge}   {' ' * len(word)}{visible(line)}" for line in d.lines]
    return "\n".join(lines)


def visible(text: str) -> str:
    """The text without anything that could move the cursor or hide: it may come from a file."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _number(source: Source | None, span: Span) -> str:
    return str(source.position(span.start)[0]) if source else ""


def _excerpt(line: str, column: int, length: int, width: int = 110) -> tuple[str, str, int]:
    """The part of a line to show, the indent below it, and how many marks to draw."""
    start = 0 if column < width - 20 else column - 20
    text = line[start : start + width]
    shown = "\t".join(map(visible, text.split("\t")))
    indent = "".join("\t" if c == "\t" else " " for c in shown[: column - start])
    marks = max(1, min(length, len(shown) - (column - start)))
    if start:
        shown, indent = "…" + shown, " " + indent
    if start + width < len(line):
        shown += "…"
    return shown, indent, marks


def to_json(diagnostics: Iterable[Diagnostic], sources: Sources) -> list[dict[str, Any]]:
    """The findings as JSON values; lines and columns count from 1, ends are exclusive."""
    return [
        {
            "code": d.code,
            "level": d.level,
            "message": d.message,
            "label": d.label,
            "why": d.why,
            "lines": list(d.lines),
            "hint": d.hint,
            **place(d.span, sources),
            "labels": [{"text": text, **place(span, sources)} for span, text in d.labels],
        }
        for d in diagnostics
    ]


def place(span: Span, sources: Sources) -> dict[str, Any]:
    """Where a span is, as JSON values."""
    source = sources(span.path)
    if source is None:
        return {"path": span.path}
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {
        "path": span.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or an empty text."""
    counts = {"error": 0, "warning": 0, "note": 0}
    for diagnostic in diagnostics:
        counts[diagnostic.level] += 1
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in counts.items() if n)
