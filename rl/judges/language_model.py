"""A language model as a judge, over any server with OpenAI's `/chat/completions`.

Each question is one request: a criterion, or all criteria of an answer together. Answers are JSON
by a schema, which the server is asked to keep (`response_format`); one that does not know how is
asked without. Whatever the server does, an answer is read by `replies`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..material import Item, Messages
from .cache import Cache, key_of
from .client import Answer, Client, NoAnswer, usage_in
from .parallel import in_parallel
from .prompts import JudgePrompt, JudgePrompts
from .protocol import (
    Failure,
    Kind,
    Outcome,
    Record,
    Usage,
    all_failed,
    conversation_of,
    failed,
)
from .replies import content_of, read_answer

PATH = "/chat/completions"
Log = Callable[[Mapping[str, Any]], None]

_NOT_UNDERSTOOD = frozenset({400, 415, 422, 501})
_TOO_LONG = re.compile("context.{0,12}length|maximum.{0,20}tokens", re.IGNORECASE)
_CHARACTERS_PER_TOKEN = 3
_ENOUGH = 512


@dataclass(frozen=True)
class Sampling:
    """How the model answers. None leaves a setting to the server."""

    model: str
    temperature: float | None = 0.0
    max_tokens: int | None = 1024
    seed: int | None = None

    def as_json(self) -> dict[str, Any]:
        found = {
            "model": self.model,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class _Call:
    """One request: what it asks, about which item, on which of its criteria."""

    item: int
    prompt: JudgePrompt
    messages: Messages
    criteria: tuple[str, ...]


@dataclass
class LanguageModelJudge:
    """Judges by asking; `sample` tells apart several answers to one question.

    `log` is shown every exchange in full, whatever was said in it, and never a key.
    """

    client: Client
    sampling: Sampling
    prompts: JudgePrompts
    together: bool = False
    cache: Cache | None = None
    log: Log | None = None
    sample: int = 0
    _server: "_Server" = field(default_factory=lambda: _Server())

    def another(self, sample: int) -> "LanguageModelJudge":
        """The same judge, asked once more: it shares the client and what is known of the server."""
        return replace(self, sample=sample)

    def grade(self, items: Sequence[Item]) -> list[Record]:
        """One record per item; all requests go through the client's places at once."""
        calls: list[_Call] = []
        records: dict[int, Record] = {}
        for place, item in enumerate(items):
            conversation = conversation_of(item)
            if isinstance(conversation, Failure):
                records[place] = all_failed(item, conversation)
            else:
                calls += self._calls(place, item, conversation)
        outcomes: list[dict[str, Outcome]] = [{} for _ in items]
        usage = [Usage() for _ in items]
        found = in_parallel(self._ask, calls, self.client.concurrency)
        for call, (answers, used) in zip(calls, found, strict=True):
            outcomes[call.item].update((name, answers[name]) for name in call.criteria)
            usage[call.item] += used
        unknown = failed("unknown_criterion", "the bundle has no judge prompt for it")
        return [
            records.get(place)
            or Record(
                {name: outcomes[place].get(name, unknown) for name in item["criteria"]},
                usage[place],
            )
            for place, item in enumerate(items)
        ]

    def _calls(self, place: int, item: Item, conversation: Messages) -> list[_Call]:
        """The requests about one item; criteria without a prompt give none."""
        rubric, criteria, response = item["rubric"], item["criteria"], item["response"]
        whole = self.prompts.together.get(rubric) if self.together else None
        if whole is not None:
            asked = tuple(name for name in criteria if name in whole.allowed)
            if not asked or not _is_of(whole, item):
                return []
            return [_Call(place, whole, whole.messages(conversation, response), asked)]
        found = [(name, self.prompts.single.get((rubric, name))) for name in criteria]
        return [
            _Call(place, prompt, prompt.messages(conversation, response), (name,))
            for name, prompt in found
            if prompt is not None and _is_of(prompt, item)
        ]

    def _ask(self, call: _Call) -> tuple[dict[str, Outcome], Usage]:
        """The outcomes of one request. Only an answer without a fault is kept."""
        key = self._key(call)
        kept = self.cache.get(key) if self.cache else None
        if kept is not None:
            found = _read(call, kept)
            if not any(outcome.failure for outcome in found.values()):
                return found, Usage(cached=1)
        got = self._post(call)
        content = content_of(got.value) if isinstance(got, Answer) else got.failure
        if isinstance(content, Failure):
            found = dict.fromkeys(call.prompt.allowed, Outcome("cannot_assess", content))
        else:
            found = _read(call, content)
            if self.cache and not any(outcome.failure for outcome in found.values()):
                self.cache.put(key, content)
        used = usage_in(got.value) if isinstance(got, Answer) else (0, 0)
        self._tell(call, got, found)
        return found, Usage(got.requests, 0, *used)

    def _post(self, call: _Call) -> Answer | NoAnswer:
        """Ask, with as much of the schema as the server understands."""
        first: NoAnswer | None = None
        requests = 0
        for dialect in self._server.dialects():
            got = self.client.post(PATH, self._body(call, dialect), self._cost(call))
            requests += got.requests
            if isinstance(got, Answer):
                self._server.understood(dialect)
                return replace(got, requests=requests)
            if got.failure.status == 400 and (kind := _kind_of(got.said)):
                return NoAnswer(Failure(kind, got.failure.detail, 400), requests)
            first = first or got
            if got.failure.status not in _NOT_UNDERSTOOD:
                return replace(got, requests=requests)
        return replace(first or NoAnswer(Failure("status"), 0), requests=requests)

    def _body(self, call: _Call, dialect: "_Dialect") -> dict[str, Any]:
        body, form = self.sampling.as_json(), dialect.form
        if "max_tokens" in body:
            body[dialect.limit] = body.pop("max_tokens")
        if "seed" in body:
            body["seed"] += self.sample
        body["messages"] = call.messages
        if form == "json_schema":
            schema = {"name": "verdict", "strict": True, "schema": call.prompt.schema}
            body["response_format"] = {"type": form, "json_schema": schema}
        elif form == "json_object":
            body["response_format"] = {"type": form}
        return body

    def _cost(self, call: _Call) -> int:
        """About how many tokens a request takes, for the limits; the server's count replaces it."""
        characters = sum(len(message["content"]) for message in call.messages)
        return characters // _CHARACTERS_PER_TOKEN + (self.sampling.max_tokens or _ENOUGH)

    def _key(self, call: _Call) -> str:
        return key_of(
            {
                "address": self.client.address,
                "sampling": self.sampling.as_json(),
                "messages": call.messages,
                "schema": call.prompt.schema,
                "sample": self.sample,
            }
        )

    def _tell(self, call: _Call, got: Answer | NoAnswer, found: Mapping[str, Outcome]) -> None:
        if self.log:
            self.log(
                {
                    "address": self.client.address,
                    "sampling": self.sampling.as_json(),
                    "sample": self.sample,
                    "rubric": call.prompt.rubric,
                    "messages": call.messages,
                    "reply": got.value if isinstance(got, Answer) else got.failure.said,
                    "requests": got.requests,
                    "outcomes": {name: outcome.as_json() for name, outcome in found.items()},
                }
            )


class _Dialect(NamedTuple):
    """How a server wants to be asked: for which form of answers, and the name of its limit."""

    form: str
    limit: str


_DIALECTS = tuple(
    _Dialect(form, limit)
    for form in ("json_schema", "json_object", "none")
    for limit in ("max_tokens", "max_completion_tokens")
)


class _Server:
    """Which dialect a server understands, once it has answered; shared by all threads."""

    def __init__(self) -> None:
        self._known: _Dialect | None = None

    def dialects(self) -> tuple[_Dialect, ...]:
        """What to try in turn."""
        return (self._known,) if self._known else _DIALECTS

    def understood(self, dialect: _Dialect) -> None:
        self._known = dialect


def _is_of(prompt: JudgePrompt, item: Item) -> bool:
    """Whether a rubric that came with the row is the one that the prompt was written for."""
    return prompt.rubric_hash in item.get("rubric_json", prompt.rubric_hash)


def _kind_of(said: str) -> Kind | None:
    """What a server means that turns a request down for what stands in it."""
    if _TOO_LONG.search(said):
        return "too_long"
    return "refused" if "content_filter" in said else None


def _read(call: _Call, content: str) -> dict[str, Outcome]:
    return read_answer(content, call.prompt.allowed, single=call.prompt.single)
