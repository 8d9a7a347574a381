"""The parts of a file: an outline, what can be folded, and things to search for by name."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ..source import Source
from ..syntax import nodes as n
from .names import Kind
from .symbols import Names
from .workspace import Workspace

_NOTE = re.compile(r"[ \t]*#")

PartKind = Literal[
    "rubric", "include", "source", "valueset", "inputs", "input", "prompt", "tier", "criterion",
    "order", "reward", "profile", "test", "response",
]  # fmt: skip
_SEARCHED: tuple[Kind, ...] = (
    "rubric", "source", "valueset", "input", "prompt", "criterion", "profile",
)  # fmt: skip


class Part(NamedTuple):
    """A construct with its name; offsets of all of it, and of what to select."""

    name: str
    detail: str
    kind: PartKind
    start: int
    end: int
    name_start: int
    name_end: int
    parts: tuple["Part", ...] = ()


class Fold(NamedTuple):
    """Offsets of what can be folded away."""

    start: int
    end: int
    kind: Literal["region", "comment"] = "region"


class Entry(NamedTuple):
    """A thing of the workspace that has a name."""

    name: str
    kind: Kind
    path: str
    start: int
    end: int
    container: str


def outline(workspace: Workspace, path: str) -> list[Part]:
    """The parts of a file, in order."""
    tree = workspace.check(path).tree
    if tree is None:
        return []
    head = tree.header
    parts = [_part(head, head.name, "rubric", head.version.value)] if head else []
    return parts + [part for item in tree.items if (part := _item(item)) is not None]


def _part(
    node: n.Item | n.TierItem | n.InputLine | n.ResponseLine | n.Header,
    name: n.Name | n.Text,
    kind: PartKind,
    detail: str = "",
    parts: tuple[Part, ...] = (),
) -> Part:
    text = name.value if isinstance(name, n.Text) else name.text
    return Part(text, detail, kind, node.start, node.end, name.start, name.end, parts)


def _item(item: n.Item) -> Part | None:
    match item:
        case n.Include():
            return _part(item, item.alias, "include", item.name.text)
        case n.Extends():
            return _part(item, item.name, "include", "extends")
        case n.SourceBlock():
            title = next((f.value.value for f in item.fields if f.key.text == "title"), "")
            return _part(item, item.name, "source", title)
        case n.ValueSetBlock():
            return _part(item, item.name, "valueset", f"{len(item.terms)} terms")
        case n.InputBlock():
            lines = tuple(_part(line, line.name, "input") for line in item.inputs)
            word = n.Name("input", item.start, item.start + len("input"))
            return _part(item, word, "inputs", "", lines)
        case n.PromptItem():
            return _part(item, item.name or item.text, "prompt", item.text.value)
        case n.TierBlock():
            parts = tuple(p for part in item.items if (p := _criterion(part)) is not None)
            return _part(item, item.tier, "tier", "", parts)
        case n.OrderBlock():
            return _part(item, n.Name("order", item.start, item.start + len("order")), "order")
        case n.RewardItem():
            return _part(item, item.shape, "reward", "reward")
        case n.ProfileBlock():
            return _part(item, item.name, "profile")
        case n.TestBlock():
            lines = tuple(
                _part(line, line.name, "response")
                for line in item.lines
                if isinstance(line, n.ResponseLine)
            )
            return _part(item, item.title, "test", "", lines)
        case _:
            return None


def _criterion(item: n.TierItem) -> Part | None:
    match item:
        case n.CriterionItem() | n.Override():
            said = next((c.text.value for c in item.clauses if isinstance(c, n.Statement)), "")
            return _part(item, item.name, "criterion", said)
        case n.Use():
            return _part(item, item.alias or item.name, "criterion", f"use {item.name.text}")
        case _:
            return None


def folds(workspace: Workspace, path: str) -> list[Fold]:
    """Constructs and series of comments that take more than one line."""
    checked = workspace.check(path)
    if checked.source is None or checked.tree is None:
        return []
    text = checked.source.text
    waiting = outline(workspace, path)
    found: list[Fold] = list(_comments(checked.source))
    while waiting:
        part = waiting.pop()
        waiting += part.parts
        if "\n" in text[part.start : part.end]:
            found.append(Fold(part.start, part.end))
    return sorted(found)


def _comments(source: Source) -> Iterator[Fold]:
    """Two lines or more that begin with `#`."""
    start = end = -1
    at = 0
    for line in source.text.split("\n"):
        if _NOTE.match(line):
            start = at if start < 0 else start
            end = at + len(line.rstrip("\r"))
        else:
            if start >= 0 and "\n" in source.text[start:end]:
                yield Fold(start, end, "comment")
            start = -1
        at += len(line) + 1
    if start >= 0 and "\n" in source.text[start:end]:
        yield Fold(start, end, "comment")


def search(workspace: Workspace, query: str, most: int = 500) -> list[Entry]:
    """Things of the open folders whose names have the letters of the query, in their order."""
    letters = ".*".join(map(re.escape, query))
    wanted = re.compile(letters, re.IGNORECASE | re.DOTALL)
    index = Names(workspace)
    found: list[Entry] = []
    for path in workspace.files():
        container = ""
        for place in index.places(path):
            if place.kind == "rubric" and place.node is not None:
                container = place.name
            if place.node is None or place.kind not in _SEARCHED:
                continue
            if wanted.search(place.name):
                entry = Entry(place.name, place.kind, path, place.start, place.end, container)
                found.append(entry)
        if len(found) >= most:
            break
    return found[:most]
