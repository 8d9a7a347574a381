"""What is known of each answer of a batch, in plain values that processes hand to each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..material import Verdict
from .order import Key

TIERS = ("safety", "proficiency", "excellence")
SEVERITIES = ("critical", "major", "moderate")


@dataclass(frozen=True)
class Credit:
    """What an answer got for a criterion that applies, in [0, 1]; `tier` is a place in `TIERS`."""

    criterion: str
    tier: int
    credit: float


@dataclass(frozen=True)
class Judged:
    """What a bundle's `reward.py` made of an answer.

    `key` is None where a policy dropped the answer, and then there are no figures. `credits` is
    empty for a rubric that came with the row. `asked` criteria were put to the judge, and for
    `unanswered` of them there is no verdict; `failed` says that it gave no sheet at all.
    """

    rubric: str
    key: Key | None
    reward: float | None
    violations: tuple[str, ...]
    proficiency: float | None
    bonuses: int | None
    credits: tuple[Credit, ...]
    sheet: Mapping[str, Verdict]
    asked: int
    unanswered: int
    failed: bool


@dataclass(frozen=True)
class Answer:
    """An answer to the prompt of a row. `text` and `prompt` are None where they are not logged."""

    prompt_id: str
    profile: str
    tokens: int
    judged: Judged | None
    text: str | None = None
    prompt: list[dict[str, str]] | None = field(default=None)


def judged_answers(found: Any, sheets: Iterator[Mapping[str, Any] | None]) -> Iterator[Judged]:
    """One per row of a judged batch; `sheets` are what the judge gave, for the rows it was asked
    about, in order."""
    for row, case, outcome in zip(found.rows, found.cases, found.outcomes, strict=True):
        answered = next(sheets) if case.asked else None
        sheet = answered or {}
        given = {name: sheet[name] for name in case.asked if name in sheet}
        criteria = row.rubric["criteria"]
        applying = [
            (criterion, credit)
            for criterion, credit in zip(criteria, outcome.credits, strict=bool(outcome.credits))
            if credit is not None
        ]
        tally = outcome.tally
        unit = row.rubric["unit"]
        own = row.source is not None
        yield Judged(
            rubric=row.rubric["name"],
            key=None if tally is None else tally.key(),
            reward=outcome.reward,
            violations=tuple(outcome.violations),
            proficiency=None if tally is None else tally.share[0] / tally.share[1],
            bonuses=None if tally is None else tally.bonuses,
            credits=() if own else tuple(Credit(c["id"], c["tier"], k / unit) for c, k in applying),
            sheet={**given, **_by_check(applying, unit)},
            asked=len(case.asked),
            unanswered=sum(not _is_verdict(given.get(name)) for name in case.asked),
            failed=outcome.failed,
        )


def _by_check(applying: Sequence[tuple[Any, int]], unit: int) -> dict[str, Verdict]:
    """The verdicts of criteria that a check decides, which are yes or no."""
    return {
        criterion["id"]: "met" if (credit == unit) != criterion["forbids"] else "unmet"
        for criterion, credit in applying
        if criterion["check"] is not None
    }


def _is_verdict(value: Any) -> bool:
    return value in ("met", "unmet", "not_applicable") or type(value) is int


def text_of(completion: Any) -> str:
    """The text of an answer as a trainer has it: plain, or messages."""
    if isinstance(completion, str):
        return completion
    return "\n".join(str(turn.get("content") or "") for turn in completion)


def messages_of(prompt: Any) -> list[dict[str, str]]:
    """A prompt as messages, each a role and a text."""
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return [{"role": str(t.get("role")), "content": str(t.get("content"))} for t in prompt]
