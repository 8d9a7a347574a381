"""The LALR tables of the grammar, ready to run: read once, reductions bound to what they build."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from .build import Build
from .tokens import Token

Make = Callable[[list[Any]], Any]
Row = dict[str, int]


Rule = tuple[str, slice, Make | None]
"""The symbol, the values at the end of the stack that it takes, and what makes one value of them;
None where one stands for itself. A bare tuple: only those are quick to take apart."""


class Tables(NamedTuple):
    """`states` maps, per state, a terminal to `n` (shift to n) or `-1 - r` (reduce by rule r), and
    a nonterminal to the state to go to. `words` are the keywords, with the terminals of each.

    Made of these: `plain` maps, per state, a raw token (a keyword, or the type of anything else) to
    the step that it leads to, if that is the same whatever the token can be. `entered_by` is the
    one symbol that leads to a state."""

    start: int
    end: int
    rules: tuple[Rule, ...]
    states: tuple[Row, ...]
    plain: tuple[Row, ...]
    entered_by: dict[int, str]
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
    rules = tuple((origin, _last(size), _make(*how)) for origin, size, *how in data["rules"])
    states: tuple[Row, ...] = tuple(data["states"])
    words = {word: tuple(names) for word, names in data["words"].items()}
    entered_by = {step: symbol for row in states for symbol, step in row.items() if step >= 0}
    plain = _plain(states, words)
    return Tables(data["start"], data["end"], rules, states, plain, entered_by, words)


def _plain(states: tuple[Row, ...], words: dict[str, tuple[str, ...]]) -> tuple[Row, ...]:
    by_terminal: dict[str, list[str]] = {}
    for word, terminals in words.items():
        for terminal in terminals:
            by_terminal.setdefault(terminal, []).append(word)
    rows: list[Row] = []
    for row in states:
        plain = dict.fromkeys(words, row["NAME"]) if "NAME" in row else {}
        unclear = {"NUMBER"} if "INT" in row or "QUANTITY" in row else set()
        for symbol, step in row.items():
            if symbol.isupper():
                for raw in by_terminal.get(symbol, (symbol,)):
                    if plain.setdefault(raw, step) != step:
                        unclear.add(raw)
        for raw in unclear:
            plain.pop(raw, None)
        rows.append(plain)
    return tuple(rows)


def _last(size: int) -> slice:
    return slice(-size, None) if size else slice(0, 0)


def _make(makes: str, repeats: bool) -> Make | None:
    if makes == "":
        return None
    if makes == "*":
        return _gather
    method: Make = getattr(Build, makes)
    return (lambda children: method(_spread(children))) if repeats else method


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
    first = children[0]
    if type(first) is not list:
        return children
    if len(children) == 2:
        first.append(children[1])
    else:
        first += children[1:]
    return first
