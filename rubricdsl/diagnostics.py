"""Diagnostics: what is wrong with a file, as data. Mistakes of users never raise."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from .codes import CODES
from .source import Span

MOST_SHOWN = 400
_MEANT = re.compile(r"did you mean `([^`]+)`\?")
Level = Literal["error", "warning", "note"]


class Label(NamedTuple):
    """A second place that helps to understand the first."""

    span: Span
    text: str


class Edit(NamedTuple):
    """The text that takes the place of a span; an empty span inserts."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A way to mend a finding, as edits of one file that do not overlap.

    `keeps_meaning` claims that the semantic hash of the rubric stays; who applies it looks.
    """

    title: str
    edits: tuple[Edit, ...]
    keeps_meaning: bool = False


@dataclass(frozen=True)
class Diagnostic:
    """One finding: `message` is the title, `label` stands under the span, the rest below it.

    `lines` belong to `why`: what cannot be said in one.
    """

    code: str
    level: Level
    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = ()
    why: str = ""
    hint: str = ""
    lines: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()


def diagnose(
    code: str,
    span: Span,
    values: Mapping[str, object] = MappingProxyType({}),
    *,
    label: str = "",
    labels: Iterable[Label] = (),
    hint: str | None = None,
    lines: Iterable[str] = (),
    fixes: Iterable[Fix] = (),
    word: Span | None = None,
) -> Diagnostic:
    """A diagnostic from the table; `values` fill the placeholders of its texts.

    A hint that asks `did you mean …?` is a fix as well, unless others are given: `word` is what it
    speaks of, if that is not all that `span` holds. Raises `KeyError` for a code that is not in the
    table, or for a value that it needs.
    """
    entry = CODES[code]
    values = {name: _shortened(value) for name, value in values.items()}
    advice = entry.hint.format(**values) if hint is None else hint
    return Diagnostic(
        code=code,
        level=entry.level,
        message=entry.title.format(**values),
        span=span,
        label=label,
        labels=tuple(labels),
        why=entry.why.format(**values),
        hint=advice,
        lines=tuple(lines),
        fixes=tuple(fixes) or _meant(word or span, advice),
    )


def instead(span: Span, text: str) -> Fix:
    """The fix that writes a text in place of what is there."""
    return Fix(f"write `{text}`", (Edit(span, text),))


def _meant(span: Span, hint: str) -> tuple[Fix, ...]:
    found = _MEANT.match(hint)
    return (instead(span, found[1]),) if found else ()


def _shortened(value: object) -> str:
    """A value as a message shows it: a name or a text from a file may be of any length."""
    text = str(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether anything here stops a rubric from being used."""
    return any(d.level == "error" for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file and place, each finding once."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span.path, d.span.start, d.code)))
