"""Findings as SARIF 2.1.0, for code scanning."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .codes import CODES
from .diagnostics import Diagnostic
from .explain import page
from .render import Sources, visible
from .source import Span
from .version import __version__

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def to_sarif(diagnostics: Iterable[Diagnostic], sources: Sources, root: Path) -> dict[str, Any]:
    """One run with a result for each finding, and a rule for each code that occurs.

    Files below `root` are named relative to it, as code scanning needs it. Columns count code
    points, and ends are exclusive.
    """
    found = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    driver = {
        "name": "rubricc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, codes.index(d.code), sources, root) for d in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    entry = page(code)
    return {
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.meaning.replace("\n", " ")},
        "help": {"text": f"`rubricc explain {code}` shows examples."},
        "defaultConfiguration": {"level": CODES[code].level},
    }


def _result(d: Diagnostic, rule: int, sources: Sources, root: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": rule,
        "level": d.level,
        "message": {"text": as_sentences(d)},
        "locations": [_location(d.span, sources, root)],
    }
    if d.labels:
        result["relatedLocations"] = [
            {**_location(span, sources, root), "id": number, "message": {"text": visible(text)}}
            for number, (span, text) in enumerate(d.labels, 1)
        ]
    return result


def as_sentences(d: Diagnostic) -> str:
    """All that a finding says, in lines: what, why, and what to do."""
    title = f"{d.message} ({d.label})" if d.label else d.message
    lines = [title]
    lines += [f"why: {d.why}", *d.lines] if d.why else []
    lines += [f"help: {d.hint}"] if d.hint else []
    return "\n".join(visible(line) for line in lines)


def _location(span: Span, sources: Sources, root: Path) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact(span.path, root)}
    source = sources(span.path)
    if source is not None:
        line, column = source.position(span.start)
        end_line, end_column = source.position(max(span.end, span.start))
        location["region"] = {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        }
    return {"physicalLocation": location}


def _artifact(path: str, root: Path) -> dict[str, str]:
    absolute = Path(os.path.normpath(root / path))
    if absolute.is_relative_to(root):
        relative = absolute.relative_to(root).as_posix()
        return {"uri": quote(relative), "uriBaseId": "%SRCROOT%"}
    return {"uri": absolute.as_uri()}
