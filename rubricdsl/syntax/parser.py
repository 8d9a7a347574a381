"""From text to a tree, with one fault reported per mistake.

Lark computes the LALR tables from the grammar of record (`grammars/generate.py`); the machine that
runs on them is here, because three things are wanted that a finished parser does not give: a word
is a keyword only where one fits, a misspelt keyword is read as the one that was meant, and after a
fault the rest of the file is still read.
"""

import gc
from difflib import get_close_matches
from typing import Any, NamedTuple

from ..source import Source, Span
from .nodes import Header, Item, Tree
from .tables import tables
from .tokens import END, LexicalFault, Token, scan

Built = tuple[Header | None, tuple[Item, ...]]


class SyntaxFault(NamedTuple):
    """`found` did not fit; `expected` are terminals that would have; `meant` a likely keyword."""

    span: Span
    found: str
    expected: tuple[str, ...]
    meant: str | None
    opened: Span | None


class Parsed(NamedTuple):
    tree: Tree
    lexical: tuple[LexicalFault, ...]
    syntax: tuple[SyntaxFault, ...]


def parse(source: Source) -> Parsed:
    """Read one file. Never raises on any text; what could not be read is in the faults."""
    tokens, lexical = scan(source.path, source.text)
    # Parsing makes many small tuples and no cycles: collections in the middle only cost time.
    enabled = gc.isenabled()
    gc.disable()
    try:
        run = _Run(source, tokens)
        header, items = run.parse()
    finally:
        if enabled:
            gc.enable()
    tree = Tree(source.path, header, items, _docs(source.text))
    return Parsed(tree, tuple(lexical), tuple(run.faults))


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


