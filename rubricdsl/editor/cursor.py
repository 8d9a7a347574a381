"""What can stand at a place of a file that is being written."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..source import Source
from ..syntax.machine import Machine
from ..syntax.parser import decide
from ..syntax.recovery import Recovery
from ..syntax.tokens import END, Token, scan

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_BLOCKS = (
    "TIER", "SOURCE", "VALUESET", "INPUT", "PROMPT", "GIVEN", "RESPONSE", "TEST", "PROFILE",
    "ORDER",
)  # fmt: skip


class Cursor(NamedTuple):
    """`word` is what has been typed of the word that ends here, from `start` on. `values` is what
    has been read and waits for its end; `expected` are the terminals that fit next. `number` says
    that a number stands before, whose unit this may be."""

    start: int
    word: str
    values: tuple[Any, ...]
    expected: frozenset[str]
    number: bool = False

    def last(self, back: int = 1) -> Any:
        """The last value, or one before it; None where there is none."""
        return self.values[-back] if len(self.values) >= back else None

    def kind(self, back: int = 1) -> str:
        """The terminal of the last value; empty if that is no token."""
        value = self.last(back)
        return value.type if isinstance(value, Token) else ""

    def block(self) -> Token | None:
        """The keyword whose braces are open here."""
        at = self.open_brace()
        before = reversed(self.values[:at]) if at >= 0 else iter(())
        return next((v for v in before if isinstance(v, Token) and v.type in _BLOCKS), None)

    def open_brace(self) -> int:
        """Where the innermost open brace is among the values; -1 without one."""
        return self.index_of("LBRACE")

    def index_of(self, *kinds: str) -> int:
        """Where the last token of these kinds is among the values; -1 without one."""
        for at in range(len(self.values) - 1, -1, -1):
            value = self.values[at]
            if isinstance(value, Token) and value.type in kinds:
                return at
        return -1

    def inside(self, since: int) -> Iterator[Any]:
        """Everything that has been read behind one of the values."""
        for value in self.values[since + 1 :]:
            yield from value if isinstance(value, list) else (value,)


def cursor(source: Source, offset: int) -> Cursor | None:
    """What stands before a place; None within a text or a comment, where anything may be written,
    and where the file is too damaged to tell."""
    text = source.text
    tokens, lexical = scan(source.path, text)
    if _is_text(text, tokens, offset):
        return None
    line = text.rfind("\n", 0, offset) + 1
    found = _WORD.search(text, line, offset)
    start = found.start() if found else offset
    stop = bisect_left(tokens, start, key=lambda token: token.start)
    number = (
        stop > 0
        and tokens[stop - 1].type == "NUMBER"
        and "\n" not in text[tokens[stop - 1].end : start]
    )
    machine = Machine()
    recovery = Recovery(source, tokens, lexical, machine)
    if not _read(text, tokens, machine, recovery, 0, stop - number):
        return None
    expected: tuple[str, ...]
    if number and machine.fits("QUANTITY"):
        expected = ("UNIT",)
    else:
        if number and not _read(text, tokens, machine, recovery, stop - 1, stop):
            return None
        expected, number = machine.expected(), False
    values = tuple(machine.values)
    return Cursor(start, text[start:offset], values, frozenset(expected), number)


def _read(
    text: str, tokens: list[Token], machine: Machine, recovery: Recovery, at: int, stop: int
) -> bool:
    """Read the tokens from `at` to `stop`; False if a fault makes reading go on behind it."""
    before = tokens[:stop]
    while (at := machine.run(before, at)) < stop:
        token, used = decide(text, tokens, at, machine)
        if token.type == END:
            return False
        if machine.is_too_deep:
            at = recovery.too_deep(at, token)
        elif machine.feed(token):
            at += used
        else:
            at = recovery.recover(at, token)
    return at == stop


def _is_text(text: str, tokens: list[Token], offset: int) -> bool:
    at = bisect_left(tokens, offset, key=lambda token: token.start) - 1
    token = tokens[at] if at >= 0 else None
    if token is not None and token.type == "STRING":
        # One that is never closed goes on to the end of its line.
        closed = text[token.start : token.end].endswith('"') and token.end - token.start > 1
        if offset < token.end or (offset == token.end and not closed):
            return True
    gap = text[token.end if token else 0 : offset]
    return "#" in gap[gap.rfind("\n") + 1 :]
