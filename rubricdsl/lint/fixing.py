"""Making the edits that findings offer, and looking at what comes of them."""

from collections.abc import Iterable
from typing import NamedTuple

from ..diagnostics import Diagnostic, Edit, Fix
from ..ir_json import semantic_hash
from ..passes.check import Checker
from ..source import Source, SourceBundle, with_source
from .lint import ALL, lint

MOST_ROUNDS = 10
"""A fix may make room for another; none makes what it mends again."""


class Fixed(NamedTuple):
    """The text with all fixes that hold, how many those are, and the ones refused with reasons."""

    text: str
    made: int
    refused: tuple[tuple[Fix, str], ...] = ()


def fixed(source: Source, bundle: SourceBundle, asked: frozenset[str] = ALL) -> Fixed:
    """Make every fix that changes no meaning, of findings with the codes asked for.

    Those that do not overlap are made together; then the file still checks without errors, means
    the same by its semantic hash, and no finding is new. Where this fails they are made one by one,
    and those with which it fails are refused.
    """
    made, refused = 0, dict[Fix, str]()
    for _ in range(MOST_ROUNDS):
        found = _found(source, bundle, asked)
        offered = [f for d in found for f in d.fixes[:1] if f.keeps_meaning and f not in refused]
        fixes = _apart(offered)
        if not fixes:
            break
        text = edited(source.text, fixes)
        if not _harm(source, text, bundle, asked):
            source, made = Source(source.path, text), made + len(fixes)
            continue
        for fix in fixes:
            reason = _harm(source, edited(source.text, [fix]), bundle, asked)
            if reason:
                refused[fix] = reason
            else:
                source, made = Source(source.path, edited(source.text, [fix])), made + 1
                break
    return Fixed(source.text, made, tuple(refused.items()))


def edited(text: str, fixes: Iterable[Fix]) -> str:
    """The text with the edits of fixes that do not overlap."""
    edits = [edit for fix in fixes for edit in fix.edits]
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _apart(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes from the start of the file, without those that overlap an earlier one."""
    chosen: list[Fix] = []
    taken: list[Edit] = []
    for fix in sorted(fixes, key=lambda f: f.edits[0].span.start):
        if not any(_overlap(edit, other) for edit in fix.edits for other in taken[-8:]):
            chosen.append(fix)
            taken = sorted([*taken[-8:], *fix.edits], key=lambda e: e.span.end)
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    return (one.span.start < other.span.end and other.span.start < one.span.end) or one == other


def _found(source: Source, bundle: SourceBundle, asked: frozenset[str]) -> tuple[Diagnostic, ...]:
    return lint(Checker(with_source(bundle, source)).check(source.path), asked).diagnostics


def _harm(source: Source, text: str, bundle: SourceBundle, asked: frozenset[str]) -> str:
    """What is wrong with a new text; empty if nothing is."""
    made = Source(source.path, text)
    before, after = (Checker(with_source(bundle, s)).check(s.path) for s in (source, made))
    if after.rubric is None or before.rubric is None:
        return "the file would not check"
    if semantic_hash(before.rubric) != semantic_hash(after.rubric):
        return "the rubric would mean something else"
    if len(before.tests) != len(after.tests):
        return "a test would be lost"
    told = {(d.code, d.message) for d in (*before.diagnostics, *lint(before, asked).diagnostics)}
    for found in (*after.diagnostics, *lint(after, asked).diagnostics):
        if (found.code, found.message) not in told:
            return f"it would give {found.code}: {found.message}"
    return ""
