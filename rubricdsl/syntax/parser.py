"""From text to a tree, with one fault reported per mistake.

Lark builds the LALR tables from the grammar of record and runs the reductions; the loop here feeds
it tokens one by one. That gives three things a finished parser does not: a word is a keyword only
where one fits, a misspelt keyword is read as the one that was meant, and after a fault the rest of
the file is still read.
"""

import gc
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from lark import Lark

from ..source import Source, Span
from .build import Build
from .nodes import Header, Item, Tree
from .tokens import END, LexicalFault, Token, scan


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


class _Grammar(NamedTuple):
    lark: Lark
    words: dict[str, tuple[str, ...]]
    """Each keyword's text, with the terminals it can be."""


@cache
def grammar() -> _Grammar:
    """The tables, built once per process."""
    text = (files("rubricdsl.grammars") / "rubric.lark").read_text("utf-8")
    lark = Lark(text, parser="lalr", transformer=Build(), keep_all_tokens=True)
    words: dict[str, list[str]] = {}
    for terminal in lark.terminals:
        for word in str(terminal.pattern.value).removeprefix("(?:").removesuffix(")").split("|"):
            if word.replace("_", "").isalpha():
                words.setdefault(word, []).append(terminal.name)
    return _Grammar(lark, {word: tuple(names) for word, names in words.items()})


def parse(source: Source) -> Parsed:
    """Read one file. Never raises on any text; what could not be read is in the faults."""
    tokens, lexical = scan(source.path, source.text)
    # Parsing makes many small tuples and no cycles: collections in the middle only cost time.
    enabled = gc.isenabled()
    gc.disable()
    try:
        run = _Run(source.path, tokens)
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
    """One parse: a position in the tokens, Lark's stacks, and the faults so far."""

    def __init__(self, path: str, tokens: list[Token]) -> None:
        self.path = path
        self.tokens = tokens
        self.words = grammar().words
        self.state = grammar().lark.parse_interactive("").parser_state
        self.table: dict[Any, dict[str, Any]] = self.state.parse_conf.states
        self.faults: list[SyntaxFault] = []

    def parse(self) -> tuple[Header | None, tuple[Item, ...]]:
        tokens, at = self.tokens, 0
        while True:
            token, used = self.decide(at)
            if token.type in self.table[self.state.state_stack[-1]]:
                result = self.feed(token)
                if token.type == END and result is not None:
                    return result
                at += used
                continue
            if token.type == END and self.close():
                continue
            repaired = self.repair(at, token)
            if repaired is None:
                return self.salvage()
            at = repaired
            if at >= len(tokens):
                return self.salvage()

    def decide(self, at: int) -> tuple[Token, int]:
        """The token at `at` as the grammar has room for it, and how many raw tokens it takes."""
        token = self.tokens[at]
        room = self.table[self.state.state_stack[-1]]
        if token.type == "WORD":
            for name in self.words.get(token.text, ()):
                if name in room:
                    return token._replace(type=name), 1
            return token._replace(type="NAME"), 1
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
        if word.type == "WORD" and (word.text in self.words or after[0].type == "COLON"):
            return None
        return word if self.same_line(number, word) else None

    def same_line(self, left: Token, right: Token) -> bool:
        # Tokens keep no line numbers; a unit stands a blank or so behind its number.
        return right.start - left.end <= 3

    def feed(self, token: Token) -> Any:
        result = self.state.feed_token(token, token.type == END)
        return result

    # Recovery

    def fault(self, at: int, token: Token, meant: str | None = None) -> None:
        room = self.table[self.state.state_stack[-1]]
        opened = self.innermost_brace(at) if token.type == END else None
        span = Span(self.path, token.start, token.end)
        expected = tuple(sorted(room))
        self.faults.append(SyntaxFault(span, token.text, expected, meant, opened))

    def repair(self, at: int, token: Token) -> int | None:
        """Report the token at `at` and find the position to go on from; None at a loss."""
        room = self.table[self.state.state_stack[-1]]
        if token.type == "NAME":
            fitting = [w for w, names in self.words.items() if any(x in room for x in names)]
            near = get_close_matches(token.text, fitting, n=1, cutoff=0.7)
            if near:
                self.fault(at, token, near[0])
                name = next(x for x in self.words[near[0]] if x in room)
                self.feed(token._replace(type=name, text=near[0]))
                return at + 1
        self.fault(at, token)
        return self.resume(at)

    def resume(self, at: int) -> int | None:
        """Skip to a word that starts a line, or a brace, at which some open construct can go on."""
        for position in range(at, len(self.tokens)):
            token = self.tokens[position]
            if token.type == END:
                return position if self.close() else None
            names: tuple[str, ...] = ()
            if token.type == "RBRACE":
                names = ("RBRACE",)
            elif token.type == "WORD" and self.starts_line(position):
                names = self.words.get(token.text, ())
            if names and self.unwind(names, position == at):
                return position
        return None

    def starts_line(self, position: int) -> bool:
        """Whether a token is likely to open a statement: the one before it can end one."""
        before = self.tokens[position - 1] if position else None
        return before is None or before.type not in ("COLON", "COMMA", "EQUAL", "LPAR", "COMPARE")

    def unwind(self, names: tuple[str, ...], stay: bool) -> bool:
        """Drop the innermost unfinished constructs until one of the terminals fits."""
        stack = self.state.state_stack
        for depth in range(1 if stay else 0, len(stack)):
            room = self.table[stack[len(stack) - 1 - depth]]
            if any(name in room for name in names):
                if depth:
                    del stack[len(stack) - depth :]
                    del self.state.value_stack[len(self.state.value_stack) - depth :]
                return True
        return False

    def close(self) -> bool:
        """At the end of the file: drop what is unfinished until the file could end here."""
        if END in self.table[self.state.state_stack[-1]]:
            return False
        token = self.tokens[-1]
        if not self.faults or self.faults[-1].span.start != token.start:
            self.fault(len(self.tokens) - 1, token)
        return self.unwind((END,), stay=True)

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

    def salvage(self) -> tuple[Header | None, tuple[Item, ...]]:
        """What had been built when nothing more could be read."""
        header: Header | None = None
        items: list[Item] = []
        for value in self.state.value_stack:
            if isinstance(value, Header):
                header = value
            elif isinstance(value, list):
                items.extend(value)
            elif isinstance(value, Item):
                items.append(value)
        return header, tuple(items)