class _Run:
    """One parse: the two stacks of an LALR machine, and the faults so far."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.path = source.path
        self.text = source.text
        self.tokens = tokens
        self.tables = tables()
        self.states = [self.tables.start]
        self.values: list[Any] = []
        self.faults: list[SyntaxFault] = []

    def parse(self) -> Built:
        at = 0
        while True:
            token, used = self.decide(at)
            if self.feed(token):
                if token.type == END:
                    built: Built = self.values[-1]
                    return built
                at += used
                continue
            resumed = self.recover(at, token)
            if resumed is None:
                return self.salvage()
            at = resumed

    def feed(self, token: Token) -> bool:
        """Take a token in, with the reductions before it; False where it does not fit."""
        table, states, values = self.tables.states, self.states, self.values
        terminal = token.type
        while True:
            step = table[states[-1]].get(terminal)
            if step is None:
                return False
            if step >= 0:
                states.append(step)
                values.append(token)
                return True
            origin, size, make = self.tables.rules[-1 - step]
            if make is None:
                value = values[-1]
                del values[-1], states[-1]
            else:
                children = values[len(values) - size :]
                del values[len(values) - size :], states[len(states) - size :]
                value = make(children)
            values.append(value)
            states.append(table[states[-1]][origin])
            if terminal == END and states[-1] == self.tables.end:
                return True

    def room(self) -> dict[str, int]:
        """The terminals that the innermost construct knows an action for."""
        return self.tables.states[self.states[-1]]

    def fits(self, terminal: str) -> bool:
        """Whether a terminal can really come next.

        The tables merge lookaheads of like states: a construct may accept to end at a word that
        nothing around it has room for. So the reductions are walked, on a copy, without running.
        """
        table, states = self.tables.states, list(self.states)
        while True:
            step = table[states[-1]].get(terminal)
            if step is None or step >= 0:
                return step is not None
            origin, size, _ = self.tables.rules[-1 - step]
            if size:
                del states[-size:]
            states.append(table[states[-1]][origin])
            if terminal == END and states[-1] == self.tables.end:
                return True

    def decide(self, at: int) -> tuple[Token, int]:
        """The token at `at` as the grammar has room for it, and how many raw tokens it takes."""
        token = self.tokens[at]
        room = self.room()
        if token.type == "WORD":
            names = [n for n in (*self.tables.words.get(token.text, ()), "NAME") if n in room]
            if len(names) > 1:
                names = [name for name in names if self.fits(name)] or names
            return token._replace(type=names[0] if names else "NAME"), 1
        if token.type == "NUMBER":
            if "QUANTITY" in room and (unit := self.unit_after(at)) is not None:
                gap = " " * (unit.start - token.end)
                text = token.text + gap + unit.text
                return Token("QUANTITY", text, token.start, unit.end), 2
            if "NUMBER" not in room and token.text.isdigit():
                return token._replace(type="INT"), 1
        return token, 1

    def unit_after(self, at: int) -> Token | None:
        """A word right behind a number, on its line, that is no keyword and opens no entry."""
        number, word, after = self.tokens[at], self.tokens[at + 1], self.tokens[at + 2 : at + 3]
        if word.type not in ("WORD", "UNIT") or "/" in number.text:
            return None
        if word.type == "WORD" and (word.text in self.tables.words or after[0].type == "COLON"):
            return None
        return None if "\n" in self.text[number.end : word.start] else word

    # Recovery

    def recover(self, at: int, token: Token) -> int | None:
        """Report the token at `at` and find the position to go on from; None at a loss."""
        if token.type == END:
            return self.close(at, token)
        if token.type == "NAME":
            fitting = [w for w, names in self.tables.words.items() if any(map(self.fits, names))]
            near = get_close_matches(token.text, fitting, n=1, cutoff=0.7)
            if near:
                self.fault(at, token, near[0])
                name = next(filter(self.fits, self.tables.words[near[0]]))
                self.feed(token._replace(type=name, text=near[0]))
                return at + 1
        self.fault(at, token)
        return self.resume(at)

    def fault(self, at: int, token: Token, meant: str | None = None) -> None:
        opened = self.innermost_brace(at) if token.type == END else None
        span = Span(self.path, token.start, token.end)
        expected = tuple(name for name in self.room() if name.upper() == name and self.fits(name))
        self.faults.append(SyntaxFault(span, token.text, expected, meant, opened))

    def resume(self, at: int) -> int | None:
        """Skip to a word that may open a statement, or a brace, at which something can go on."""
        for position in range(at, len(self.tokens)):
            token = self.tokens[position]
            if token.type == END:
                return self.close(position, token)
            names: tuple[str, ...] = ()
            if token.type == "RBRACE":
                names = ("RBRACE",)
            elif token.type == "WORD" and self.opens_statement(position):
                names = self.tables.words.get(token.text, ())
            if names and self.unwind(names, position == at):
                return position
        return None

    def opens_statement(self, position: int) -> bool:
        """Whether a word is likely to open a statement: the token before it can end one."""
        before = self.tokens[position - 1] if position else None
        return before is None or before.type not in ("COLON", "COMMA", "EQUAL", "LPAR", "COMPARE")

    def unwind(self, names: tuple[str, ...], stay: bool) -> bool:
        """Drop the innermost unfinished constructs until one of the terminals fits."""
        states, values = self.states, self.values
        kept = list(states), list(values)
        if stay and len(states) > 1:
            states.pop()
            values.pop()
        while not any(map(self.fits, names)):
            if len(states) == 1:
                states[:], values[:] = kept
                return False
            states.pop()
            values.pop()
        return True

    def close(self, at: int, token: Token) -> int | None:
        """At the end of the file: drop what is unfinished until the file could end here."""
        if not self.faults or self.faults[-1].span.start != token.start:
            self.fault(at, token)
        return at if self.unwind((END,), stay=False) else None

    def innermost_brace(self, at: int) -> Span | None:
        open_braces: list[Token] = []
        for token in self.tokens[:at]:
            if token.type == "LBRACE":
                open_braces.append(token)
            elif token.type == "RBRACE" and open_braces:
                open_braces.pop()
        if not open_braces:
            return None
        return Span(self.path, open_braces[-1].start, open_braces[-1].end)

    def salvage(self) -> Built:
        """What had been built when nothing more could be read."""
        header: Header | None = None
        items: list[Item] = []
        for value in self.values:
            if isinstance(value, Header):
                header = value
            elif isinstance(value, list):
                items.extend(value)
            elif isinstance(value, Item):
                items.append(value)
        return header, tuple(items)
