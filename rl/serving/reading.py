"""From the body of a request to the groups that are asked about. Nothing in it is believed.

A group is a conversation with the answers to it that are compared with each other.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rubricdsl.runtime.conditions import read_inputs
from rubricdsl.runtime.demands import RubricError
from rubricdsl.runtime.embedded import embedded_rubric
from rubricdsl.runtime.form import CompactRubric
from rubricdsl.runtime.groups import is_ranked
from rubricdsl.runtime.order import weights_in_force

from .limits import Limits
from .problems import Problem

_DIGITS = 300
_GROUP_KEYS = ("id", "rubric", "rubric_json", "prompt", "inputs", "profile", "responses")
Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """One answer: its text, or a verdict sheet, or both."""

    text: str | None
    verdicts: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Group:
    """The answers to one conversation. `source` is the text of a rubric that came along."""

    rubric: CompactRubric
    source: str | None
    prompt: Messages
    inputs: Mapping[str, Any]
    profile: str | None
    answers: Sequence[Answer]

    @property
    def facts(self) -> dict[str, Any]:
        return read_inputs(self.rubric["inputs"], self.inputs)


@dataclass(frozen=True)
class Asked:
    """A request. `details` says whether the sheets are wanted, or the rewards alone."""

    groups: Sequence[Group]
    details: bool

    @property
    def answers(self) -> int:
        return sum(len(group.answers) for group in self.groups)


def read_json(body: bytes) -> Any:
    """The value of a body. Raises `Problem` for what is not JSON, and for JSON that is ambiguous:
    a key twice, NaN, numbers that no float or no sane integer holds."""
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=_distinct,
            parse_constant=_not_finite,
            parse_float=_finite,
            parse_int=_short,
        )
    except UnicodeDecodeError as error:
        raise Problem("bad_json", f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise Problem("bad_json", "nested too deeply") from None
    except ValueError as error:
        raise Problem("bad_json", str(error)) from None


def read_asked(
    body: Any, forms: Mapping[str, CompactRubric], limits: Limits, *, judged: bool
) -> Asked:
    """The groups of a body. With `judged` the answers bring verdicts. Raises `Problem`."""
    found = _object(body, "the body", ("groups", "details"))
    details = found.get("details", True)
    if not isinstance(details, bool):
        raise _bad("details", "true or false")
    groups = _list(found.get("groups"), "groups")
    count = 0
    for place, group in enumerate(groups):
        where = f"groups[{place}]"
        count += len(_list(_object(group, where, _GROUP_KEYS).get("responses"), where))
    demand_few(count, limits)
    read = [
        read_group(group, f"groups[{place}]", forms, limits, judged=judged)
        for place, group in enumerate(groups)
    ]
    return Asked(read, details)


def demand_few(count: int, limits: Limits) -> None:
    """Refuse a request with too many answers."""
    if count > limits.answers:
        raise Problem("too_many_answers", f"{count:,} answers; at most {limits.answers:,} at once")


def read_group(
    value: Any, where: str, forms: Mapping[str, CompactRubric], limits: Limits, *, judged: bool
) -> Group:
    """One group. Raises `Problem`."""
    found = _object(value, where, _GROUP_KEYS)
    rubric, source = _rubric(found, where, forms)
    group = Group(
        rubric,
        source,
        _prompt(found.get("prompt"), f"{where}.prompt", limits, needed=not judged),
        _inputs(found.get("inputs"), f"{where}.inputs"),
        _optional_text(found.get("profile"), f"{where}.profile") or None,
        [
            _answer(answer, f"{where}.responses[{i}]", limits, judged=judged)
            for i, answer in enumerate(_list(found.get("responses"), f"{where}.responses"))
        ],
    )
    try:
        weights_in_force(rubric, group.facts, group.profile)
    except ValueError as error:
        raise Problem("unknown_profile", f"{where}: {error}") from None
    _demand_whole(group, where)
    return group


def read_text(value: Any, where: str, limits: Limits) -> str:
    """A text that is not too long and can be written as UTF-8. Raises `Problem`."""
    if not isinstance(value, str):
        raise _bad(where, "a text")
    if len(value) > limits.text:
        raise Problem(
            "text_too_long", f"{where} has {len(value):,} characters; at most {limits.text:,}"
        )
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise _bad(where, "Unicode: it has half of a surrogate pair")
    return value


def _demand_whole(group: Group, where: str) -> None:
    """Ranks within a part of a group would be wrong in silence."""
    if not is_ranked(group.rubric):
        return
    size, count = group.rubric["reward"]["params"].get("group", [0, 1])[0], len(group.answers)
    name = group.rubric["name"]
    if size and count != size:
        raise Problem("broken_group", f"{where}: {name} ranks groups of {size}; this has {count}")
    if count == 1:
        raise Problem("broken_group", f"{where}: one answer alone has no rank under {name}")


def _rubric(
    found: Mapping[str, Any], where: str, forms: Mapping[str, CompactRubric]
) -> tuple[CompactRubric, str | None]:
    name = _optional_text(found.get("rubric"), f"{where}.rubric")
    own = found.get("rubric_json")
    if own:
        try:
            source = own if isinstance(own, str) else json.dumps(own, separators=(",", ":"))
            return embedded_rubric(source, name or None), source
        except RubricError as error:
            raise Problem("bad_rubric", f"{where}: {error}") from None
        except RecursionError:
            raise Problem("bad_rubric", f"{where}.rubric_json is nested too deeply") from None
    if name and name in forms:
        return forms[name], None
    if name:
        raise Problem("unknown_rubric", f"{where}: there is no {name!r:.100}; see GET /v1/rubrics")
    if len(forms) == 1:
        return next(iter(forms.values())), None
    raise Problem("unknown_rubric", f"{where} must have `rubric` (a name) or `rubric_json`")


def _prompt(value: Any, where: str, limits: Limits, *, needed: bool) -> Messages:
    if value is None and not needed:
        return []
    if isinstance(value, str):
        return [{"role": "user", "content": read_text(value, where, limits)}]
    turns, length = _list(value, where), 0
    for i, turn in enumerate(turns):
        if not isinstance(turn, dict):
            raise _bad(f"{where}[{i}]", "a message, or the prompt one text")
        role, content = turn.get("role"), turn.get("content")
        if not isinstance(role, str):
            raise _bad(f"{where}[{i}].role", "a text")
        for part in _parts(content, f"{where}[{i}].content"):
            length += len(read_text(part, f"{where}[{i}].content", limits))
    if length > limits.text:
        raise Problem(
            "text_too_long", f"{where} has {length:,} characters; at most {limits.text:,}"
        )
    return turns


def _parts(content: Any, where: str) -> list[Any]:
    """The texts of a message; other parts, such as images, have none."""
    if not isinstance(content, list):
        return [content]
    if not all(isinstance(part, dict) for part in content):
        raise _bad(where, "a text or a list of parts")
    return [part["text"] for part in content if part.get("text") is not None]


def _answer(value: Any, where: str, limits: Limits, *, judged: bool) -> Answer:
    if not judged and isinstance(value, str):
        return Answer(read_text(value, where, limits))
    keys = ("id", "text", "verdicts") if judged else ("id", "text")
    found = _object(value, where, keys)
    if not judged:
        return Answer(read_text(found.get("text"), f"{where}.text", limits))
    text, verdicts = found.get("text"), found.get("verdicts")
    if not isinstance(verdicts, dict):
        raise _bad(f"{where}.verdicts", "an object: verdicts by criterion")
    return Answer(None if text is None else read_text(text, f"{where}.text", limits), verdicts)


def _inputs(value: Any, where: str) -> Mapping[str, Any]:
    """An object, or the JSON text of one, as data sets have it."""
    if isinstance(value, str) and value:
        try:
            value = read_json(value.encode(errors="surrogatepass"))
        except Problem as problem:
            raise _bad(where, f"an object or its JSON text ({problem.detail})") from None
    found = value or {}
    if not isinstance(found, dict):
        raise _bad(where, "an object with values by name")
    return found


def _optional_text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(where, "a text")
    return value


def _object(value: Any, where: str, keys: Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _bad(where, "an object")
    for key in value:
        if key not in keys:
            raise _bad(where, f"without {key!r:.60}; it takes {', '.join(keys)}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _bad(where, "a list that is not empty")
    return value


def _bad(where: str, wanted: str) -> Problem:
    return Problem("bad_request", f"{where} must be {wanted}")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem("bad_json", f"the key {twice!r:.60} is there twice in one object")
    return found


def _not_finite(text: str) -> Any:
    raise Problem("bad_json", f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Problem("bad_json", f"the number {text:.40} is too large")
    return number


def _short(text: str) -> int:
    if len(text) > _DIGITS:
        raise Problem("bad_json", f"a number of more than {_DIGITS} digits")
    return int(text)
