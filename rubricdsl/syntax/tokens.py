"""From text to raw tokens: one scan, no knowledge of the grammar's state.

What people write instead of a sign of the language (curly quotes, `≥`, `%`, a hyphen in a name) is
one finding, and read as what was meant.
"""

import re
from functools import partial
from itertools import islice
from typing import NamedTuple

from ..runtime.amounts import UNIT_SPELLINGS
from ..source import Span


class Token(NamedTuple):
    """A piece of source. `type` is a terminal of the grammar, or one that only the parser knows:
    `WORD` until it decides whether that is a keyword or a name, `LOOSE` for what should stand in
    quotes, `OTHER` for what the scan has reported."""

    type: str
    text: str
    start: int
    end: int


make_token = partial(tuple.__new__, Token)
"""A token from a tuple of its four parts, in half the time that calling `Token` takes."""


class LexicalFault(NamedTuple):
    """The diagnostic's code, where, what was found, and what was meant if that is clear.

    `written` is the token that would be right, where the one that was meant is."""

    code: str
    span: Span
    found: str = ""
    meant: str = ""
    written: Token | None = None


PUNCTUATION = {
    "{": "LBRACE",
    "}": "RBRACE",
    "(": "LPAR",
    ")": "RPAR",
    ",": "COMMA",
    ":": "COLON",
}
END = "$END"
MAX_NAME = 200
"""Names become names of files."""
MAX_FAULTS = 100
"""Past so many faults, reading on would only repeat them."""

