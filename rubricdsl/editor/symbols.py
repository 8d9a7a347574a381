"""What a name stands for, across files: the one thing that all its places mean."""

from itertools import zip_longest
from typing import NamedTuple

from ..source import Source
from ..syntax import nodes as n
from .names import Kind, Place, names
from .workspace import Workspace


class Symbol(NamedTuple):
    """A thing with a name, by the file (its key) that makes it. `scope` as in `Place`."""

    file: str
    kind: Kind
    name: str
    scope: str = ""


class Definition(NamedTuple):
    """Where a symbol is made."""

    path: str
    place: Place


MOST_STEPS = 60
"""Files from one to the next, as rubrics extend and use one another."""


class Names:
    """The names of the files of a workspace, and what they stand for. Made for one question."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._places: dict[str, list[Place]] = {}
        self._made: dict[str, dict[tuple[str, str, str], Place]] = {}
        self._paths: dict[str, str] = {}
        self._brings: dict[str, dict[str, str]] = {}
        self._bases: dict[str, str | None] = {}

    def places(self, path: str) -> list[Place]:
        """The names of a file; none where it cannot be read."""
        key = self._key(path)
        if key not in self._places:
            tree = self.tree(path)
            self._places[key] = names(tree) if tree else []
            made: dict[tuple[str, str, str], Place] = {}
            for place in self._places[key]:
                if place.node is not None:
                    made.setdefault((place.kind, place.name, place.scope), place)
            self._made[key] = made
            self._brings[key] = _brings(self._places[key])
        return self._places[key]

    def tree(self, path: str) -> n.Tree | None:
        return self.workspace.check(path).tree

    def source(self, path: str) -> Source | None:
        return self.workspace.check(path).source

    def symbol(self, path: str, place: Place) -> Symbol | None:
        """What the name at a place stands for, whether or not it is made anywhere; None for what
        the language itself provides."""
        match place.kind:
            case "function":
                return None
            case "rubric":
                target = path if place.node else self.workspace.module(place.name, path)
                return Symbol(self._key(target), "rubric", place.name) if target else None
            case "include" | "response":
                return Symbol(self._key(path), place.kind, place.name, place.scope)
            case "module_criterion":
                module = self.include(path, place.scope)
                return self._resolve(module, "criterion", place.name) if module else None
            case "option":
                return self._option(path, place.scope, place.name)
            case "word":
                return self._word(path, place)
            case kind:
                return self._resolve(path, kind, place.name)

    def definition(self, symbol: Symbol) -> Definition | None:
        """Where a symbol is made."""
        path = self._paths.get(symbol.file, symbol.file)
        self.places(path)
        made = self._made[self._key(path)]
        if symbol.kind == "rubric":
            place = next((p for (kind, _, _), p in made.items() if kind == "rubric"), None)
        else:
            place = made.get((symbol.kind, symbol.name, symbol.scope))
        return Definition(path, place) if place else None

    def include(self, path: str, alias: str) -> str | None:
        """The path of the rubric that is included under a name."""
        self.places(path)
        made = self._made[self._key(path)].get(("include", alias, ""))
        if made is None or not isinstance(made.node, n.Include):
            return None
        return self.workspace.module(made.node.name.text, path)

    def base(self, path: str) -> str | None:
        """The path of the rubric that a file extends."""
        key = self._key(path)
        if key not in self._bases:
            tree = self.tree(path)
            items = tree.items if tree else ()
            written = next((item for item in items if isinstance(item, n.Extends)), None)
            found = self.workspace.module(written.name.text, path) if written else None
            self._bases[key] = found
        return self._bases[key]

    def input(self, path: str, name: str) -> n.InputLine | None:
        """The line that declares an input, here or in what this file extends."""
        found = self.definition(self._resolve(path, "input", name))
        line = found.place.node if found else None
        return line if isinstance(line, n.InputLine) else None

    def _key(self, path: str) -> str:
        key = self.workspace.bundle.key(path)
        self._paths.setdefault(key, path)
        return key

    def _resolve(self, path: str, kind: Kind, name: str) -> Symbol:
        """The symbol that a name of a file is: made there, used from elsewhere, or inherited."""
        first = Symbol(self._key(path), kind, name)
        seen: set[tuple[str, str]] = set()
        while len(seen) < MOST_STEPS:
            key = self._key(path)
            if (key, name) in seen:
                break
            seen.add((key, name))
            self.places(path)
            if (kind, name, "") in self._made[key]:
                return Symbol(key, kind, name)
            onward = self._brought(path, name) if kind == "criterion" else None
            onward = onward or self.base(path)
            if onward is None:
                break
            path = onward
        return first

    def _brought(self, path: str, name: str) -> str | None:
        """The file from which a criterion is used under its own name."""
        alias = self._brings[self._key(path)].get(name)
        return self.include(path, alias) if alias else None

    def _option(self, path: str, owner: str, name: str) -> Symbol:
        declared = self._resolve(path, "input", owner)
        return Symbol(declared.file, "option", name, declared.name)

    def _word(self, path: str, place: Place) -> Symbol | None:
        """An option of the input, or a value set, by the type of the input."""
        line = self.input(path, place.scope)
        if line is None:
            return None
        kind = line.type.item if line.type.kind == "list" and line.type.item else line.type
        if kind.kind == "one_of":
            return self._option(path, place.scope, place.name)
        if kind.kind == "name" and kind.names[0].text == "text":
            return self._resolve(path, "valueset", place.name)
        return None


def _brings(places: list[Place]) -> dict[str, str]:
    """The criteria that are used under their own names, with the include that each is from."""
    brings: dict[str, str] = {}
    for place, after in zip_longest(places, places[1:]):
        renamed = after is not None and isinstance(after.node, n.Use)
        if place is not None and place.kind == "module_criterion" and not renamed:
            brings.setdefault(place.name, place.scope)
    return brings
