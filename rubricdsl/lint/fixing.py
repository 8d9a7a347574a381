"""Making the edits that findings offer, and looking at what comes of them."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple

from ..diagnostics import Edit, Fix
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
    the same by its semantic hash, and no finding is new. The fixes with which this fails are
    refused, and the others made without them.
    """
    made = 0
    refused: dict[tuple[str, str], tuple[Fix, str]] = {}
    for _ in range(MOST_ROUNDS):
        found = lint(Checker(with_source(bundle, source)).check(source.path), asked).diagnostics
        # Places move from round to round; what a finding says does not.
        offered = {
            fix: (each.message, fix.title)
            for each in found
            for fix in each.fixes[:1]
            if fix.keeps_meaning and (each.message, fix.title) not in refused
        }
        kept: list[Fix] = []
        harmful: dict[Fix, str] = {}
        _keep(_apart(offered), kept, harmful, source, bundle, asked)
        refused |= {offered[fix]: (fix, reason) for fix, reason in harmful.items()}
        if not kept:
            break
        source, made = Source(source.path, edited(source.text, kept)), made + len(kept)
    return Fixed(source.text, made, tuple(refused.values()))


def _keep(
    fixes: list[Fix],
    kept: list[Fix],
    refused: dict[Fix, str],
    source: Source,
    bundle: SourceBundle,
    asked: frozenset[str],
) -> None:
    """Add to those kept all fixes that do no harm beside them, and to the refused the others."""
    if not fixes:
        return
    reason = _harm(source, edited(source.text, [*kept, *fixes]), bundle, asked)
    if not reason:
        kept += fixes
    elif len(fixes) == 1:
        refused[fixes[0]] = reason
    else:
        half = len(fixes) // 2
        _keep(fixes[:half], kept, refused, source, bundle, asked)
        _keep(fixes[half:], kept, refused, source, bundle, asked)


def edited(text: str, fixes: Iterable[Fix]) -> str:
    """The text with the edits of fixes that do not overlap."""
    parts, at = [], 0
    for span, new in sorted(edit for fix in fixes for edit in fix.edits):
        parts += [text[at : span.start], new]
        at = span.end
    return "".join([*parts, text[at:]])


def _apart(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes from the start of the file, without those that overlap an earlier one."""
    chosen: list[Fix] = []
    taken: list[Edit] = []
    for fix in sorted(fixes, key=lambda f: f.edits[0].span.start):
        if all(_is_free(edit, taken) for edit in fix.edits):
            chosen.append(fix)
            for edit in fix.edits:
                insort(taken, edit)
    return chosen


def _is_free(edit: Edit, taken: list[Edit]) -> bool:
    """Whether an edit overlaps none of those taken, which are in order."""
    at = bisect_left(taken, edit)
    near = taken[max(at - 1, 0) : at + 1]
    return not any(
        (edit.span.start < other.span.end and other.span.start < edit.span.end)
        or edit.span.start == other.span.start
        for other in near
    )


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
