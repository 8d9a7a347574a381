"""The rubrics that `score` and `reward` know by name, parsed when they are first asked for."""

import json
from collections.abc import Mapping
from typing import Any, cast

from .evaluate import evaluate
from .form import CompactRubric

_texts: dict[str, str] = {}
_parsed: dict[str, CompactRubric] = {}


def register(rubrics: Mapping[str, str]) -> None:
    """Add rubrics: the compact form as JSON text, by name. A name again replaces the rubric."""
    for name, text in rubrics.items():
        _texts[name] = text
        _parsed.pop(name, None)


def rubric_names() -> list[str]:
    """The names of all registered rubrics."""
    return list(_texts)


def compact_rubric(name: str) -> CompactRubric:
    """The compact form of a registered rubric. Raises `ValueError` for an unknown name."""
    if name not in _parsed:
        if name not in _texts:
            raise ValueError(f"there is no rubric {name!r} here; `rubric_names()` lists them")
        _parsed[name] = cast(CompactRubric, json.loads(_texts[name]))
    return _parsed[name]


def score(
    rubric_name: str,
    verdicts: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
    response: str | None = None,
    profile: str | None = None,
) -> dict[str, Any]:
    """`evaluate` under a registered rubric, from verdicts by criterion id."""
    return evaluate(compact_rubric(rubric_name), verdicts, inputs, response, profile)
