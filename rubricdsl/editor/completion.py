"""What may be written next: words that fit, and names that are known here."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from .. import ir
from ..passes.checks import USAGE
from ..runtime.shapes import SHAPE_PARAMS
from ..source import library_root
from ..syntax import nodes as n
from ..syntax.tables import tables
from ..syntax.tokens import Token
from ..units import UNITS, dimension
from .cursor import Cursor, cursor
from .keywords import CHECKS, TYPES, VALUES, WORDS
from .symbols import Names
from .workspace import Workspace

MOST_MODULES = 200
_HEADER = re.compile(r'^rubric\s+([\w.]+)\s+version\s+"([^"\n]*)"', re.MULTILINE)
_POLICIES = {"safety": ("violate", "drop")}
_LISTS = ("CITES", "BECAUSE", "VIOLATES")
"""Behind these, names stand apart by commas."""
_OTHER_POLICIES = ("unmet", "exclude", "drop")

Kind = Literal[
    "keyword", "criterion", "input", "value", "unit", "source", "valueset", "module", "function",
    "response", "type",
]  # fmt: skip


class Item(NamedTuple):
    """One thing that may be written in place of the word that ends at the cursor."""

    label: str
    kind: Kind
    detail: str = ""
    insert: str = ""


class Completions(NamedTuple):
    """The items, and where the word begins that they would replace."""

    start: int
    items: list[Item]


def completion(workspace: Workspace, path: str, offset: int) -> Completions:
    """Everything that fits at an offset, names first. Empty within texts and comments."""
    checked = workspace.check(path)
    here = cursor(checked.source, offset) if checked.source else None
    if here is None:
        return Completions(offset, [])
    scope = _Scope(workspace, path, checked.draft, checked.tree)
    if here.number:
        items = list(_units(here, scope)) if "UNIT" in here.expected else []
        return Completions(here.start, items)
    items = [*_names(here, scope), *_keywords(here)]
    once = {item.label: item for item in reversed(items)}
    return Completions(here.start, list(reversed(once.values())))


class _Scope:
    """What has a name in the file."""

    def __init__(
        self, workspace: Workspace, path: str, draft: ir.Rubric | None, tree: n.Tree | None
    ) -> None:
        self.workspace = workspace
        self.path = path
        self.criteria = {c.id: c for c in draft.criteria} if draft else {}
        self.inputs = {i.id: i for i in draft.inputs} if draft else {}
        self.sources = {s.id: s for s in draft.sources if "." not in s.id} if draft else {}
        self.value_sets = {v.id: v for v in draft.value_sets} if draft else {}
        self.tree = tree


def _keywords(here: Cursor) -> Iterator[Item]:
    for word, terminals in tables().words.items():
        if here.expected.intersection(terminals):
            yield Item(word, "keyword", WORDS.get(word, ""))


def _names(here: Cursor, scope: _Scope) -> Iterator[Item]:
    """The names that fit, by the word before them and the block that they are in."""
    block = here.block()
    opened = block.type if block else ""
    match here.kind():
        case "INCLUDE" | "EXTENDS" as word:
            yield from _modules(scope, word == "INCLUDE")
        case "VERSION":
            yield from _version(here, scope)
        case "USE":
            yield from _used(scope, block)
        case "STATUS":
            yield from _values(("draft", "active", "retired"))
        case "PURPOSE":
            yield from _values(("training", "evaluation"))
        case "MEANS":
            tier = block.text if block else ""
            yield from _values(_POLICIES.get(tier, _OTHER_POLICIES))
        case "CITES":
            yield from _sources(scope)
        case "OVERRIDE" | "WITHOUT":
            yield from _inherited(scope, block)
        case "WEIGHT" if opened == "PROFILE":
            yield from _criteria(c for c in scope.criteria.values() if c.tier == "proficiency")
        case "REWARD":
            yield from (Item(shape, "value", "reward shape") for shape in ir.SHAPES)
        case "EXPECT" | "OVER" | "TIES":
            yield from _responses(here)
        case "BECAUSE" | "HAS":
            yield from _criteria(scope.criteria.values())
        case "VIOLATES":
            yield from _criteria(c for c in scope.criteria.values() if c.tier == "safety")
        case "COLON":
            yield from _after_colon(here, scope, opened)
        case "EQUAL":
            yield from _default(here, scope)
        case "WHEN" | "CHECK" | "AND" | "OR" | "NOT" | "COMPARE" | "IN" | "CONTAINS":
            yield from _expression(here, scope)
        case "LPAR" | "COMMA" if here.index_of("LPAR", *_LISTS) > here.open_brace():
            yield from _in_brackets(here, scope)
        case _ if "NAME" in here.expected:
            yield from _entries(here, scope, opened)


def _entries(here: Cursor, scope: _Scope, opened: str) -> Iterator[Item]:
    """The next line of a sheet or of facts; the next parameter of a reward."""
    said = set(_said(here))
    if opened == "RESPONSE":
        rest = (c for c in scope.criteria.values() if c.id not in said)
        yield from (item._replace(insert=f"{item.label}: ") for item in _criteria(rest))
    elif opened in ("GIVEN", "PROMPT"):
        rest_inputs = (spec for spec in scope.inputs.values() if spec.id not in said)
        yield from (item._replace(insert=f"{item.label}: ") for item in _inputs(rest_inputs))
    elif opened == "":
        at = here.index_of("REWARD")
        shape = here.values[at + 1] if 0 <= at < len(here.values) - 1 else None
        if isinstance(shape, Token) and shape.text in SHAPE_PARAMS:
            params = SHAPE_PARAMS[shape.text]
            yield from (Item(name, "value", f"parameter of {shape.text}") for name in params)


def _said(here: Cursor) -> Iterator[str]:
    """The names that the open braces have an entry for, the one before the cursor included."""
    entries = list(here.inside(here.open_brace()))
    for entry, after in pairwise([*entries, None]):
        if isinstance(entry, n.Entry | n.Binding) and entry.name is not None:
            yield entry.name.text
        elif isinstance(after, Token) and after.type == "COLON" and isinstance(entry, Token):
            yield entry.text


def _after_colon(here: Cursor, scope: _Scope, opened: str) -> Iterator[Item]:
    subject = here.last(2)
    name = subject.text if isinstance(subject, Token) else ""
    if opened == "INPUT":
        yield from (Item(word, "type", TYPES[word]) for word in TYPES)
    elif opened in ("GIVEN", "PROMPT"):
        yield from _values_of(scope.inputs.get(name))
    elif here.kind(2) == "OTHERWISE":
        yield from _values(("good", "bad", "cannot_assess"))
    elif opened in ("RESPONSE", "TEST"):
        yield from _verdicts(scope.criteria.get(name))


def _verdicts(criterion: ir.Criterion | None) -> Iterator[Item]:
    if criterion is not None and criterion.levels:
        yield from (Item(str(x.level), "value", x.anchor) for x in criterion.levels)
    else:
        yield from (Item(word, "value", WORDS[word]) for word in ("met", "unmet"))
    yield from (Item(word, "value", WORDS[word]) for word in ("not_applicable", "cannot_assess"))


def _default(here: Cursor, scope: _Scope) -> Iterator[Item]:
    at = here.index_of("COLON")
    name = here.values[at - 1] if at > 0 else None
    yield from _values_of(scope.inputs.get(name.text) if isinstance(name, Token) else None)


def _expression(here: Cursor, scope: _Scope) -> Iterator[Item]:
    """Behind `when` or `check`, or behind an operator in one of them."""
    if here.kind() in ("COMPARE", "IN", "CONTAINS"):
        yield from _against(here.last(2), scope)
    elif here.values[here.index_of("WHEN", "CHECK")].type == "CHECK":
        for name, usage in USAGE.items():
            yield Item(name, "function", f"{CHECKS[name]} `{usage}`", usage.partition("(")[0])
    else:
        yield from _inputs(scope.inputs.values())


def _against(left: object, scope: _Scope) -> Iterator[Item]:
    """What an input is compared with."""
    spec = scope.inputs.get(left.text) if isinstance(left, n.Name) else None
    yield from _values_of(spec)
    if spec is not None and spec.type.startswith("text"):
        yield from _value_sets(scope)


def _in_brackets(here: Cursor, scope: _Scope) -> Iterator[Item]:
    at = here.index_of("LPAR", *_LISTS)
    opener = here.values[at] if at >= 0 else None
    before = here.values[at - 1] if at > 0 else None
    if not isinstance(opener, Token):
        return
    if opener.type == "CITES":
        yield from _sources(scope)
    elif opener.type == "BECAUSE":
        yield from _criteria(scope.criteria.values())
    elif opener.type == "VIOLATES":
        yield from _criteria(c for c in scope.criteria.values() if c.tier == "safety")
    elif isinstance(before, Token) and before.text == "quantity":
        yield from (Item(unit, "unit", str(dimension(unit))) for unit in UNITS)
    elif isinstance(before, Token) and before.type in ("IN", "CONTAINS"):
        yield from _against(here.values[at - 2] if at > 1 else None, scope)
    elif isinstance(before, Token) and before.type == "COLON":
        subject = here.values[at - 2] if at > 1 else None
        yield from _values_of(scope.inputs.get(getattr(subject, "text", "")))
    elif isinstance(before, Token) and before.type == "NAME":
        if here.kind() == "LPAR":
            yield Item("response", "value", "The text of the answer.")
        else:
            yield from _value_sets(scope)
    elif here.index_of("WHEN", "CHECK") >= 0 and here.kind() == "LPAR":
        yield from _expression(here, scope)


def _units(here: Cursor, scope: _Scope) -> Iterator[Item]:
    """Units, of the kind that fits what stands before; all where nothing does."""
    at = here.index_of("COMPARE", "COLON", "EQUAL")
    left = here.values[at - 1] if at > 0 else None
    if isinstance(left, n.Type):
        left = left.names[0] if left.kind == "quantity" else None
        wanted = left.text if left else None
    else:
        spec = scope.inputs.get(left.text) if isinstance(left, n.Name | Token) else None
        wanted = spec.unit if spec else None
    kind = dimension(wanted) if wanted else None
    for unit in UNITS:
        if kind is None or dimension(unit) == kind:
            yield Item(unit, "unit", str(dimension(unit)))


def _values(words: Iterable[str]) -> Iterator[Item]:
    for word in words:
        yield Item(word, "value", VALUES.get(word) or WORDS.get(word, ""))


def _values_of(spec: ir.Input | None) -> Iterator[Item]:
    if spec is not None and spec.type == "bool":
        yield from _values(("true", "false"))
    elif spec is not None:
        yield from (Item(option, "value", f"of {spec.id}") for option in spec.options)


def _criteria(criteria: Iterable[ir.Criterion]) -> Iterator[Item]:
    for criterion in criteria:
        yield Item(criterion.id, "criterion", f"{criterion.polarity} {criterion.text}")


def _inputs(inputs: Iterable[ir.Input]) -> Iterator[Item]:
    for spec in inputs:
        about = f"{spec.type} in {spec.unit}" if spec.unit else spec.type.replace("_", " ")
        yield Item(spec.id, "input", about)


def _sources(scope: _Scope) -> Iterator[Item]:
    return (Item(source.id, "source", source.title) for source in scope.sources.values())


def _value_sets(scope: _Scope) -> Iterator[Item]:
    for terms in scope.value_sets.values():
        yield Item(terms.id, "valueset", ", ".join(term.text for term in terms.terms[:5]))


def _responses(here: Cursor) -> Iterator[Item]:
    for line in here.inside(here.index_of("TEST")):
        if isinstance(line, n.ResponseLine):
            yield Item(line.name.text, "response", "response of this test")


def _used(scope: _Scope, block: Token | None) -> Iterator[Item]:
    """Criteria of included rubrics that belong into this block."""
    for item in scope.tree.items if scope.tree else ():
        if not isinstance(item, n.Include):
            continue
        path = scope.workspace.module(item.name.text, scope.path)
        draft = scope.workspace.check(path).draft if path and path != scope.path else None
        for criterion in draft.criteria if draft else ():
            if block is None or criterion.tier == block.text:
                label = f"{item.alias.text}.{criterion.id}"
                yield Item(label, "criterion", f"{criterion.polarity} {criterion.text}")


def _inherited(scope: _Scope, block: Token | None) -> Iterator[Item]:
    path = Names(scope.workspace).base(scope.path)
    draft = scope.workspace.check(path).draft if path else None
    tier = block.text if block else ""
    yield from _criteria(c for c in (draft.criteria if draft else ()) if c.tier == tier)


def _modules(scope: _Scope, include: bool) -> Iterator[Item]:
    """Rubrics that can be found from this file."""
    library = sorted(map(str, library_root().rglob("*.rubric")))
    files = dict.fromkeys([*scope.workspace.files(), *library])
    seen, offered = set[str](), 0
    key = scope.workspace.bundle.key
    for path in files:
        header = _HEADER.search(scope.workspace.text(path))
        if header is None or header[1] in seen:
            continue
        name, version = header[1], header[2]
        seen.add(name)
        found = scope.workspace.module(name, scope.path)
        if found is None or key(found) == key(scope.path):
            continue
        if (offered := offered + 1) > MOST_MODULES:
            return
        insert = f'{name} version "{version}"'
        insert += f" called {name.rpartition('.')[2]}" if include else ""
        yield Item(name, "module", f"version {version}", insert)


def _version(here: Cursor, scope: _Scope) -> Iterator[Item]:
    """The version that an included rubric has."""
    name = here.last(2)
    if here.kind(3) not in ("INCLUDE", "EXTENDS") or not isinstance(name, n.Name):
        return
    path = scope.workspace.module(name.text, scope.path)
    header = _HEADER.search(scope.workspace.text(path)) if path else None
    if header is not None:
        yield Item(f'"{header[2]}"', "value", f"version of {name.text}")