_BLANK = r" \t\r\n\f\u00a0\u2000-\u200a\u202f\u205f\u3000"
# Possessive, here and below: no text makes the scan go back over it.
_STRING = r'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'
# What nearly all of a file is made of, so that one call of `findall` reads it: the blanks before a
# token, and the token in the group of its kind. A word or a number is matched only where what
# follows cannot make another token of it; at anything else the match goes on to the end of the file
# without a group, and `_RARE` reads the one token that stands there.
_USUAL = re.compile(
    rf"""
    ([{_BLANK}]*+(?:\#[^\n]*+[{_BLANK}]*+)*+)
    (?:
        ([A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}+(?![-./\w]))
      | ({_STRING})
      | ([0-9]++(?![./]))
      | ([{{}}(),:])
      | .*+
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# A name with letters of any alphabet and with hyphens, so that a wrong one is one piece.
_NAME = r"[^\W\d]\w*(?:-\w+)*"
_UNIT = r"[A-Za-zµμ][A-Za-z0-9µμ]*"
_RARE = re.compile(
    rf"""
    (?P<open>"[^\n]*)
  | (?P<number>-?[0-9]+(?:\.[0-9]+)*(?:/[0-9]+)?)
  | (?P<unit>/?{_UNIT}(?:/{_UNIT})+|/{_UNIT})
  | (?P<dotted>{_NAME}(?:\.{_NAME})+)
  | (?P<word>{_NAME})
  | (?P<sign>===|=>|=<|<>|≥|≤|≠|&&|\|\||!(?!=)|%|°[ ]?C\b)
  | (?P<compare>==|!=|<=|>=|<|>)
  | (?P<mark>=)
  | (?P<dash>[–—−][0-9]+(?:\.[0-9]+)?)
  | (?P<quote>[“”„‟][^“”„‟"\n]*[“”„‟"]? | «[^»"\n]*[»"]? | [‘'][^’'"\n]*[’'"]?)
  | (?P<other>(?P<char>.)(?P=char)*)
    """,
    re.VERBOSE | re.DOTALL,
)
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?")
_TYPES = {
    "number": "NUMBER",
    "unit": "UNIT",
    "dotted": "DOTTED",
    "word": "WORD",
    "compare": "COMPARE",
    "mark": "EQUAL",
}
_SIGNS = {
    "===": ("COMPARE", "=="),
    "=>": ("COMPARE", ">="),
    "=<": ("COMPARE", "<="),
    "<>": ("COMPARE", "!="),
    "≥": ("COMPARE", ">="),
    "≤": ("COMPARE", "<="),
    "≠": ("COMPARE", "!="),
    "&&": ("WORD", "and"),
    "||": ("WORD", "or"),
    "!": ("WORD", "not"),
    "%": ("WORD", "percent"),
    "°C": ("WORD", "celsius"),
    "° C": ("WORD", "celsius"),
}
_CLOSING = ("“", "”", "„", "‟", "»", "’", "'", '"')
# Controls, line ends that are none here, and marks that reorder the text around them: with any of
# these a reader may see another rubric than the compiler.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\r\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069](?<!\r(?=\n))"
)


def scan(path: str, text: str) -> tuple[list[Token], list[LexicalFault]]:
    """All tokens of a file, closed by an `$END`, and what could not be read as one.

    The faults end with an R0110 when there are more than `MAX_FAULTS`.
    """
    tokens: list[Token] = []
    faults = _hidden(path, text)
    named: set[str] = set()
    append, at = tokens.append, 0
    while at < len(text):
        for blank, word, string, number, mark in _USUAL.findall(text, at):
            start = at + len(blank)
            if word:
                at = start + len(word)
                append(make_token(("WORD", word, start, at)))
            elif string:
                at = start + len(string)
                append(make_token(("STRING", string, start, at)))
                if "\\" in string:
                    faults += _bad_escape(path, tokens[-1])
            elif number:
                at = start + len(number)
                append(make_token(("NUMBER", number, start, at)))
            elif mark:
                at = start + 1
                append(make_token((PUNCTUATION[mark], mark, start, at)))
            else:
                at = start
                break
        if at < len(text):
            append(_rare(path, text, at, faults, named))
            at = tokens[-1].end
    append(Token(END, "", len(text), len(text)))
    faults.sort(key=lambda fault: fault.span.start)
    if len(faults) > MAX_FAULTS:
        faults[MAX_FAULTS:] = [LexicalFault("R0110", faults[MAX_FAULTS].span)]
    return tokens, faults


def _rare(path: str, text: str, at: int, faults: list[LexicalFault], named: set[str]) -> Token:
    """The token at `at`, of a kind that `_USUAL` leaves alone; its faults are added.

    `named` are the words that have been reported: each is, once.
    """
    match = _RARE.match(text, at)
    assert match is not None  # whatever else there is, it is `other`
    kind, piece = str(match.lastgroup), match[0]
    token = Token(_TYPES.get(kind, "OTHER"), piece, *match.span())
    if kind == "word" or kind == "dotted":
        if len(piece) > MAX_NAME:
            faults.append(LexicalFault("R0223", Span(path, *match.span()), piece))
        if piece.isascii() and "-" not in piece:
            return token
        token, fault = _name(path, token)
        if piece not in named and len(faults) <= 2 * MAX_FAULTS:
            named.add(piece)
            faults.append(fault)
        return token
    if kind == "number" and piece.count(".") > 1:
        return token._replace(type="LOOSE")
    if kind in _TYPES and piece.isascii():
        return token
    token, found = _repaired(path, kind, token._replace(type="OTHER"))
    if kind == "open":
        # The quote that is missing is somewhere on this line, and what was found there
        # before comes of it.
        line = text.rfind("\n", 0, at)
        while faults and faults[-1].code != "R0106" and faults[-1].span.start > line:
            faults.pop()
    faults += found if len(faults) <= 2 * MAX_FAULTS else []
    return token


def _bad_escape(path: str, string: Token) -> list[LexicalFault]:
    bad = unquote(string)[1]
    if bad is None:
        return []
    at = bad - string.start
    return [LexicalFault("R0105", Span(path, bad, bad + 2), string.text[at : at + 2])]


def _hidden(path: str, text: str) -> list[LexicalFault]:
    return [
        LexicalFault("R0106", Span(path, *match.span()), code_point(match[0]))
        for match in islice(_HIDDEN.finditer(text), MAX_FAULTS + 1)
    ]


def code_point(char: str) -> str:
    """A character as it is called where it cannot be seen."""
    return f"U+{ord(char):04X}"


def _name(path: str, token: Token) -> tuple[Token, LexicalFault]:
    """A word that is no name here: with a hyphen, or with letters beyond A to Z."""
    span = Span(path, token.start, token.end)
    unit = UNIT_SPELLINGS.get(token.text.casefold())
    meant = unit or token.text.replace("-", "_")
    if meant.isascii():
        made = token._replace(text=meant)
        return made, LexicalFault("R0108", span, token.text, meant, made)
    at = token.start + next(i for i, char in enumerate(token.text) if not char.isascii())
    char = token.text[at - token.start]
    return token, LexicalFault("R0103", Span(path, at, at + 1), char)


def _repaired(path: str, kind: str, token: Token) -> tuple[Token, list[LexicalFault]]:
    """What is no token, as what was meant, or as a piece that the parser has to skip."""
    span = Span(path, token.start, token.end)
    text = token.text
    if kind == "open":
        # A string that is never closed: its line is its text, so that one fault is one.
        made = token._replace(type="STRING", text=text.rstrip("\\\r") + '"')
        # With a brace in it, the quote is missing somewhere before that.
        closed = None if set("{}") & set(text) else made
        span = Span(path, token.start, token.start + 1)
        return made, [LexicalFault("R0102", span, text, written=closed)]
    if kind == "sign":
        terminal, meant = _SIGNS[text]
        made = token._replace(type=terminal, text=meant)
        return made, [LexicalFault("R0108", span, text, meant, made)]
    if kind == "dash":
        made = token._replace(type="NUMBER", text="-" + text[1:])
        return made, [LexicalFault("R0108", span, text[0], "-", made)]
    if kind == "quote":
        body = text[1:-1] if text[1:].endswith(_CLOSING) else text[1:]
        made = token._replace(type="STRING", text=f'"{body.replace(chr(92), chr(92) * 2)}"')
        span = Span(path, token.start, token.start + 1)
        return made, [LexicalFault("R0108", span, text[0], '"', made)]
    if kind == "unit" and text.casefold() in UNIT_SPELLINGS:
        meant = UNIT_SPELLINGS[text.casefold()]
        made = token._replace(type="UNIT", text=meant)
        return made, [LexicalFault("R0108", span, text, meant, made)]
    if _HIDDEN.match(text):
        return token, []
    found = text if text.isprintable() else code_point(text)
    return token, [LexicalFault("R0103", span, found)]


_CHAR = re.compile(r"\\u[0-9A-Fa-f]{4}|\\.|.", re.DOTALL)


def place_in(string: str, index: int) -> int:
    """Where the character `index` of a text stands in the string that it was written as."""
    chars = islice(_CHAR.finditer(string, 1, len(string) - 1), index, None)
    char = next(chars, None)
    return char.start() if char else len(string) - 1


_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def unquote(token: Token) -> tuple[str, int | None]:
    """The text of a string token, and the offset of its first bad escape, if any."""
    body = token.text[1:-1]
    if "\\" not in body:
        return body, None
    bad: list[int] = []

    def replace(match: re.Match[str]) -> str:
        escape = match[1]
        if escape in _PLAIN:
            return _PLAIN[escape]
        if escape[0] == "u" and len(escape) == 5 and not 0xD800 <= int(escape[1:], 16) < 0xE000:
            return chr(int(escape[1:], 16))
        bad.append(token.start + 1 + match.start())
        return match[0]

    value = _ESCAPE.sub(replace, body)
    return value, bad[0] if bad else None
