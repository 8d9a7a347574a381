"""Changes as text and as JSON values."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from .. import ir
from ..ir_json import semantic_hash
from ..render import visible
from .change import Change, largest
from .flips import Flip, Moved, Worth
from .versions import is_enough, needed

_LONG = 60
MOST_SHOWN = 20
"""Pairs that a person is shown; JSON has all."""


class Compared(NamedTuple):
    """A rubric in two versions."""

    old: ir.Rubric
    new: ir.Rubric
    changes: tuple[Change, ...]

    @property
    def needed(self) -> str:
        """The least version that the new file may have."""
        return needed(self.old.version, self.changes)

    @property
    def is_enough(self) -> bool:
        return is_enough(self.new.version, self.needed)


def as_text(found: Compared) -> Iterator[str]:
    """The lines for one rubric that has changed."""
    yield f"{visible(found.new.name)} {found.old.version} → {found.new.version}"
    for change in found.changes:
        yield from _lines(change)
    step = largest(found.changes)
    if step is not None:
        state = "as it has" if found.is_enough else f"and the file says {found.new.version}"
        yield f"  = a {step} step follows: version {found.needed} or later, {state}"


def _lines(change: Change) -> Iterator[str]:
    about = f" `{visible(change.about)}`" if change.about else ""
    head = f"  {change.step:<5}  {change.kind.replace('_', ' ')}{about}"
    old, new = visible(change.old), visible(change.new)
    if len(old) + len(new) <= _LONG and (old and new):
        yield f"{head}: {old} → {new}"
        return
    yield head
    yield from (f"           {sign} {text}" for sign, text in (("-", old), ("+", new)) if text)


def flips_as_text(rows: int, sheets: int, moved: tuple[Moved, ...], flips: tuple[Flip, ...]) -> (
    Iterator[str]
):  # fmt: skip
    """The lines for the stored rows of one rubric."""
    yield (
        f"  data: {rows:,} rows with {sheets:,} sheets; {len(moved):,} have another key or reward, "
        f"{len(flips):,} pairs compare otherwise"
    )
    for flip in flips[:MOST_SHOWN]:
        by = " and ".join(flip.by)
        names = [visible(name) for name in (flip.row, flip.first, flip.second)]
        yield f"    {names[0]}: {names[1]} and {names[2]}, by {by}"
        for name, old, new in zip(names[1:], flip.old, flip.new, strict=True):
            yield f"      {name}: {_worth(old)} → {_worth(new)}"
    if len(flips) > MOST_SHOWN:
        yield f"    … and {len(flips) - MOST_SHOWN:,} more"


def _worth(worth: Worth) -> str:
    if worth.key is None:
        return "does not count"
    return f"key {worth.key}, reward {'none' if worth.reward is None else worth.reward}"


def as_json(found: Compared) -> dict[str, Any]:
    """The same as JSON values; numbers that decide are exact texts."""
    versions = {
        side: {"name": r.name, "version": r.version, "hash": semantic_hash(r)}
        for side, r in (("old", found.old), ("new", found.new))
    }
    return {
        **versions,
        "changes": [change._asdict() for change in found.changes],
        "step": largest(found.changes),
        "needed_version": found.needed,
        "version_is_enough": found.is_enough,
    }


def flips_as_json(rows: int, sheets: int, moved: tuple[Moved, ...], flips: tuple[Flip, ...]) -> (
    dict[str, Any]
):  # fmt: skip
    """The stored rows of one rubric as JSON values."""
    return {
        "rows": rows,
        "sheets": sheets,
        "moved": [
            {"row": m.row, "response": m.sheet, "old": _json(m.old), "new": _json(m.new)}
            for m in moved
        ],
        "flips": [
            {
                "row": f.row,
                "by": list(f.by),
                "responses": [
                    {"id": name, "old": _json(old), "new": _json(new)}
                    for name, old, new in zip((f.first, f.second), f.old, f.new, strict=True)
                ],
            }
            for f in flips
        ],
    }


def _json(worth: Worth) -> dict[str, Any]:
    key = None if worth.key is None else list(worth.key)
    return {"key": key, "reward": _exact(worth.reward)}


def _exact(number: Fraction | None) -> str | None:
    return None if number is None else str(number)
