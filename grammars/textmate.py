"""The TextMate grammar of the language, as editors that have no language server read it."""

import json
from typing import Any

from .highlight import Rule, rules

_SCOPES = {
    "note": "comment.line.documentation.number-sign.rubric",
    "comment": "comment.line.number-sign.rubric",
    "keyword": "keyword.other.rubric",
    "block": "keyword.control.block.rubric",
    "declaration": "storage.type.rubric",
    "polarity": "keyword.control.polarity.rubric",
    "severity": "storage.modifier.severity.rubric",
    "field": "support.type.property-name.rubric",
    "operator": "keyword.operator.rubric",
    "constant": "constant.language.rubric",
    "type": "support.type.rubric",
    "function": "support.function.rubric",
    "name": "entity.name.function.rubric",
    "reference": "variable.other.rubric",
    "key": "variable.other.property.rubric",
    "number": "constant.numeric.rubric",
    "unit": "keyword.other.unit.rubric",
    "punctuation": "punctuation.rubric",
}
_STRING = {
    "name": "string.quoted.double.rubric",
    "begin": '"',
    "end": '"|$',
    "patterns": [
        {"name": "constant.character.escape.rubric", "match": r'\\(?:["\\ntr]|u[0-9A-Fa-f]{4})'},
        {"name": "invalid.illegal.escape.rubric", "match": r"\\."},
    ],
}


def grammar() -> dict[str, Any]:
    """The grammar as JSON values."""
    comments, others = rules()[:2], rules()[2:]
    return {
        "$schema": "https://json.schemastore.org/tmlanguage.json",
        "name": "Rubric",
        "scopeName": "source.rubric",
        "fileTypes": ["rubric"],
        "patterns": [*map(_pattern, comments), _STRING, *map(_pattern, others)],
    }


def text() -> str:
    """`rubric.tmLanguage.json` as it should be."""
    return json.dumps(grammar(), indent=1) + "\n"


def _pattern(rule: Rule) -> dict[str, Any]:
    if len(rule.classes) == 1:
        return {"name": _SCOPES[rule.classes[0]], "match": rule.pattern}
    captures = {
        str(number): {"name": _SCOPES[kind]}
        for number, kind in enumerate(rule.classes, 1)
        if kind != "space"
    }
    return {"match": rule.pattern, "captures": captures}
