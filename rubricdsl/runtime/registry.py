"""The rubrics that `score` and `reward` know by name, parsed when they are first asked for."""

import json
from collections.abc import Mapping
from typing import Any, cast

from .conditions import read_inputs
from .evaluate import evaluate
from .form import CompactRubric
from .order import weights_in_force
from .prepared import PreparedCase
from .vector import rewards_of_codes
from .verdicts import applies, checked

_texts: dict[str, str] = {}
_parsed: dict[str, CompactRubric] = {}
_cases: dict[tuple[Any, ...], PreparedCase] = {}
_MOST_CASES = 4096


def register(rubrics: Mapping[str, str]) -> None:
    """Add rubrics: the compact form as JSON text, by name. A name again replaces the rubric."""
    for name, text in rubrics.items():
        _texts[name] = text
        _parsed.pop(name, None)
    _cases.clear()


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


def reward_for(
    rubric_name: str,
    verdicts: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
    response: str | None = None,
    profile: str | None = None,
) -> float | None:
    """The `reward` of `score`, to the last bit, and several times as fast for many sheets."""
    plain_case = not inputs and profile is None and response is None
    case = _cases.get((rubric_name,)) if plain_case else None
    if case is None:
        rubric = compact_rubric(rubric_name)
        facts = read_inputs(rubric["inputs"], inputs or {})
        weights = weights_in_force(rubric, facts, profile)
        case = _case(rubric_name, rubric, facts, weights)
        if response is not None:
            verdicts = {**verdicts, **checked(rubric, facts, response)}
        if plain_case:
            _cases[(rubric_name,)] = case
    return case.reward(verdicts)


def _case(
    name: str, rubric: CompactRubric, facts: Mapping[str, Any], weights: Mapping[str, int]
) -> PreparedCase:
    """The case of these facts, prepared once for all facts that settle the conditions alike."""
    off = tuple(c["id"] for c in rubric["criteria"] if not applies(c, facts))
    key = (name, off, tuple(weights.values()))
    if key not in _cases:
        if len(_cases) >= _MOST_CASES:
            _cases.clear()
        _cases[key] = PreparedCase(rubric, facts, weights)
    return _cases[key]


def rewards_for(
    rubric_name: str,
    codes: Any,
    inputs: Mapping[str, Any] | None = None,
    profile: str | None = None,
) -> Any:
    """The rewards of many sheets about one case, as `vector.rewards_of_codes` says.

    `codes` is an array of numpy or torch; a column per criterion, in the order of the rubric.
    """
    rubric = compact_rubric(rubric_name)
    facts = read_inputs(rubric["inputs"], inputs or {})
    return rewards_of_codes(rubric, codes, facts, weights_in_force(rubric, facts, profile))
