"""What formatting must not change: comments, tree, typed rubric."""

from itertools import zip_longest
from typing import Any

from ..passes.check import Checked, Checker
from ..source import Source, SourceBundle, with_source
from ..syntax.nodes import Tree
from .pieces import comments

_NO_NODE = (str, int, bool, type(None))


def difference(before: Tree, after: Tree, text: str, made: str) -> tuple[str, int] | None:
    """How two trees or the comments of their texts differ, and where in the first; None if they
    do not."""
    pairs = zip_longest(comments(text), comments(made))
    for number, (one, other) in enumerate(pairs):
        if one != other:
            return f"comment {number + 1} would be lost or moved: {one or other}", 0
    at = _apart((before.header, before.items), (after.header, after.items), 0)
    return None if at is None else ("the result would be read as something else", at)


def _apart(one: Any, other: Any, at: int) -> int | None:
    """Where the first of two trees says what the other does not; places aside."""
    if isinstance(one, _NO_NODE):
        return None if one == other else at
    if type(one) is not type(other) or len(one) != len(other):
        return getattr(one, "start", at)
    parts = zip(one, other, strict=True)
    if hasattr(one, "_fields"):  # a node: its last two are the places
        at = one.start
        parts = zip(one[:-2], other[:-2], strict=True)
    for mine, theirs in parts:
        found = _apart(mine, theirs, at)
        if found is not None:
            return found
    return None


def meaning_changes(source: Source, made: Source, bundle: SourceBundle) -> str:
    """What would change in the rubric that a file stands for; empty if nothing would."""
    before, after = (Checker(with_source(bundle, s)).check(s.path) for s in (source, made))
    if before.rubric != after.rubric:
        return "the rubric would mean something else"
    return "" if _told(before) == _told(after) else "other findings would be reported"


def _told(checked: Checked) -> list[tuple[str, str]]:
    return sorted((found.code, found.message) for found in checked.diagnostics)
