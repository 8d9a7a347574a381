"""Where a thing is made, and every place that speaks of it."""

from typing import NamedTuple

from ..source import Span
from .names import Place, place_at
from .symbols import Names, Symbol
from .workspace import Workspace


class Target(NamedTuple):
    """Where a definition leads: the whole construct, and the name in it."""

    name: Span
    whole: Span


class Found(NamedTuple):
    """A symbol at a place of the file that was asked about."""

    place: Place
    symbol: Symbol


def found_at(index: Names, path: str, offset: int) -> Found | None:
    """The symbol at an offset."""
    place = place_at(index.places(path), offset)
    symbol = index.symbol(path, place) if place else None
    return Found(place, symbol) if place and symbol else None


def definition(workspace: Workspace, path: str, offset: int) -> Target | None:
    """Where the thing at an offset is made. A rubric is made at its header."""
    index = Names(workspace)
    found = found_at(index, path, offset)
    made = index.definition(found.symbol) if found else None
    if made is None:
        return None
    node = made.place.node
    whole = node if node is not None else made.place
    name = Span(made.path, made.place.start, made.place.end)
    return Target(name, Span(made.path, whole.start, whole.end))


def references(
    workspace: Workspace, path: str, offset: int, *, declaration: bool = True
) -> list[Span]:
    """All places that speak of the thing at an offset, in the open folders and the open texts."""
    index = Names(workspace)
    found = found_at(index, path, offset)
    return places_of(index, found.symbol, declaration=declaration) if found else []


def in_file(workspace: Workspace, path: str, offset: int) -> list[tuple[Span, bool]]:
    """The places in this file alone; whether the thing is made there."""
    index = Names(workspace)
    found = found_at(index, path, offset)
    if found is None:
        return []
    return [
        (Span(path, place.start, place.end), place.node is not None)
        for place in index.places(path)
        if place.name == found.place.name and index.symbol(path, place) == found.symbol
    ]


def places_of(index: Names, symbol: Symbol, *, declaration: bool = True) -> list[Span]:
    """All places of a symbol, by file and in order."""
    workspace = index.workspace
    files = dict.fromkeys(workspace.files_with([symbol.name]))
    made = index.definition(symbol)
    by_key = {workspace.bundle.key(file): file for file in files}
    if made is not None:
        by_key.setdefault(workspace.bundle.key(made.path), made.path)
    spans: list[Span] = []
    for file in by_key.values():
        for place in index.places(file):
            if place.name != symbol.name or (place.node is not None and not declaration):
                continue
            if index.symbol(file, place) == symbol:
                spans.append(Span(file, place.start, place.end))
    return spans
