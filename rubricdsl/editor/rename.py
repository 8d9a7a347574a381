"""Another name for a thing, in every file that speaks of it, and the proof that nothing else
changes."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

from ..diagnostics import Edit
from ..passes.check import Checked
from ..source import Span
from ..syntax.tokens import MAX_NAME
from .references import Found, found_at, places_of
from .symbols import Names, Symbol
from .workspace import Workspace

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIXED = {
    "rubric": "the name of a rubric is that of its file: move the file, then write the new name",
    "word": "it is nothing with a name",
}
_HERE = "\0"
"""Stands for the name, before and after, where the two are compared."""


class Refused(NamedTuple):
    """Why a thing cannot have another name, or not this one."""

    reason: str


class Renamed(NamedTuple):
    """The edits by file."""

    edits: dict[str, list[Edit]]


def renameable(workspace: Workspace, path: str, offset: int) -> Span | Refused:
    """The name at an offset, if it can be another."""
    index = Names(workspace)
    found = _found(index, path, offset)
    if isinstance(found, Refused):
        return found
    return Span(path, found.place.start, found.place.end)


def renamed(workspace: Workspace, path: str, offset: int, name: str) -> Renamed | Refused:
    """The edits that give the thing at an offset another name.

    They are tried first: all files that are touched, and those that build on them, are read again,
    and have to say the same about the same things.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        return Refused(f"`{name}` is no name: use letters from A to Z, digits and `_`")
    index = Names(workspace)
    found = _found(index, path, offset)
    if isinstance(found, Refused):
        return found
    symbol = found.symbol
    if name == symbol.name:
        return Renamed({})
    edits: dict[str, list[Edit]] = {}
    for span in places_of(index, symbol):
        edits.setdefault(span.path, []).append(Edit(span, name))
    for file in edits:
        if index.workspace.check(file).tree is None or _is_damaged(index.workspace.check(file)):
            return Refused(f"{file} cannot be read as a whole: mend it first")
    after = workspace.with_texts(
        {file: _edited(workspace.text(file), edits[file]) for file in edits}
    )
    changed = _changed(index, Names(after), _affected(workspace, list(edits)), symbol, name)
    return Refused(changed) if changed else Renamed(edits)


def _found(index: Names, path: str, offset: int) -> Found | Refused:
    found = found_at(index, path, offset)
    if found is None:
        return Refused("there is nothing here that can have another name")
    if found.symbol.kind in _FIXED:
        return Refused(_FIXED[found.symbol.kind])
    made = index.definition(found.symbol)
    if made is None:
        return Refused(f"`{found.place.name}` is made nowhere")
    keys = {index.workspace.bundle.key(file) for file in index.workspace.files()}
    if index.workspace.bundle.key(made.path) not in keys:
        return Refused(f"`{found.place.name}` is made in {made.path}, outside the open folders")
    return found


def _is_damaged(checked: Checked) -> bool:
    return any(d.code.startswith("R01") and d.level == "error" for d in checked.diagnostics)


def _edited(text: str, edits: list[Edit]) -> str:
    for span, new in sorted(edits, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


def _affected(workspace: Workspace, files: list[str]) -> list[str]:
    """Files and all that build on them, which have to name them."""
    found: dict[str, str] = {}
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        key = workspace.bundle.key(path)
        if key in found:
            continue
        found[key] = path
        tree = workspace.check(path).tree
        if tree is not None and tree.header is not None:
            waiting += workspace.files_with([tree.header.name.text])
    return list(found.values())


def _changed(before: Names, after: Names, files: list[str], symbol: Symbol, name: str) -> str:
    """What would be otherwise; empty if nothing but the name would be."""
    other = symbol._replace(name=name)
    for file in files:
        old, new = before.workspace.check(file), after.workspace.check(file)
        added = _told(new, symbol.name, name) - _told(old, symbol.name, name)
        if added:
            return f"{file}: {_message(new, next(iter(added))[0])}"
    for file in files:
        old_places, new_places = before.places(file), after.places(file)
        if len(old_places) != len(new_places):
            return f"{file} would be read as something else"
        for one, two in zip(old_places, new_places, strict=True):
            was, now = before.symbol(file, one), after.symbol(file, two)
            if was == other:
                return f"{file}: `{name}` is the name of something else"
            if one.kind != two.kind or now != _renamed(was, symbol, name):
                return f"{file}: `{two.name}` would mean something else"
        old, new = before.workspace.check(file), after.workspace.check(file)
        if _told(new, symbol.name, name) != _told(old, symbol.name, name):
            return f"{file}: other findings would be reported"
        kept = {symbol.name: _HERE, name: _HERE}
        for first, second in ((old.draft, new.draft), (old.tests, new.tests)):
            if _same(first, kept) != _same(second, kept):
                return f"{file} would mean something else"
    return ""


def _renamed(was: Symbol | None, symbol: Symbol, name: str) -> Symbol | None:
    if was == symbol:
        return symbol._replace(name=name)
    owned = (
        was is not None
        and (was.kind, was.scope, was.file) == ("option", symbol.name, symbol.file)
        and symbol.kind == "input"
    )
    return was._replace(scope=name) if was is not None and owned else was


def _told(checked: Checked, old: str, new: str) -> Counter[tuple[str, str]]:
    """The findings, whichever of the two names they say."""
    either = re.compile(rf"\b(?:{re.escape(old)}|{re.escape(new)})\b")
    return Counter((d.code, either.sub(_HERE, d.message)) for d in checked.diagnostics)


def _message(checked: Checked, code: str) -> str:
    return next(d.message for d in checked.diagnostics if d.code == code)


def _same(value: Any, names: Mapping[str, str]) -> Any:
    """A value with both names written alike, and without the places of things."""
    match value:
        case Span():
            return None
        case str():
            return ".".join(names.get(part, part) for part in value.split("."))
        case tuple() | list():
            return [_same(part, names) for part in value]
        case dict():
            return {_same(key, names): _same(part, names) for key, part in value.items()}
        case _ if is_dataclass(value):
            return [_same(getattr(value, f.name), names) for f in fields(value)]
        case _:
            return value
