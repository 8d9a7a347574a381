"""L0304: sources, value sets and includes that nothing uses. Removing one changes no meaning."""

from collections.abc import Iterator
from typing import Any

from ..diagnostics import Edit, Fix
from ..source import Span
from ..syntax import nodes as n
from .subject import Finding, Subject

_NO_NODE = (str, int, bool, type(None))


def unused(subject: Subject) -> Iterator[Finding]:
    """What this file declares and nothing in it names.

    A file that cites nothing has its sources for the whole; what an extension may name is its
    matter, so that a rubric that is there to be extended says so in a directive.
    """
    cites = {n_.text for c in _within(subject.tree.items, n.Cites) for n_ in c.names}
    named = {
        value.text
        for kind in (n.Call, n.Member)
        for node in _within(subject.tree.items, kind)
        for value in (node.arguments if isinstance(node, n.Call) else node.values)
        if isinstance(value, n.Name)
    }
    used = {u.name.text.partition(".")[0] for u in _within(subject.tree.items, n.Use)}
    for item in subject.tree.items:
        match item:
            case n.SourceBlock(name=name) if cites and name.text not in cites:
                what = "source"
            case n.ValueSetBlock(name=name) if name.text not in named:
                what = "value set"
            case n.Include(alias=name) if name.text not in used:
                what = "include"
            case _:
                continue
        fix = Fix(f"remove the {what}", (Edit(lines_of(subject, item), ""),), keeps_meaning=True)
        values = {"what": what, "name": name.text}
        yield subject.finding("L0304", subject.span(name), values, fixes=[fix])


def lines_of(subject: Subject, item: n.Item) -> Span:
    """The item with its note and, where nothing else is on them, its lines and one empty one."""
    text, start, end = subject.source.text, item.start, item.end
    line = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    after = len(text) if after < 0 else after + 1
    if text[line:start].strip() or text[end:after].strip():
        return subject.at(start, end)
    start, end = line, after
    while start and (above := _line_above(text, start)).lstrip().startswith("##"):
        start -= len(above)
    if start and not _line_above(text, start).strip() and text[end : end + 1] in ("\n", ""):
        start -= len(_line_above(text, start))
    return subject.at(start, end)


def _line_above(text: str, start: int) -> str:
    """The line that ends right before `start`, with its end."""
    return text[text.rfind("\n", 0, start - 1) + 1 : start]


def _within(node: Any, kind: type) -> Iterator[Any]:
    """All nodes of one kind in a node or a tuple of nodes."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, kind):
            yield each
        if not isinstance(each, _NO_NODE):
            waiting.extend(each)
