"""Asking a judge for verdicts. A judge that fails gives none, and the policies settle the rest.

A judge is `judge(items) -> list of verdict sheets`, one sheet per item; it may be `async`. An item
is a dict: `prompt` (messages), `response` (text), `rubric` (name), `criteria` (the ids to decide),
`inputs`, and `rubric_json` where the rubric came with the row. Set one with `set_judge(fn)` or
`RUBRICC_JUDGE=package.module:function`. A judge that asks a language model for JSON reads the reply
with `read_reply`.

With `RUBRICC_ON_JUDGE_FAILURE=drop` an answer that the judge failed on has no reward at all, as if
a policy had said `drop`: for judges that are away for minutes. Each stack has its own way with an
answer without a reward; none of them raises it.
"""

import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

Sheets = list[Mapping[str, Any]]
Judge = Callable[[list[dict[str, Any]]], Sheets | Coroutine[Any, Any, Sheets]]

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


ON_FAILURE = "RUBRICC_ON_JUDGE_FAILURE"


def drops_failures() -> bool:
    """Whether an answer has no reward when the judge failed on it. Raises `RuntimeError`."""
    found = os.environ.get(ON_FAILURE) or "policy"
    if found not in ("policy", "drop"):
        raise RuntimeError(f"{ON_FAILURE} must be policy or drop, not {found!r}")
    return found == "drop"


def ask_judge(items: list[dict[str, Any]]) -> list[Mapping[str, Any] | None]:
    """A sheet per item, None where the judge failed.

    Raises `RuntimeError` when there are items and no judge is set.
    """
    if not items:
        return []
    judge = _find_judge()
    try:
        sheets = judge(items)
        if isinstance(sheets, Coroutine):
            sheets = _run_apart(sheets)
    # Whatever goes wrong inside a judge must never become a score.
    except Exception as fault:
        return _no_verdicts(items, f"it raised {type(fault).__name__}: {fault}")
    return _sheets(items, sheets)


async def ask_judge_async(items: list[dict[str, Any]]) -> list[Mapping[str, Any] | None]:
    """The same without holding up the event loop: a judge that is not `async` runs in a thread."""
    if not items:
        return []
    judge = _find_judge()
    import asyncio
    import inspect

    try:
        if inspect.iscoroutinefunction(judge):
            sheets = await judge(items)
        else:
            sheets = await asyncio.to_thread(judge, items)
            if isinstance(sheets, Coroutine):
                sheets = await sheets
    # As above; a task that is cancelled stays cancelled, since that is no Exception.
    except Exception as fault:
        return _no_verdicts(items, f"it raised {type(fault).__name__}: {fault}")
    return _sheets(items, sheets)


def _run_apart(waiting: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine; in a thread, since this one may have an event loop running."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, waiting).result()


def _sheets(items: list[dict[str, Any]], found: Any) -> list[Mapping[str, Any] | None]:
    if not isinstance(found, (list, tuple)) or len(found) != len(items):
        return _no_verdicts(items, f"it must return a list of {len(items)} sheets")
    sheets = [sheet if isinstance(sheet, Mapping) else None for sheet in found]
    if None in sheets:
        warnings.warn(
            f"the judge failed: {sheets.count(None)} sheets are not mappings", stacklevel=3
        )
    return sheets


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


def _no_verdicts(items: list[dict[str, Any]], reason: str) -> list[Mapping[str, Any] | None]:
    warnings.warn(f"the judge failed: {reason}", stacklevel=3)
    return [None for _ in items]
