"""Looking for words in the sentences of criteria."""

import re
from collections.abc import Iterator

from ..syntax import nodes as n
from .subject import Subject, Written

_QUOTED = re.compile(
    r'"[^"]{0,400}"|“[^”]{0,400}”|`[^`]{0,400}`|(?<!\w)[\'‘][^\'’]{3,80}[\'’](?!\w)'
)
_BRACKETS = re.compile(r"\([^()]*\)")


def plain(text: str, brackets: bool = True) -> str:
    """The text, as long as it was, with what it quotes made blank, and what stands in brackets
    unless `brackets` is False."""
    blank = _QUOTED.sub(_blank, text)
    return _BRACKETS.sub(_blank, blank) if brackets else blank


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def any_of(*phrases: str) -> re.Pattern[str]:
    """A pattern of whole phrases, in any case; a phrase may be a pattern itself."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)


def sentences(subject: Subject) -> Iterator[tuple[Written, n.Text]]:
    """The sentence of every criterion of the file."""
    for written in subject.written:
        if written.statement is not None:
            yield written, written.statement.text


def demands(subject: Subject) -> Iterator[tuple[Written, n.Text]]:
    """Every text that a verdict hangs on: sentences, and the anchors of levels."""
    yield from sentences(subject)
    for written in subject.written:
        for clause in written.item.clauses:
            if isinstance(clause, n.LevelClause):
                yield written, clause.anchor


MOST_LOOKED_AT = 600
"""Characters. A longer text is a page of instructions, which may say what its words mean."""

_SAID = re.compile(
    r"\b(?:that|whether|how|why|what|which|who|because|since"
    r"|(?:when|if|as)(?! (?:appropriate|necessary|possible|applicable|needed)))\b|:",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """The part of each sentence that says what is asked: up to where it turns to what an answer
    says (`that …`) or in which case (`if …`); the rest is made blank. Empty for a long text."""
    if len(text) > MOST_LOOKED_AT:
        return ""
    return "".join(_up_to_content(part) for part in re.split(r"(?<=[.;\n])", plain(text)))


def _up_to_content(sentence: str) -> str:
    match = _SAID.search(sentence)
    end = match.start() if match else len(sentence)
    return sentence[:end] + " " * (len(sentence) - end)
