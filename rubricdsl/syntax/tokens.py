"""From text to raw tokens: one scan, no knowledge of the grammar's state."""

import re
from typing import NamedTuple

from ..source import Span


class Token(NamedTuple):
    """A piece of source. `type` is a terminal of the grammar, or `WORD` until the parser decides
    whether it is a keyword or a name."""

    type: str
    text: str
    start: int
    end: int


class LexicalFault(NamedTuple):
    """Something that is no token: the diagnostic's code, where, and its particulars."""

    code: str
    span: Span
    detail: str


PUNCTUATION = {
    "{": "LBRACE",
    "}": "RBRACE",
    "(": "LPAR",
    ")": "RPAR",
    ",": "COMMA",
    ":": "COLON",
    "=": "EQUAL",
}
END = "$END"

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_SCAN = re.compile(
    rf"""
    (?P<skip>[ \t\r\n\f]+|\#[^\n]*)
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
  | (?P<open>"(?:[^"\\\n]|\\[^\n])*\\?)
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?)
  | (?P<unit>/?[A-Za-z][A-Za-z0-9]*(?:/[A-Za-z][A-Za-z0-9]*)+|/[A-Za-z][A-Za-z0-9]*)
  | (?P<dotted>{_WORD}(?:\.{_WORD})+)
  | (?P<word>{_WORD})
  | (?P<compare>==|!=|<=|>=|<|>)
  | (?P<mark>[{{}}(),:=])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TYPES = {
    "number": "NUMBER",
    "unit": "UNIT",
    "dotted": "DOTTED",
    "word": "WORD",
    "compare": "COMPARE",
}
# Characters that reorder the text around them: a reader would see another rubric than the compiler.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def scan(path: str, text: str) -> tuple[list[Token], list[LexicalFault]]:
    """All tokens of a file, closed by an `$END`, and what could not be read as one."""
    tokens: list[Token] = []
    faults: list[LexicalFault] = []
    append = tokens.append
    for match in _SCAN.finditer(text):
        kind = match.lastgroup
        if kind == "skip":
            continue
        start, end = match.span()
        if kind == "mark":
            append(Token(PUNCTUATION[match[0]], match[0], start, end))
        elif kind == "open":
            # A string that is never closed: take the line as its text, so that one fault is one.
            faults.append(LexicalFault("R0102", Span(path, start, start + 1), ""))
            append(Token("STRING", match[0].rstrip("\\\r") + '"', start, end))
        elif kind == "string":
            append(Token("STRING", match[0], start, end))
            if "\\" in match[0]:
                bad = unquote(tokens[-1])[1]
                if bad is not None:
                    faults.append(LexicalFault("R0105", Span(path, bad, bad + 2), ""))
        elif kind == "other":
            faults.append(LexicalFault("R0103", Span(path, start, end), match[0]))
        else:
            append(Token(_TYPES[str(kind)], match[0], start, end))
    for match in _REORDERING.finditer(text):
        detail = f"U+{ord(match[0]):04X}"
        faults.append(LexicalFault("R0106", Span(path, *match.span()), detail))
    append(Token(END, "", len(text), len(text)))
    return tokens, faults


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
