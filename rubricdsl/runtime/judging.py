"""Asking a judge for verdicts. A judge that fails gives none, and the policies settle the rest.

A judge is `judge(items) -> list of verdict sheets`, one sheet per item. An item is a dict:
`prompt` (messages), `response` (text), `rubric` (name), `criteria` (the ids to decide), `inputs`,
and `rubric_json` where the rubric came with the row. Set one with `set_judge(fn)` or
`RUBRICC_JUDGE=package.module:function`. A judge that asks a language model for JSON reads the reply
with `read_reply`.
"""

import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Judge = Callable[[list[dict[str, Any]]], list[Mapping[str, Any]]]

_judge: Judge | None = None


def set_judge(judge: Judge | None) -> None:
    """Use this judge from now on; None goes back to the environment variable."""
    global _judge
    _judge = judge


def _find_judge() -> Judge:
    if _judge is not None:
        return _judge
    name = os.environ.get("RUBRICC_JUDGE", "")
    module, colon, function = name.partition(":")
    if not name:
        raise RuntimeError(
            "some criteria need a judge and none is set: call set_judge(function), or set "
            "RUBRICC_JUDGE=package.module:function"
        )
    if not (module and colon and function):
        raise RuntimeError(f"RUBRICC_JUDGE must read package.module:function, not {name!r}")
    import importlib

    found: Judge = getattr(importlib.import_module(module), function)
    set_judge(found)
    return found


def ask_judge(items: list[dict[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """A sheet per item, and for how many items the judge failed; their sheets are empty.

    Raises `RuntimeError` when there are items and no judge is set.
    """
    if not items:
        return [], 0
    judge = _find_judge()
    try:
        sheets = judge(items)
    # Whatever goes wrong inside a judge must never become a score.
    except Exception as fault:
        return _no_verdicts(items, f"it raised {type(fault).__name__}: {fault}")
    if not isinstance(sheets, (list, tuple)) or len(sheets) != len(items):
        return _no_verdicts(items, f"it must return a list of {len(items)} sheets")
    wrong = sum(1 for sheet in sheets if not isinstance(sheet, Mapping))
    if wrong:
        warnings.warn(f"the judge failed: {wrong} sheets are not mappings", stacklevel=2)
    return [sheet if isinstance(sheet, Mapping) else {} for sheet in sheets], wrong


def read_reply(reply: Any, criteria: Sequence[str]) -> dict[str, Any]:
    """The verdicts that a reply in JSON gives on these criteria.

    The reply is `{criterion: {"verdict": …}}` or `{criterion: verdict}`; about a single criterion
    also `{"verdict": …}`. What cannot be read, is said twice, or is about another criterion gives
    no verdict, and the policies settle what that means.
    """
    try:
        found = json.loads(reply, object_pairs_hook=_said_once)
    except (TypeError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    if len(criteria) == 1 and criteria[0] not in found and "verdict" in found:
        found = {criteria[0]: found}
    named = {name: found[name] for name in criteria if name in found}
    return {
        name: value.get("verdict") if isinstance(value, dict) else value
        for name, value in named.items()
    }


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object without what it says twice: of two answers, neither is believed."""
    counts = Counter(key for key, _ in pairs)
    return {key: value for key, value in pairs if counts[key] == 1}


def _no_verdicts(items: list[dict[str, Any]], reason: str) -> tuple[list[Mapping[str, Any]], int]:
    warnings.warn(f"the judge failed: {reason}", stacklevel=3)
    return [{} for _ in items], len(items)
