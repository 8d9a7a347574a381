"""Labelled data in: rows of prompts, responses and verdicts, each checked against its rubric.

`read_rows` goes through the files once and holds one row at a time. A row is either given whole or
not at all; every fault of it is told, with its file, line, and what to do.
"""

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rubricdsl import ir
from rubricdsl.facts import Fact

from .importers.jsonl import Fault, describe
from .importers.jsonl import read_rows as read_lines
from .row_inputs import InputFault, read_inputs

Verdict = Literal["met", "unmet", "not_applicable", "cannot_assess"] | int

WORDS = ("met", "unmet", "not_applicable", "cannot_assess")
ROLES = ("system", "user", "assistant")

_ROW_KEYS = ("id", "rubric", "prompt", "inputs", "profile", "responses", "synthetic")
_RESPONSE_KEYS = ("id", "text", "verdicts")

Say = Callable[[str, str], None]


class Message(NamedTuple):
    """One turn of a conversation."""

    role: str
    content: str


@dataclass(frozen=True)
class Response:
    """An answer and what is known about it. `quality` is set on synthetic ones alone."""

    id: str
    text: str
    verdicts: dict[str, Verdict]
    quality: str = ""


@dataclass(frozen=True)
class Row:
    """One prompt with its responses. `variant_of` names the prompt that a synthetic one rewords."""

    id: str
    rubric: ir.Rubric
    prompt: tuple[Message, ...]
    inputs: dict[str, Fact]
    profile: str = ""
    responses: tuple[Response, ...] = ()
    synthetic: bool = False
    variant_of: str = ""

    @property
    def prompt_id(self) -> str:
        return prompt_id(self.prompt)


def prompt_id(prompt: Sequence[Message]) -> str:
    """An id that depends on the conversation alone, so that a prompt given twice has one id."""
    text = json.dumps([list(m) for m in prompt], ensure_ascii=False, separators=(",", ":"))
    return "p-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def read_rows(paths: Iterable[Path], rubrics: Mapping[str, ir.Rubric]) -> Iterator[Row | Fault]:
    """The rows of some files in order, and a fault for everything that is wrong with them."""
    seen: dict[str, str] = {}
    for path in paths:
        for line in read_lines(path):
            if isinstance(line, Fault):
                yield line
                continue
            faults: list[Fault] = []

            def say(what: str, hint: str, at: int = line.line, to: list[Fault] = faults) -> None:
                to.append(Fault(str(path), at, what, hint))  # noqa: B023 (used within the turn)

            row = read_row(line.value, rubrics, say)
            if row is not None and row.id in seen:
                say(f"the id {row.id!r} is given twice", f"it is first used at {seen[row.id]}")
            elif row is not None and row.id:
                seen[row.id] = f"{path}:{line.line}"
            yield from faults
            if row is not None and not faults:
                yield row


def read_row(value: Mapping[str, Any], rubrics: Mapping[str, ir.Rubric], say: Say) -> Row | None:
    """The row of one line, its faults told to `say`; None when not even its rubric can be told."""
    _unknown_keys(value, _ROW_KEYS, "a row", say)
    row_id = _text(value, "id", "the row", say)
    name = _text(value, "rubric", "the row", say)
    if name is None:
        return None
    rubric = rubrics.get(name)
    if rubric is None:
        say(f"there is no rubric `{name}` among those compiled", nearest(name, rubrics))
        return None
    prompt = _prompt(value.get("prompt"), say)
    synthetic = value.get("synthetic", False)
    if not isinstance(synthetic, bool):
        say(f"`synthetic` is {describe(synthetic)}", "write true or false")
    return Row(
        id=row_id or "",
        rubric=rubric,
        prompt=prompt,
        inputs=_inputs(value.get("inputs", {}), rubric, say),
        profile=_profile(value.get("profile"), rubric, say),
        responses=_responses(value.get("responses"), rubric, say),
        synthetic=synthetic is True,
    )


def _prompt(value: Any, say: Say) -> tuple[Message, ...]:
    """One question, or a conversation that ends with one."""
    if isinstance(value, str) and value.strip():
        return (Message("user", value),)
    if not isinstance(value, list) or not value:
        say(
            "the row has no `prompt`" if value is None else f"`prompt` is {describe(value)}",
            "give the question as a text, or the conversation as a list of {role, content}",
        )
        return ()
    messages = []
    for i, item in enumerate(value, 1):
        known = isinstance(item, dict) and item.get("role") in ROLES
        if not known or not isinstance(item.get("content"), str) or not item["content"].strip():
            say(
                f"message {i} of `prompt` is not a turn of a conversation",
                f"each has a `role` ({', '.join(ROLES)}) and a `content` that is a text",
            )
            return ()
        _unknown_keys(item, ("role", "content"), f"message {i} of `prompt`", say)
        messages.append(Message(item["role"], item["content"]))
    if messages[-1].role != "user":
        say(
            f"`prompt` ends with a turn of the {messages[-1].role}",
            "it ends with the question; answers belong into `responses`",
        )
    if any(m.role == "system" for m in messages[1:]):
        say("a system turn of `prompt` is not the first", "move it to the front")
    return tuple(messages)


