"""What a language model answered, read strictly: JSON by the schema, or no verdict.

Nothing is guessed. Prose around the JSON, a key said twice, a verdict that the criterion does not
allow, a criterion that nobody asked about: each is a failure with its kind.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..material import Verdict
from .protocol import Failure, Outcome, failed

_FENCED = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
_SHOWN = 120


class _SaidTwice:
    """Stands where an object says a key twice."""


def content_of(value: Mapping[str, Any]) -> str | Failure:
    """The text that a chat completion holds."""
    choices = value.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return Failure("malformed", "the reply has not exactly one choice")
    choice = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        return Failure("malformed", "the reply has no message")
    if message.get("refusal"):
        return Failure("refused", _whole(str(message["refusal"]))[:_SHOWN])
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        return Failure("refused", "the server's filter stopped the answer")
    if reason == "length":
        return Failure("cut_short", "raise --max-tokens")
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        return Failure("unparsable", "the answer is empty")
    return _whole(content)


def read_answer(
    text: str, allowed: Mapping[str, Sequence[Verdict]], *, single: bool
) -> dict[str, Outcome]:
    """The outcome of every criterion in `allowed`, which has the verdicts each may get.

    `single`: the answer is `{"reason", "verdict"}` about the one criterion; otherwise it is an
    object of such objects by criterion. A code fence around the whole answer is taken off.
    """
    found = _parsed(text)
    if isinstance(found, Failure):
        return _all(allowed, found)
    if single:
        (criterion,) = allowed
        found = {criterion: found}
    strange = [name for name in found if name not in allowed]
    if strange:
        return _all(allowed, Failure("out_of_schema", f"nobody asked about {strange[0][:40]!r}"))
    return {name: _outcome(found, name, allowed[name]) for name in allowed}


def _parsed(text: str) -> dict[str, Any] | Failure:
    fenced = _FENCED.fullmatch(text.strip())
    try:
        value = json.loads(
            fenced[1] if fenced else text, object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        return Failure("unparsable", text.strip()[:_SHOWN])
    if not isinstance(value, dict):
        return Failure("unparsable", text.strip()[:_SHOWN])
    return value


def _outcome(found: Mapping[str, Any], name: str, allowed: Sequence[Verdict]) -> Outcome:
    said = found.get(name)
    if isinstance(said, _SaidTwice):
        return failed("out_of_schema", "the criterion is answered twice")
    if not isinstance(said, dict):
        what = "is missing" if name not in found else "is no object with a verdict"
        return failed("out_of_schema", f"the answer on the criterion {what}")
    strange = [key for key in said if key not in ("reason", "verdict")]
    if strange:
        return failed("out_of_schema", f"there is no field {strange[0][:40]!r}")
    verdict: Any = said.get("verdict")
    reason = said.get("reason", "")
    if isinstance(verdict, _SaidTwice):
        return failed("out_of_schema", "the verdict is given twice")
    # A level is an int and nothing that merely equals one: not True, not 1.0.
    if not any(type(verdict) is type(one) and verdict == one for one in allowed):
        return failed("out_of_schema", f"the verdict is {str(verdict)[:_SHOWN]!r}")
    return Outcome(verdict, reason=_whole(reason) if isinstance(reason, str) else "")


def _all(allowed: Mapping[str, Any], failure: Failure) -> dict[str, Outcome]:
    return {name: failed(failure.kind, failure.detail) for name in allowed}


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON can hold and a file cannot."""
    return text.encode("utf-8", "replace").decode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _SaidTwice() if key in found else value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
