"""Items that hold a fault of reading: what else is wrong in them may follow from it."""

from collections.abc import Iterator
from typing import NamedTuple

from ..diagnostics import Diagnostic
from ..source import Source
from ..syntax import nodes as n
from ..syntax.parser import Parsed

_FOLLOWED = ("unexpected", "unquoted", "deep")


class Damage(NamedTuple):
    """The names of the items, and their places in the file."""

    names: frozenset[str]
    spans: tuple[tuple[int, int], ...]

    def explains(self, diagnostic: Diagnostic) -> bool:
        """Whether a finding is inside one of the items."""
        start = diagnostic.span.start
        return any(first <= start <= last for first, last in self.spans)


def damage(parsed: Parsed, source: Source) -> Damage:
    """The items that a fault is in, or behind on the same line, or that lost their end to one."""
    cuts = [fault.cut for fault in parsed.syntax if fault.cut is not None]
    places = [fault.span.start for fault in parsed.syntax if fault.kind in _FOLLOWED]
    places += [fault.span.start for fault in parsed.lexical if fault.code in ("R0102", "R0103")]
    if not places and not cuts:
        return Damage(frozenset(), ())
    names: set[str] = set()
    spans: list[tuple[int, int]] = []
    for name, start, end in _items(parsed.tree):
        line_end = source.text.find("\n", end)
        last = line_end if line_end >= 0 else len(source.text)
        held = any(start <= place <= last for place in places)
        if held or any(start <= cut <= end for cut in cuts):
            names.add(name)
            spans.append((start, last))
    return Damage(frozenset(names), tuple(spans))


def _items(tree: n.Tree) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of everything that is made or not made as one."""
    if tree.header is not None:
        yield tree.header.name.text, tree.header.start, tree.header.end
    for item in tree.items:
        match item:
            case n.TierBlock():
                for part in item.items:
                    yield _name(part), part.start, part.end
            case n.InputBlock():
                for line in item.inputs:
                    yield line.name.text, line.start, line.end
            case _:
                yield "", item.start, item.end


def _name(item: n.TierItem) -> str:
    if isinstance(item, n.PolicyLine):
        return ""
    name = item.alias if isinstance(item, n.Use) and item.alias else item.name
    return name.text.rpartition(".")[2]
