"""What each word of a file is, for highlighting: from the parser, not from patterns."""

import re
from typing import Literal, NamedTuple

from ..syntax import nodes as n
from ..syntax.tables import tables
from ..syntax.tokens import Token, scan
from .names import Kind, Place, names
from .workspace import Workspace

TokenType = Literal[
    "keyword", "namespace", "class", "variable", "parameter", "property", "enumMember", "function",
    "type", "string", "number", "operator", "comment",
]  # fmt: skip
TYPES: tuple[TokenType, ...] = (
    "keyword", "namespace", "class", "variable", "parameter", "property", "enumMember", "function",
    "type", "string", "number", "operator", "comment",
)  # fmt: skip
MODIFIERS = ("declaration", "documentation")
_OF_NAME: dict[Kind, TokenType] = {
    "rubric": "namespace",
    "include": "namespace",
    "source": "variable",
    "valueset": "variable",
    "input": "parameter",
    "option": "enumMember",
    "word": "enumMember",
    "prompt": "variable",
    "criterion": "property",
    "module_criterion": "property",
    "profile": "class",
    "response": "variable",
    "function": "function",
}
_OF_TOKEN: dict[str, TokenType] = {
    "STRING": "string",
    "NUMBER": "number",
    "COMPARE": "operator",
    "EQUAL": "operator",
    "UNIT": "type",
}
_COMMENT = re.compile(r"#[^\n]*")


class Painted(NamedTuple):
    """A stretch of one line. `modifiers` are names in `MODIFIERS`."""

    start: int
    end: int
    type: TokenType
    modifiers: tuple[str, ...] = ()


def tokens(workspace: Workspace, path: str) -> list[Painted]:
    """All stretches of a file, in order; none of them goes over the end of a line."""
    checked = workspace.check(path)
    if checked.source is None or checked.tree is None:
        return []
    text = checked.source.text
    places: dict[int, Place] = {}
    for place in names(checked.tree):
        places[place.start] = place
    words = _words(checked.tree)
    found: list[Painted] = []
    at = 0
    for token in scan(path, text)[0]:
        for comment in _COMMENT.finditer(text, at, token.start):
            end = comment.start() + len(comment[0].rstrip("\r"))
            notes = ("documentation",) if comment[0].startswith("##") else ()
            found.append(Painted(comment.start(), end, "comment", notes))
        at = token.end
        found += _painted(token, places, words)
    return found


def _painted(token: Token, places: dict[int, Place], words: dict[int, TokenType]) -> list[Painted]:
    kind = _OF_TOKEN.get(token.type)
    if kind is not None:
        return [Painted(token.start, token.end, words.get(token.start, kind))]
    if token.type not in ("WORD", "DOTTED"):
        return []
    place = places.get(token.start)
    if place is not None and place.end <= token.end:
        made = ("declaration",) if place.node is not None else ()
        first = Painted(place.start, place.end, _OF_NAME[place.kind], made)
        rest = places.get(place.end + 1) if place.end < token.end else None
        return [first, Painted(rest.start, rest.end, "property")] if rest else [first]
    if token.start in words:
        return [Painted(token.start, token.end, words[token.start])]
    if token.text in tables().words:
        return [Painted(token.start, token.end, "keyword")]
    return []


def _words(tree: n.Tree) -> dict[int, TokenType]:
    """Words that are neither keywords nor names: types, units, verdicts, and the like."""
    found: dict[int, TokenType] = {}
    waiting: list[object] = [tree.header, *tree.items]
    while waiting:
        node = waiting.pop()
        match node:
            case n.Quantity():
                found[node.unit.start] = "type"
            case n.Type():
                if node.kind in ("name", "quantity"):
                    found |= {name.start: "type" for name in node.names}
                waiting.append(node.item)
            case n.Header(status=n.Name() as status):
                found[status.start] = "enumMember"
            case n.Setting(value=n.Name() as value):
                found[value.start] = "enumMember"
            case n.Entry():
                found[node.verdict.start] = "enumMember"
            case n.Expectation(verdict=n.Name() as verdict):
                found[verdict.start] = "enumMember"
            case n.PolicyLine():
                found[node.word.start] = "enumMember"
            case n.RewardItem():
                found[node.shape.start] = "class"
                found |= {param.name.start: "parameter" for param in node.params}
            case n.Call(arguments=(n.Name() as first, *_)):
                found[first.start] = "parameter"
            case _ if isinstance(node, tuple):
                pass
            case _:
                continue
        if isinstance(node, tuple):
            waiting += [part for part in node if isinstance(part, tuple)]
    return found
