"""A lexer for Pygments: `pygmentize -l rubric`, and rubrics in documentation."""

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from .highlight import Rule, rules

_TOKENS: dict[str, Any] = {
    "note": String.Doc,
    "comment": Comment.Single,
    "keyword": Keyword,
    "block": Keyword.Namespace,
    "declaration": Keyword.Declaration,
    "polarity": Keyword.Reserved,
    "severity": Keyword.Reserved,
    "field": Name.Attribute,
    "operator": Operator,
    "constant": Keyword.Constant,
    "type": Keyword.Type,
    "function": Name.Builtin,
    "name": Name.Function,
    "reference": Name,
    "key": Name.Attribute,
    "number": Number,
    "unit": Name.Constant,
    "punctuation": Punctuation,
    "space": Whitespace,
}


def _entry(rule: Rule) -> tuple[str, Any]:
    kinds = [_TOKENS[kind] for kind in rule.classes]
    return (rule.pattern, kinds[0] if len(kinds) == 1 else bygroups(*kinds))


class RubricLexer(RegexLexer):  # type: ignore[misc]
    """Lexes `.rubric` files; what it does not know is an `Error` token."""

    name = "Rubric"
    aliases: ClassVar[list[str]] = ["rubric"]
    filenames: ClassVar[list[str]] = ["*.rubric"]
    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r'"', String, "string"),
            *map(_entry, rules()),
        ],
        "string": [
            (r'\\(?:["\\ntr]|u[0-9A-Fa-f]{4})', String.Escape),
            (r'[^"\\\n]+', String),
            (r'"', String, "#pop"),
            (r"\n", Whitespace, "#pop"),
        ],
    }
