"""What judges are given and what they give back: items in, one record per item out.

A judge that fails says so in the record: a failure is data, it is counted, and the verdict beside
it is `cannot_assess`, which the rubric's policies settle. Exceptions are for wrong use alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..material import Item, Messages, Verdict

CANNOT_ASSESS = "cannot_assess"

Kind = Literal[
    "timeout",
    "connection",
    "status",
    "content_type",
    "too_large",
    "malformed",
    "refused",
    "cut_short",
    "unparsable",
    "out_of_schema",
    "budget",
    "too_long",
    "not_finite",
    "unknown_criterion",
    "bad_item",
    "not_recorded",
    "crashed",
]

KINDS: Mapping[Kind, str] = {
    "timeout": "the server did not answer in time",
    "connection": "the server could not be reached, or went away",
    "status": "the server answered with an HTTP status that is no success",
    "content_type": "the server's reply is not JSON by its own account",
    "too_large": "the server's reply is larger than what is read",
    "malformed": "the server's reply is not what its API says",
    "refused": "the model refused to answer",
    "cut_short": "the model's answer ended at its limit of tokens",
    "unparsable": "the model's answer is not one JSON object",
    "out_of_schema": "the model's answer has no verdict that the criterion allows",
    "budget": "the budget of tokens was spent",
    "too_long": "prompt, answer and criterion are longer than the model reads",
    "not_finite": "the score is no finite number",
    "unknown_criterion": "the judge has never heard of the criterion",
    "bad_item": "the item is no conversation with an answer",
    "not_recorded": "no verdict was recorded for this answer",
    "crashed": "the judge itself broke",
}


@dataclass(frozen=True)
class Failure:
    """Why there is no verdict. `status` is the HTTP status where the server gave one."""

    kind: Kind
    detail: str = ""
    status: int = 0

    @property
    def said(self) -> str:
        """The failure in words."""
        return f"{KINDS[self.kind]}: {self.detail}" if self.detail else KINDS[self.kind]


@dataclass(frozen=True)
class Outcome:
    """What a judge says about one criterion of one answer.

    A failure always has the verdict `cannot_assess`; a judge may also say that by itself, and then
    there is no failure. `score` is a reward model's, `votes` are those of an ensemble's members.
    """

    verdict: Verdict
    failure: Failure | None = None
    reason: str = ""
    score: float | None = None
    votes: "tuple[Outcome, ...]" = ()

    def as_json(self) -> dict[str, Any]:
        """The outcome as JSON, without what is empty."""
        found: dict[str, Any] = {"verdict": self.verdict}
        if self.failure:
            found["failure"] = {"kind": self.failure.kind, "detail": self.failure.detail}
        if self.reason:
            found["reason"] = self.reason
        if self.score is not None:
            found["score"] = self.score
        if self.votes:
            found["votes"] = [vote.as_json() for vote in self.votes]
        return found


@dataclass(frozen=True)
class Usage:
    """What answers cost: requests sent, answers taken from the cache, tokens as servers count."""

    requests: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.requests + other.requests,
            self.cached + other.cached,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True)
class Record:
    """All that came back about one item: an outcome for every criterion that was asked."""

    outcomes: Mapping[str, Outcome]
    usage: Usage = field(default_factory=Usage)

    @property
    def sheet(self) -> dict[str, Verdict]:
        """The verdict sheet, as `reward.py` reads it."""
        return {criterion: outcome.verdict for criterion, outcome in self.outcomes.items()}


class Grader(Protocol):
    """Whatever can judge. One record per item, in order, whatever happens on the way."""

    def grade(self, items: Sequence[Item]) -> list[Record]: ...


@dataclass
class Tally:
    """Counts over many records: verdicts, failures by kind, and the first failure of each kind."""

    answers: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)

    def add(self, record: Record) -> None:
        """Count one record. The votes of an ensemble count as failures where they failed."""
        self.answers += 1
        self.usage += record.usage
        for outcome in record.outcomes.values():
            self.verdicts[str(outcome.verdict)] += 1
            for one in outcome.votes or (outcome,):
                if one.failure:
                    self.failures[one.failure.kind] += 1
                    self.examples.setdefault(one.failure.kind, one.failure.said)


class SheetJudge:
    """A grader as a bundle's `reward.py` calls judges: `set_judge(SheetJudge(grader))`.

    `tally` counts everything since the start; `watch` is shown every item with its record.
    """

    def __init__(self, grader: Grader, watch: Callable[[Item, Record], None] | None = None) -> None:
        self._grader = grader
        self._watch = watch
        self.tally = Tally()

    def __call__(self, items: list[Item]) -> list[dict[str, Verdict]]:
        records = self._grader.grade(items)
        for item, record in zip(items, records, strict=True):
            self.tally.add(record)
            if self._watch:
                self._watch(item, record)
        return [record.sheet for record in records]


def failed(kind: Kind, detail: str = "", status: int = 0) -> Outcome:
    """The outcome of a failure."""
    return Outcome(CANNOT_ASSESS, Failure(kind, detail, status))


def all_failed(item: Item, failure: Failure, usage: Usage | None = None) -> Record:
    """The record of an item about which nothing can be said."""
    outcome = Outcome(CANNOT_ASSESS, failure)
    return Record(dict.fromkeys(item["criteria"], outcome), usage or Usage())


def conversation_of(item: Item) -> Messages | Failure:
    """The messages of an item, each a role and a text; what trainers may add to them is dropped."""
    messages = []
    for turn in item["prompt"]:
        content = turn.get("content") if isinstance(turn, Mapping) else None
        if isinstance(content, list):
            content = "".join(_text(part) for part in content)
        if not isinstance(content, str) or not isinstance(turn.get("role"), str):
            return Failure("bad_item", "a turn of the prompt has no role or no text")
        messages.append({"role": turn["role"], "content": content})
    if not messages:
        return Failure("bad_item", "the prompt is empty")
    if not isinstance(item["response"], str):
        return Failure("bad_item", "the answer is no text")
    return messages


def _text(part: Any) -> str:
    text = part.get("text") if isinstance(part, Mapping) else None
    return text if isinstance(text, str) else ""
