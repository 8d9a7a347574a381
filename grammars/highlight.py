"""What the parts of a rubric are to an editor: one table of rules, for every highlighter.

The keywords are those of the grammar (`tables.json`), sorted by the terminals that they are. A rule
is a regular expression, in what Python and Oniguruma have in common, and a class for each of its
groups. The first that matches counts.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from rubricdsl.passes.checks import USAGE
from rubricdsl.passes.facts import PLAIN_TYPES
from rubricdsl.syntax.tables import tables
from rubricdsl.units import UNITS

_BY_TERMINAL = {
    "TIER": "block",
    "KIND": "declaration",
    "SEVERITY": "severity",
    "POLARITY": "polarity",
    "SOURCE_KEY": "field",
    "AND": "operator",
    "OR": "operator",
    "NOT": "operator",
    "IN": "operator",
    "CONTAINS": "operator",
    "IS": "operator",
    "CANNOT_ASSESS": "constant",
    "NOT_APPLICABLE": "constant",
}
"""The class of a keyword; what is not here is a `keyword`."""
_NAMING = (
    "rubric", "extends", "include", "called", "source", "valueset", "profile", "use", "override",
    "without", "response", "prompt", "expect",
)  # fmt: skip
"""Keywords that a name may follow. It is a name, whatever word it is."""
CONSTANTS = ("true", "false", "good", "bad", "draft", "active", "retired", "training", "evaluation")
_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?"


class Rule(NamedTuple):
    """A pattern without back references; `classes` of its groups, or of all of it."""

    pattern: str
    classes: tuple[str, ...]


def keywords() -> dict[str, list[str]]:
    """The words of the grammar by class."""
    classes: dict[str, list[str]] = {}
    for word, terminals in tables().words.items():
        known = [_BY_TERMINAL[name] for name in terminals if name in _BY_TERMINAL]
        classes.setdefault(known[0] if known else "keyword", []).append(word)
    return classes


def rules() -> list[Rule]:
    """All rules but the one for strings, which a highlighter writes in its own way."""
    declaring = _words(keywords()["declaration"])
    return [
        Rule(r"##.*", ("note",)),
        Rule(r"#.*", ("comment",)),
        Rule(rf"\b({declaring})(\s+)({_NAME})", ("declaration", "space", "name")),
        Rule(
            rf"\b({_words(_NAMING)})(\s+)({_NAME})",
            ("keyword", "space", "reference"),
        ),
        Rule(r"\b(otherwise)(\s*)(:)", ("keyword", "space", "punctuation")),
        Rule(rf"({_NAME})(\s*)(:)", ("key", "space", "punctuation")),
        Rule(rf"\b({_words(USAGE)})(?=\s*\()", ("function",)),
        Rule(
            rf"({_NUMBER})([ \t]*)({_words(UNITS)})(?![A-Za-z0-9_/])",
            ("number", "space", "unit"),
        ),
        Rule(_NUMBER, ("number",)),
        Rule(r"==|!=|<=|>=|<|>|=", ("operator",)),
        *(
            Rule(rf"\b(?:{_words(words)})\b", (kind,))
            for kind, words in (*keywords().items(), ("constant", CONSTANTS), ("type", PLAIN_TYPES))
        ),
        Rule(rf"(?<=quantity\()(?:{_words(UNITS)})(?=\))", ("unit",)),
        Rule(_NAME, ("reference",)),
        Rule(r"[{}(),:]", ("punctuation",)),
    ]


def _words(words: Iterable[str]) -> str:
    """One of these words; longer ones first, so that `mg/kg` is not read as `mg`."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word) for word in ordered)
