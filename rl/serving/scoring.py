"""From the groups of a request to what a judge is asked, and from verdict sheets to rewards.

Everything is decided by `rubricdsl.runtime`, the code that a bundle's `reward.py` is made of.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.groups import group_rewards, is_ranked
from rubricdsl.runtime.verdicts import checked, needs_judge

from ..judges.protocol import Record
from ..material import Item
from .problems import Problem
from .reading import Asked, Group

Place = tuple[int, int]
"""A group and an answer of it."""


@dataclass(frozen=True)
class Scored:
    """What came of a group: a reward per answer, and all about it as `evaluate` has it."""

    rewards: Sequence[float | None]
    results: Sequence[Mapping[str, Any]]


def questions(asked: Asked) -> tuple[list[Place], list[Item]]:
    """What a judge must be asked, and about which answer: what no check and no condition settles.

    The items are those that `reward.py` gives its judge.
    """
    places: list[Place] = []
    items: list[Item] = []
    for g, group in enumerate(asked.groups):
        criteria = needs_judge(group.rubric, group.facts)
        for a, answer in enumerate(group.answers if criteria else ()):
            item = {
                "prompt": group.prompt,
                "response": answer.text,
                "rubric": group.rubric["name"],
                "inputs": group.inputs,
                "criteria": list(criteria),
            }
            places.append((g, a))
            items.append(item if group.source is None else {**item, "rubric_json": group.source})
    return places, items


def scored(group: Group, sheets: Sequence[Mapping[str, Any]]) -> Scored:
    """Rewards from the verdict sheets of a group's answers."""
    results = [
        evaluate(group.rubric, sheet, group.inputs, answer.text, group.profile)
        for sheet, answer in zip(sheets, group.answers, strict=True)
    ]
    if is_ranked(group.rubric):
        return Scored(group_rewards(group.rubric, [r["key"] for r in results]), results)
    return Scored([result["reward"] for result in results], results)


def worst_reward(group: Group) -> float:
    """The reward of an answer that gets no credit for anything. Raises `Problem` without one."""
    sheet = {
        c["id"]: 0 if c["credits"] is not None else "met" if c["forbids"] else "unmet"
        for c in group.rubric["criteria"]
    }
    found: float | None = evaluate(group.rubric, sheet, group.inputs, None, group.profile)["reward"]
    if found is None:
        raise Problem("dropped", f"{group.rubric['name']} has no reward for any answer here")
    return found


def group_details(
    group: Group,
    done: Scored,
    sheets: Sequence[Mapping[str, Any]],
    records: Sequence[Record | None],
) -> dict[str, Any]:
    """A group as the reply has it: rewards, verdict sheets, and what failed."""
    facts = group.facts
    rows = []
    for answer, reward, result, sheet, record in zip(
        group.answers, done.rewards, done.results, sheets, records, strict=True
    ):
        row = {**result, "reward": reward}
        if record is not None or answer.verdicts is None:
            decided = {} if answer.text is None else checked(group.rubric, facts, answer.text)
            row["verdicts"] = {**sheet, **decided}
            row["failures"] = _failures(record)
        rows.append(row)
    rubric = group.rubric
    named = {"rubric": rubric["name"], "version": rubric["version"], "hash": rubric["hash"]}
    return {**named, "responses": rows}


def failures_in(records: Sequence[Record | None]) -> Counter[str]:
    """Failures by kind; the votes of an ensemble count where they failed."""
    return Counter(
        vote.failure.kind
        for record in records
        if record is not None
        for outcome in record.outcomes.values()
        for vote in outcome.votes or (outcome,)
        if vote.failure
    )


def _failures(record: Record | None) -> dict[str, Any]:
    outcomes = {} if record is None else record.outcomes
    return {
        criterion: {"kind": outcome.failure.kind, "detail": outcome.failure.said}
        for criterion, outcome in outcomes.items()
        if outcome.failure
    }
