"""The LALR tables of the grammar, ready to run: read once, reductions bound to what they build."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from .build import Build
from .tokens import Token

Make = Callable[[list[Any]], Any]


class Rule(NamedTuple):
    """`make` turns the values of `size` symbols into one; None where one stands for itself."""

    origin: str
    size: int
    make: Make | None


class Tables(NamedTuple):
    """`states` maps, per state, a terminal to `n` (shift to n) or `-1 - r` (reduce by rule r), and
    a nonterminal to the state to go to. `words` are the keywords, with the terminals of each."""

    start: int
    end: int
    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]
    words: dict[str, tuple[str, ...]]

    def terminals(self, token: Token) -> tuple[str, ...]:
        """What a raw token can be."""
        if token.type == "NUMBER":
            return ("NUMBER", "INT", "QUANTITY")
        if token.type == "WORD":
            return (*self.words.get(token.text, ()), "NAME")
        return (token.type,)


@cache
def tables() -> Tables:
    """The tables in `grammars/tables.json`, which belong to `grammars/rubric.lark`."""
    data = json.loads((files("rubricdsl.grammars") / "tables.json").read_text("utf-8"))
    rules = tuple(Rule(origin, size, _make(makes)) for origin, size, makes in data["rules"])
    words = {word: tuple(names) for word, names in data["words"].items()}
    return Tables(data["start"], data["end"], rules, tuple(data["states"]), words)


def _make(makes: str) -> Make | None:
    if makes == "":
        return None
    if makes == "*":
        return _gather
    method: Make = getattr(Build, makes)

    def make(children: list[Any]) -> Any:
        for child in children:
            if type(child) is list:
                return method(_spread(children))
        return method(children)

    return make


def _spread(children: list[Any]) -> list[Any]:
    spread: list[Any] = []
    for child in children:
        if type(child) is list:
            spread.extend(child)
        else:
            spread.append(child)
    return spread


def _gather(children: list[Any]) -> list[Any]:
    """A repetition: the list so far grows, so that a thousand items cost a thousand steps."""
    first, *rest = children
    if type(first) is not list:
        return children
    first.extend(rest)
    return first
