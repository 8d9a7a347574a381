"""Reading a pattern: the syntax tree of the small language described in `patterns`."""

import unicodedata
from dataclasses import dataclass

from rubricdsl.runtime.text import plain

MAX_LENGTH = 1000
MAX_DEPTH = 30
_MAX_RANGE = 512
_REPEATS = ("?", "*", "+", "{")
_SIGNS = frozenset(".[]()|?*+{}\\^$")
_DIGITS = frozenset("0123456789")


class PatternError(ValueError):
    """A pattern that cannot be read. `offset` is the index of the character at fault."""

    def __init__(self, message: str, offset: int, hint: str) -> None:
        super().__init__(message)
        self.message, self.offset, self.hint = message, offset, hint


@dataclass(frozen=True)
class CharSet:
    """`include`, and of the characters that are not in `exclude` all `word` or all `other` ones."""

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    word: bool = False
    other: bool = False


@dataclass(frozen=True)
class Sequence:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Choice:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Repeat:
    """`part` at least `low` times and at most `high` times (None: without end)."""

    part: "Node"
    low: int
    high: int | None


Node = CharSet | Sequence | Choice | Repeat

_ESCAPES = {"d": CharSet(_DIGITS), "s": CharSet(frozenset(" ")), "w": CharSet(word=True)}


def parse(pattern: str) -> Node:
    """The syntax tree of a pattern. Raises `PatternError`."""
    if len(pattern) > MAX_LENGTH:
        raise PatternError(
            "this pattern is too long", MAX_LENGTH, f"at most {MAX_LENGTH} characters; divide it"
        )
    reader = _Reader(pattern)
    node = reader.choice()
    if reader.at < len(pattern):
        raise PatternError("this `)` closes nothing", reader.at, "write `\\)` for the sign itself")
    return node


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.depth = pattern, 0, 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def choice(self) -> Node:
        parts = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self) -> Node:
        start = self.at
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeat())
        if not parts and self.peek() == ")" and not self.depth:
            raise PatternError("this `)` closes nothing", start, "write `\\)` for the sign itself")
        if not parts:
            raise PatternError(
                "there is nothing here to look for", start, "use `?` for a part that may be absent"
            )
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def repeat(self) -> Node:
        node = self.atom()
        start, sign = self.at, self.peek()
        if sign not in _REPEATS:
            return node
        self.at += 1
        low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(sign) or self.bounds(start)
        if self.peek() in _REPEATS:
            raise PatternError("two signs of repetition in a row", self.at, "keep one of them")
        return Repeat(node, low, high)

    def bounds(self, start: int) -> tuple[int, int | None]:
        end = self.pattern.find("}", start)
        body = self.pattern[start + 1 : max(end, start)]
        low, comma, high = body.partition(",")
        if not _is_number(low) or (high and not _is_number(high)):
            raise PatternError(
                "the number of repetitions cannot be read", start, "write {2}, {2,} or {2,5}"
            )
        self.at = end + 1
        least, most = int(low), int(high) if high else (None if comma else int(low))
        if most is not None and (most < least or most == 0):
            raise PatternError(
                "the number of repetitions is never reached", start, "the smaller number goes first"
            )
        return least, most

    def atom(self) -> Node:
        start, char = self.at, self.take()
        if char == "(":
            return self.group(start)
        if char == "[":
            return self.char_class(start)
        if char == ".":
            return CharSet(word=True, other=True)
        if char == "\\":
            return self.escape(start)
        if char in _SIGNS:
            hint = "a pattern always describes whole words" if char in "^$" else f"write `\\{char}`"
            raise PatternError(f"`{char}` cannot stand here", start, hint)
        return self.literal(start, char)

    def literal(self, start: int, char: str) -> Node:
        if char.isspace():
            while self.peek().isspace():
                self.at += 1
            return CharSet(frozenset(" "))
        while unicodedata.combining(self.peek() or "."):
            char += self.take()
        parts = [CharSet(frozenset(c)) for c in plain(char)]
        if not parts and self.peek() == ")" and not self.depth:
            raise PatternError("this `)` closes nothing", start, "write `\\)` for the sign itself")
        if not parts:
            raise PatternError("an invisible character", start, "remove it")
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def group(self, start: int) -> Node:
        if self.peek() == "?":
            raise PatternError("a group cannot begin with `?`", self.at, "plain ( ) only group")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PatternError("groups within groups, too deep", start, "make it flatter")
        node = self.choice()
        self.depth -= 1
        if self.take() != ")":
            raise PatternError("this `(` is never closed", start, "add `)`, or write `\\(`")
        return node

    def escape(self, start: int) -> CharSet:
        char = self.take()
        if char in _ESCAPES:
            return _ESCAPES[char]
        if not char or char.isalnum():
            raise PatternError(
                f"`\\{char}` means nothing here",
                start,
                "known are \\d \\s \\w and \\ before a sign",
            )
        return CharSet(frozenset(_one(char, start)))

    def char_class(self, start: int) -> CharSet:
        negated = self.peek() == "^"
        self.at += negated
        include, word = set[str](), False
        while self.peek() != "]":
            at, char = self.at, self.take()
            if not char:
                raise PatternError("this `[` is never closed", start, "add `]`, or write `\\[`")
            if char == "\\":
                escaped = self.escape(at)
                include |= escaped.include
                word = word or escaped.word
                char = next(iter(escaped.include)) if len(escaped.include) == 1 else ""
            else:
                include |= _one(char, at)
            if char and self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] != "]":
                include |= self.range(at, char)
        self.at += 1
        if not include and not word:
            raise PatternError("an empty class matches nothing", start, "put characters in it")
        if negated:
            return CharSet(exclude=frozenset(include), word=not word, other=True)
        return CharSet(frozenset(include), word=word)

    def range(self, start: int, low: str) -> set[str]:
        self.at += 1
        high = self.take()
        if high == "\\":
            high = self.take()
        if not high or not 0 <= ord(high) - ord(low) < _MAX_RANGE:
            raise PatternError(
                "this range cannot be read",
                start,
                f"smaller first, at most {_MAX_RANGE} characters",
            )
        # A letter whose plain form is two letters cannot occur in a plain text: nothing is lost.
        folded = (_folded(chr(code)) for code in range(ord(low), ord(high) + 1))
        return {c for c in folded if len(c) == 1}


def _one(char: str, offset: int) -> set[str]:
    """The plain form of a character that must be one character."""
    folded = _folded(char)
    if len(folded) != 1:
        raise PatternError(
            f"`{char}` is not one letter", offset, "write it as an alternative: (…|…)"
        )
    return {folded}


def _folded(char: str) -> str:
    return " " if char.isspace() else plain(char)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