def _inputs(value: Any, rubric: ir.Rubric, say: Say) -> dict[str, Fact]:
    if value is None:
        value = {}
    if not isinstance(value, dict):
        say(f"`inputs` is {describe(value)}", 'write an object such as {"age": "40 years"}')
        return {}
    found: dict[str, Fact] = {}
    for item in read_inputs(value, rubric.inputs):
        if isinstance(item, InputFault):
            say(item.what, item.hint)
        else:
            found[item[0]] = item[1]
    return found


def _profile(value: Any, rubric: ir.Rubric, say: Say) -> str:
    names = [p.id for p in rubric.profiles]
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        if value in names:
            return value
        say(f"{rubric.name} has no profile `{value}`", nearest(value, names))
    else:
        say(f"`profile` is {describe(value)}", "name one of the rubric's profiles")
    return ""


def _responses(value: Any, rubric: ir.Rubric, say: Say) -> tuple[Response, ...]:
    if not isinstance(value, list):
        say(
            "the row has no `responses`" if value is None else f"`responses` is {describe(value)}",
            "give a list; an empty one makes the row a prompt for the policy alone",
        )
        return ()
    found: list[Response] = []
    for i, item in enumerate(value, 1):
        here = f"response {i}"
        if not isinstance(item, dict):
            say(f"{here} is {describe(item)}", "each has an `id`, a `text` and `verdicts`")
            continue
        _unknown_keys(item, _RESPONSE_KEYS, here, say)
        response_id = _text(item, "id", here, say)
        text = _text(item, "text", here, say)
        verdicts = _verdicts(item.get("verdicts"), rubric, f"response {response_id or i}", say)
        if response_id is None or text is None:
            continue
        if any(response.id == response_id for response in found):
            say(f"two responses of the row have the id {response_id!r}", "ids tell them apart")
        found.append(Response(response_id, text, verdicts))
    return tuple(found)


def _verdicts(value: Any, rubric: ir.Rubric, here: str, say: Say) -> dict[str, Verdict]:
    if not isinstance(value, dict):
        what = "no `verdicts`" if value is None else f"`verdicts` that are {describe(value)}"
        say(f"{here} has {what}", 'write an object such as {"criterion": "met"}')
        return {}
    criteria = {c.id: c for c in rubric.criteria}
    found: dict[str, Verdict] = {}
    for name, verdict in value.items():
        criterion = criteria.get(name)
        if criterion is None:
            say(f"{here}: {rubric.name} has no criterion `{name}`", nearest(name, criteria))
            continue
        hint = wrong_verdict(criterion, verdict)
        if hint is None:
            found[name] = verdict
        else:
            say(f"{here}: `{name}` has the verdict {describe(verdict)}", hint)
    return found


def wrong_verdict(criterion: ir.Criterion, verdict: Any) -> str | None:
    """What a verdict of the criterion should look like; None when this one is right."""
    levels = len(criterion.levels)
    if verdict in ("not_applicable", "cannot_assess"):
        return None
    if levels:
        if type(verdict) is int and 0 <= verdict < levels:
            return None
        return f"the criterion has levels: write a whole number from 0 to {levels - 1}"
    if verdict in ("met", "unmet"):
        return None
    if isinstance(verdict, bool):
        return f'write "{"met" if verdict else "unmet"}"'
    near = difflib.get_close_matches(verdict.casefold(), WORDS, 1) if _is_text(verdict) else []
    return f'did you mean "{near[0]}"?' if near else "write one of " + ", ".join(WORDS)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _text(value: Mapping[str, Any], key: str, here: str, say: Say) -> str | None:
    """A field that is a text and not blank."""
    text = value.get(key)
    if isinstance(text, str) and text.strip():
        return text
    if text is None:
        say(f"{here} has no `{key}`", "give it as a text")
    else:
        say(f"`{key}` of {here} is {describe(text)}", "it is a text that is not empty")
    return None


def _unknown_keys(value: Mapping[str, Any], known: Sequence[str], here: str, say: Say) -> None:
    for key in value:
        if key not in known:
            say(f"{here} has no field `{key}`", nearest(key, known))


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the one that was meant, or what there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"known: {shown}" if names else "there are none"
