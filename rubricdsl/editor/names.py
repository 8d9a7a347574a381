"""The names in one file: where each stands, what kind of thing it names, and whether it is made
there."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ..syntax import nodes as n

Kind = Literal[
    "rubric",
    "include",
    "source",
    "valueset",
    "input",
    "option",
    "prompt",
    "criterion",
    "profile",
    "response",
    "word",
    "function",
    "module_criterion",
]


class Place(NamedTuple):
    """One name at one place.

    `scope` is the input of an option (and of a `word`, which may be an option or a value set), the
    test of a response (its number in the file), the include of a criterion that is used. `node` is
    the construct that a name is made by; None where it is only used.
    """

    kind: Kind
    name: str
    start: int
    end: int
    scope: str = ""
    node: n.Item | n.InputLine | n.TierItem | n.ResponseLine | n.Header | n.Type | None = None


def names(tree: n.Tree) -> list[Place]:
    """All names of a file, in the order in which they stand."""
    return sorted(_all(tree), key=lambda place: (place.start, place.end))


def place_at(places: list[Place], offset: int) -> Place | None:
    """The name at an offset, or right before it."""
    at = bisect_right(places, offset, key=lambda place: place.start)
    near = [place for place in places[max(0, at - 2) : at] if place.end >= offset]
    return near[-1] if near else None


def _all(tree: n.Tree) -> Iterator[Place]:
    if tree.header is not None:
        yield _made("rubric", tree.header.name, tree.header)
    tests = 0
    for item in tree.items:
        match item:
            case n.Include():
                yield _used("rubric", item.name)
                yield _made("include", item.alias, item)
            case n.Extends():
                yield _used("rubric", item.name)
            case n.SourceBlock():
                yield _made("source", item.name, item)
            case n.ValueSetBlock():
                yield _made("valueset", item.name, item)
            case n.InputBlock():
                for line in item.inputs:
                    yield from _input(line)
            case n.PromptItem():
                if item.name is not None:
                    yield _made("prompt", item.name, item)
                yield from _bindings(item.bindings)
            case n.TierBlock():
                for part in item.items:
                    yield from _tier_item(part)
            case n.ProfileBlock():
                yield _made("profile", item.name, item)
                if item.when is not None:
                    yield from _condition(item.when.condition)
                for weight in item.weights:
                    yield _used("criterion", weight.name)
            case n.TestBlock():
                tests += 1
                yield from _test(item, str(tests))


def _made(kind: Kind, name: n.Name, node: n.Item | n.TierItem | n.Header) -> Place:
    return Place(kind, name.text, name.start, name.end, "", node)


def _used(kind: Kind, name: n.Name, scope: str = "") -> Place:
    return Place(kind, name.text, name.start, name.end, scope)


def _input(line: n.InputLine) -> Iterator[Place]:
    name = line.name
    yield Place("input", name.text, name.start, name.end, "", line)
    kind = line.type.item if line.type.kind == "list" and line.type.item else line.type
    if kind.kind == "one_of":
        for option in kind.names:
            yield Place("option", option.text, option.start, option.end, name.text, kind)
    if isinstance(line.default, n.Name):
        yield _used("word", line.default, name.text)


def _bindings(items: tuple[n.Binding, ...]) -> Iterator[Place]:
    for item in items:
        yield _used("input", item.name)
        for value in item.values:
            if isinstance(value, n.Name):
                yield _used("word", value, item.name.text)


def _tier_item(item: n.TierItem) -> Iterator[Place]:
    match item:
        case n.CriterionItem():
            yield _made("criterion", item.name, item)
            yield from _clauses(item.clauses)
        case n.Override():
            yield _used("criterion", item.name)
            yield from _clauses(item.clauses)
        case n.Without():
            yield _used("criterion", item.name)
        case n.Use():
            alias, _, wanted = item.name.text.rpartition(".")
            start, end = item.name.start, item.name.end
            if alias:
                yield Place("include", alias, start, start + len(alias))
                yield Place("module_criterion", wanted, end - len(wanted), end, alias)
            if item.alias is not None:
                yield _made("criterion", item.alias, item)


def _clauses(clauses: tuple[n.Clause, ...]) -> Iterator[Place]:
    for clause in clauses:
        match clause:
            case n.When():
                yield from _condition(clause.condition)
            case n.CheckClause():
                yield from _check(clause.check)
            case n.Cites():
                for name in clause.names:
                    yield _used("source", name)


def _condition(expr: n.Expr) -> Iterator[Place]:
    match expr:
        case n.Chain():
            for operand in expr.operands:
                yield from _condition(operand)
        case n.Not() | n.IsGiven():
            yield from _condition(expr.operand)
        case n.Name():
            yield _used("input", expr)
        case n.Compare():
            yield from _condition(expr.left)
            if isinstance(expr.left, n.Name) and isinstance(expr.right, n.Name):
                yield _used("word", expr.right, expr.left.text)
        case n.Member():
            yield from _condition(expr.left)
            for value in expr.values:
                if isinstance(expr.left, n.Name) and isinstance(value, n.Name):
                    yield _used("word", value, expr.left.text)


def _check(expr: n.Expr) -> Iterator[Place]:
    match expr:
        case n.Chain():
            for operand in expr.operands:
                yield from _check(operand)
        case n.Not():
            yield from _check(expr.operand)
        case n.Compare():
            yield from _check(expr.left)
        case n.Call():
            yield _used("function", expr.name)
            for argument in expr.arguments[1:]:
                if isinstance(argument, n.Name):
                    yield _used("valueset", argument)


def _test(test: n.TestBlock, scope: str) -> Iterator[Place]:
    for line in test.lines:
        match line:
            case n.Bindings():
                yield from _bindings(line.items)
            case n.ResponseLine():
                name = line.name
                yield Place("response", name.text, name.start, name.end, scope, line)
                if isinstance(line.content, n.Sheet):
                    for entry in line.content.entries:
                        if entry.name is not None:
                            yield _used("criterion", entry.name)
            case n.Expectation():
                for response in (line.response, line.other):
                    if response is not None:
                        yield _used("response", response, scope)
                for criterion in line.names:
                    yield _used("criterion", criterion)
