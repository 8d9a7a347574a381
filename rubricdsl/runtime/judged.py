"""A batch from its rows to rewards: conditions, the judge, evaluation, ranks within groups."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .batch import BatchRow
from .evaluate import DROPPED, Case, Outcome
from .groups import group_rewards
from .judging import ask_judge, ask_judge_async, drops_failures

Answers = Sequence[Mapping[str, Any] | None]


class Judged(NamedTuple):
    """What became of the rows of a batch: a case and an outcome each, in their order.

    Rows of one prompt share a case. The rewards are final: ranked where a rubric ranks. A sheet is
    what the judge said, None where it failed and empty where it was not asked.
    """

    rows: list[BatchRow]
    cases: list[Case]
    outcomes: list[Outcome]
    rewards: list[float | None]
    sheets: list[Mapping[str, Any] | None]


def judge_batch(rows: list[BatchRow], groups: Sequence[range]) -> Judged:
    """Ask the judge what checks and conditions leave open, and evaluate all rows.

    `groups` are the places that are ranked among themselves, as `ranked_groups` finds them.
    """
    cases = cases_of(rows)
    items, owners = _questions(rows, cases)
    return _judged(rows, cases, groups, owners, ask_judge(items))


async def judge_batch_async(rows: list[BatchRow], groups: Sequence[range]) -> Judged:
    """The same without holding up the event loop while the judge works."""
    cases = cases_of(rows)
    items, owners = _questions(rows, cases)
    return _judged(rows, cases, groups, owners, await ask_judge_async(items))


def cases_of(rows: list[BatchRow]) -> list[Case]:
    """The case of each row; neighbours with the same rubric and facts share one."""
    cases: list[Case] = []
    before: BatchRow | None = None
    for row in rows:
        if (
            before is not None
            and row.rubric is before.rubric
            and row.inputs == before.inputs
            and row.profile == before.profile
        ):
            cases.append(cases[-1])
        else:
            cases.append(Case(row.rubric, row.inputs, row.profile))
        before = row
    return cases


def _questions(rows: list[BatchRow], cases: list[Case]) -> tuple[list[dict[str, Any]], list[int]]:
    """The items for the judge, and the places of the rows that they are about."""
    items, owners = [], []
    for place, (row, case) in enumerate(zip(rows, cases, strict=True)):
        if case.asked:
            items.append(_item(row, case.asked))
            owners.append(place)
    return items, owners


def _item(row: BatchRow, criteria: list[str]) -> dict[str, Any]:
    """What the judge is given about a row."""
    item = {
        "prompt": row.prompt,
        "response": row.response,
        "rubric": row.rubric["name"],
        "inputs": row.inputs,
        "criteria": criteria,
    }
    return item if row.source is None else {**item, "rubric_json": row.source}


def _judged(
    rows: list[BatchRow],
    cases: list[Case],
    groups: Sequence[range],
    owners: list[int],
    answers: Answers,
) -> Judged:
    sheets: list[Mapping[str, Any] | None] = [{} for _ in rows]
    for place, sheet in zip(owners, answers, strict=True):
        sheets[place] = sheet
    outcomes = [
        _failed(case, row.response) if sheet is None else case.outcome(sheet, row.response)
        for row, case, sheet in zip(rows, cases, sheets, strict=True)
    ]
    rewards = [outcome.reward for outcome in outcomes]
    for places in groups:
        tallies = [outcomes[place].tally for place in places]
        keys = [None if tally is None else tally.key() for tally in tallies]
        ranked = group_rewards(rows[places[0]].rubric, keys)
        for place, value in zip(places, ranked, strict=True):
            rewards[place] = value
    return Judged(rows, cases, outcomes, rewards, sheets)


def _failed(case: Case, response: str) -> Outcome:
    """An answer that the judge failed on: what the policies make of it, or nothing at all."""
    found = DROPPED if drops_failures() else case.outcome({}, response)
    return found._replace(failed=True)
