"""A file in the one style, or the reason why it stays as it is."""

from typing import NamedTuple

from ..diagnostics import Diagnostic
from ..passes.syntax import syntax
from ..source import Source, SourceBundle, Span
from ..syntax.parser import parse
from .document import render
from .layout import layout
from .safety import difference, meaning_changes


class Formatted(NamedTuple):
    """`text` is None where the file cannot be formatted: it has faults (`diagnostics`), or the
    result would not be the same rubric (`refusal` says how, `place` where)."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()
    refusal: str = ""
    place: Span | None = None


def formatted(source: Source, bundle: SourceBundle) -> Formatted:
    """Format one file. `bundle` is where the rubrics that it builds on are found.

    The result has the same tokens, comments, tree and typed rubric as the file, and formatting it
    again changes nothing; all of this is looked at each time.
    """
    before = parse(source)
    if before.lexical or before.syntax:
        return Formatted(None, tuple(syntax(before)))
    text = render(layout(before.tree, source.text))
    made = Source(source.path, text)
    after = parse(made)
    if after.lexical or after.syntax:
        fault = syntax(after)[0]
        return _refused(source, f"the result could not be read: {fault.message}", 0)
    found = difference(before.tree, after.tree, source.text, text)
    if found is not None:
        return _refused(source, *found)
    again = render(layout(after.tree, text))
    if again != text:
        return _refused(source, "formatting it twice would not give the same", _first(text, again))
    if text == source.text:
        return Formatted(text)
    changed = meaning_changes(source, made, bundle)
    return _refused(source, changed, 0) if changed else Formatted(text)


def _refused(source: Source, reason: str, at: int) -> Formatted:
    at = min(at, len(source.text))
    return Formatted(None, (), reason, Span(source.path, at, at + 1))


def _first(one: str, other: str) -> int:
    """Where two texts differ first."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
