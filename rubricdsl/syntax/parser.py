"""From text to a tree, with one fault reported per mistake.

Lark computes the LALR tables from the grammar of record (`grammars/generate.py`); the machine that
runs on them is here, because three things are wanted that a finished parser does not give: a word
is a keyword only where one fits, what is plainly meant is read as such, and after a fault the rest
of the file is still read (`recovery`).
"""

from typing import NamedTuple

from ..source import Source
from .machine import Machine
from .nodes import Header, Item, Tree
from .recovery import Recovery, SyntaxFault
from .tokens import LexicalFault, Token, scan


class Parsed(NamedTuple):
    """`damaged` says that part of the file could not be read, so that what is missing may be
    there."""

    tree: Tree
    lexical: tuple[LexicalFault, ...]
    syntax: tuple[SyntaxFault, ...]
    damaged: bool


def parse(source: Source) -> Parsed:
    """Read one file. Never raises on any text; what could not be read is in the faults."""
    tokens, lexical = scan(source.path, source.text)
    machine = Machine()
    recovery = Recovery(source, tokens, lexical, machine)
    header, items = _run(source.text, tokens, machine, recovery)
    tree = Tree(source.path, header, items, _docs(source.text))
    return Parsed(tree, tuple(lexical), tuple(recovery.faults), recovery.damaged)


def _run(
    text: str, tokens: list[Token], machine: Machine, recovery: Recovery
) -> tuple[Header | None, tuple[Item, ...]]:
    at = 0
    while (at := machine.run(tokens, at)) < len(tokens):
        token, used = decide(text, tokens, at, machine)
        if machine.is_too_deep:
            at = recovery.too_deep(at, token)
        elif machine.feed(token):
            at += used
        else:
            at = recovery.recover(at, token)
    built: tuple[Header | None, tuple[Item, ...]] = machine.values[0]
    return built


def decide(text: str, tokens: list[Token], at: int, machine: Machine) -> tuple[Token, int]:
    """The token at `at` as the grammar has room for it, and how many raw tokens it takes."""
    token = tokens[at]
    room = machine.tables.states[machine.met_in]
    if token.type == "WORD":
        names = [n for n in (*machine.tables.words.get(token.text, ()), "NAME") if n in room]
        if len(names) > 1:
            names = [name for name in names if machine.fits(name)] or names
        if len(names) > 1:
            # `reward weighted safety 2` beside `safety {`: what follows decides.
            after = [name for name in names if _goes_on(tokens[at + 1], name, machine)]
            names = after or names
        return token._replace(type=names[0] if names else "NAME"), 1
    if token.type == "NUMBER":
        if "QUANTITY" in room and (unit := _unit_after(text, tokens, at, machine)) is not None:
            gap = " " * (unit.start - token.end)
            return Token("QUANTITY", token.text + gap + unit.text, token.start, unit.end), 2
        if "NUMBER" not in room and token.text.isdigit():
            return token._replace(type="INT"), 1
    return token, 1


def _goes_on(following: Token, name: str, machine: Machine) -> bool:
    """Whether the raw token that follows fits behind a terminal."""
    return any(machine.fits(name, kind) for kind in machine.tables.terminals(following))


def _unit_after(text: str, tokens: list[Token], at: int, machine: Machine) -> Token | None:
    """A word right behind a number, on its line, that is no keyword and opens no entry."""
    number, word, after = tokens[at], tokens[at + 1], tokens[at + 2 : at + 3]
    if word.type == "WORD":
        if word.text in machine.tables.words or after[0].type == "COLON":
            return None
    elif word.type != "UNIT":
        return None
    return None if "\n" in text[number.end : word.start] else word


def _docs(text: str) -> dict[int, str]:
    """`##` comments: the number of the line below each block, with the block's text."""
    docs: dict[int, str] = {}
    if "##" not in text:
        return docs
    block: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("##"):
            block.append(stripped.removeprefix("##").strip())
        elif block:
            docs[number] = "\n".join(block)
            block = []
    return docs
