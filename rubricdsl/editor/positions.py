"""Places as editors count them: lines, and columns in the code units of one encoding."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_ABOVE = {"utf-8": "[\x80-\U0010ffff]", "utf-16": "[\U00010000-\U0010ffff]", "utf-32": "(?!)"}
_WIDE = {encoding: re.compile(pattern) for encoding, pattern in _ABOVE.items()}


class Position(NamedTuple):
    """Both counted from 0; `character` in code units."""

    line: int
    character: int


class Change(NamedTuple):
    """A text in place of what is between two positions; without them, of everything."""

    text: str
    start: Position | None = None
    end: Position | None = None


def _units(encoding: Encoding) -> Callable[[str], int]:
    """How many code units a character takes."""
    if encoding == "utf-8":
        return lambda c: 1 if c < "\x80" else 2 if c < "\u0800" else 3 if c < "\U00010000" else 4
    if encoding == "utf-16":
        return lambda c: 2 if c >= "\U00010000" else 1
    return lambda _: 1


class Positions:
    """The positions of one text. Lines end at LF, CR LF or CR, and at nothing else.

    What is beyond the end of a line or of the text stands for that end.
    """

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self._text = text
        self._wide = _WIDE[encoding]
        self._units = _units(encoding)
        ends = list(_LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in ends)]
        self._stops = [*(end.start() for end in ends), len(text)]

    def offset(self, line: int, character: int) -> int:
        """The offset in characters. Within a character that takes several units: its start."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self._text)
        start, stop = self._starts[line], self._stops[line]
        if self._wide.search(self._text, start, stop) is None:
            return min(start + max(character, 0), stop)
        left = character
        for at in range(start, stop):
            left -= self._units(self._text[at])
            if left < 0:
                return at
        return stop

    def position(self, offset: int) -> Position:
        """The position of an offset in characters."""
        offset = min(max(offset, 0), len(self._text))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        stop = min(offset, self._stops[line])
        if self._wide.search(self._text, start, stop) is None:
            return Position(line, stop - start)
        return Position(line, sum(map(self._units, self._text[start:stop])))

    def length(self, start: int, end: int) -> int:
        """The code units between two offsets."""
        if self._wide.search(self._text, start, end) is None:
            return end - start
        return sum(map(self._units, self._text[start:end]))

    @property
    def lines(self) -> int:
        """How many lines there are; an empty text has one."""
        return len(self._starts)

    def line(self, number: int) -> tuple[int, int]:
        """The offsets between which a line (from 0) stands, without its end."""
        return self._starts[number], self._stops[number]


def applied(text: str, changes: Iterable[Change], encoding: Encoding) -> str:
    """The text after the changes, each of which speaks of the text that the one before it left."""
    for change in changes:
        if change.start is None or change.end is None:
            text = change.text
            continue
        at = Positions(text, encoding)
        start, end = at.offset(*change.start), at.offset(*change.end)
        text = text[:start] + change.text + text[max(start, end) :]
    return text
