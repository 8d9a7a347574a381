"""What changed since an older version of a rubric, as rows of its page."""

from dataclasses import dataclass

from rubricdsl import ir
from rubricdsl.changes.change import Change
from rubricdsl.changes.changes import changes as differences
from rubricdsl.ir_json import semantic_hash


@dataclass(frozen=True)
class Row:
    """One change: what it is about, what kind of change it is, how it was and is."""

    what: str
    kind: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """The changes since `version`; `same_meaning` where the semantic hash is the same.

    `version` is None where the older folder has no such rubric.
    """

    version: str | None
    same_meaning: bool
    changes: tuple[Row, ...]


def changes(old: ir.Rubric | None, new: ir.Rubric) -> Changes:
    """What changed from one version to another."""
    if old is None:
        return Changes(None, False, ())
    same = semantic_hash(old) == semantic_hash(new)
    return Changes(old.version, same, tuple(map(_row, differences(old, new))))


def _row(change: Change) -> Row:
    both = f"{change.old} → {change.new}" if change.old and change.new else ""
    details = (both or change.old or change.new,)
    return Row(change.about or "the rubric", change.kind.replace("_", " "), details)
