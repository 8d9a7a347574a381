"""A file as tokens, each with the comments that belong to it."""

import re
from typing import NamedTuple

from ..syntax.tokens import Token, scan

_COMMENT = re.compile(r"#[^\n]*")


class Comment(NamedTuple):
    """`text` with its `#`, `column` from 0; `blank` when an empty line stands above it."""

    text: str
    column: int
    blank: bool


class Piece(NamedTuple):
    """A token, the comments on lines of their own above it, and the one behind it on its line.

    `blank` when an empty line stands right above the token, below its comments.
    """

    text: str
    start: int
    end: int
    leading: tuple[Comment, ...] = ()
    trailing: str = ""
    blank: bool = False

    @property
    def is_apart(self) -> bool:
        """Whether an empty line stands above the token and its comments."""
        return self.leading[0].blank if self.leading else self.blank

    @property
    def is_text(self) -> bool:
        return self.text.startswith('"')


def pieces(text: str) -> list[Piece]:
    """All tokens of a text without faults; the last is the end of the file, and empty."""
    found: list[Piece] = []
    at = 0
    for token in scan("", text)[0]:
        if "\n" not in text[at : token.start] and "#" not in text[at : token.start]:
            found.append(Piece(token.text, token.start, token.end))
        else:
            found.append(_after_gap(text, at, token, found))
        at = token.end
    return found


def _after_gap(text: str, at: int, token: Token, found: list[Piece]) -> Piece:
    """The piece of a token with line ends or comments before it, from `at` on."""
    leading: list[Comment] = []
    for match in _COMMENT.finditer(text, at, token.start):
        above = text[at : match.start()].count("\n")
        if above or not found:
            column = match.start() - text.rfind("\n", 0, match.start()) - 1
            leading.append(Comment(match[0].rstrip(), column, above > 1))
        else:
            found[-1] = found[-1]._replace(trailing=match[0].rstrip())
        at = match.end()
    blank = text.count("\n", at, token.start) > 1
    return Piece(token.text, token.start, token.end, tuple(leading), "", blank)


def comments(text: str) -> list[str]:
    """The texts of all comments in their order."""
    listed: list[str] = []
    for piece in pieces(text):
        listed += [comment.text for comment in piece.leading]
        listed += [piece.trailing] if piece.trailing else []
    return listed
