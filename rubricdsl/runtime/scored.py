"""Rewards for stacks that are not TRL: one float and the same numbers for every answer.

An adapter hands over rows, as its data set has them (`prompt`, and `rubric` or `rubric_json`, and
maybe `inputs` and `profile`), and the answers to them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from .amounts import reduced
from .batch import BatchRow, ranked_groups, read_rows
from .evaluate import Case, Outcome
from .groups import LEAST_RANKED, is_ranked
from .judged import Judged, judge_batch, judge_batch_async
from .shapes import columns_of
from .verdicts import said

TIERS = ("safety", "proficiency", "excellence")
TIER_NUMBERS = ("tier_safety", "tier_proficiency", "tier_excellence")


class Scored(NamedTuple):
    """One answer.

    `reward` is None where the answer must not count. `value` is the reward, or in its place the
    least one that any answer to this prompt can get, for stacks that need a number. `numbers` has
    the same keys for every answer: flags (`unscored`, `judge_failed`, `safe`), what was found
    before any gate (`violations`, `proficiency`, `bonuses`), and the three rewards by tier, which
    are 0 with a violation. `violations` names the vetoes that are violated; `case`, `outcome` and
    `sheet` are what `findings` reads.
    """

    reward: float | None
    value: float
    numbers: dict[str, float]
    violations: list[str]
    case: Case
    outcome: Outcome
    sheet: Mapping[str, Any] | None

    def findings(self) -> dict[str, dict[str, Any]]:
        """By criterion: its `verdict`, its `tier`, and its exact `credit` as "n/d".

        A verdict that says nothing valid reads "cannot_assess"; the credit is what the policies
        made of it. The credit is None where the criterion does not apply, and where a policy
        dropped the answer. Every value is fit for JSON, whatever a judge said.
        """
        rubric, sheet, applying = self.case.rubric, self.sheet or {}, self.case.applying
        credits, unit = self.outcome.credits or [None] * len(rubric["criteria"]), rubric["unit"]
        found = {}
        for criterion, credit in zip(rubric["criteria"], credits, strict=True):
            name = criterion["id"]
            if name in applying:
                verdict = said(criterion, sheet.get(name), credit, unit)
                exact = None if credit is None else _exact(credit, unit)
                found[name] = {
                    "verdict": verdict,
                    "tier": TIERS[criterion["tier"]],
                    "credit": exact,
                }
        return found


@lru_cache(maxsize=4096)
def _exact(credit: int, unit: int) -> str:
    return "{}/{}".format(*reduced(credit, unit))


def score_rows(rows: Sequence[Mapping[str, Any]], responses: Sequence[str]) -> list[Scored]:
    """Score answers, each to the row at its place. Raises `ValueError` for faults of the data."""
    read = read_rows(rows, responses)
    return _scored(judge_batch(read, ranked_groups(read)))


async def score_rows_async(
    rows: Sequence[Mapping[str, Any]], responses: Sequence[str]
) -> list[Scored]:
    """The same without holding up the event loop while the judge works."""
    read = read_rows(rows, responses)
    return _scored(await judge_batch_async(read, ranked_groups(read)))


def _scored(judged: Judged) -> list[Scored]:
    return [
        Scored(
            reward,
            worst_reward(case) if reward is None else reward,
            _numbers(row, outcome, reward),
            outcome.violations,
            case,
            outcome,
            sheet,
        )
        for row, case, outcome, reward, sheet in zip(*judged, strict=True)
    ]


def _numbers(row: BatchRow, outcome: Outcome, reward: float | None) -> dict[str, float]:
    tally = outcome.tally
    if tally is None:
        share, bonuses, tiers = 0.0, 0, (0.0, 0.0, 0.0)
    else:
        share, bonuses = tally.share[0] / tally.share[1], tally.bonuses
        tiers = columns_of(row.rubric, tally.key())
    return {
        "unscored": float(reward is None),
        "judge_failed": float(outcome.failed),
        "safe": float(tally is not None and not outcome.violations),
        "violations": float(len(outcome.violations)),
        "proficiency": share,
        "bonuses": float(bonuses),
        "tier_safety": tiers[0],
        "tier_proficiency": tiers[1],
        "tier_excellence": tiers[2],
    }


def worst_reward(case: Case) -> float:
    """The least reward that any answer in this case can get; 0.0 where none has one.

    All credits are 0 there. What may fall away can only lower a sum of points by leaving its
    denominator, so it is tried with all of it, with none, and with each part alone.
    """
    rubric = case.rubric
    if is_ranked(rubric):
        return LEAST_RANKED
    bad: list[int | None] = [0 if c["id"] in case.applying else None for c in rubric["criteria"]]
    loose = [
        place
        for place, criterion in enumerate(rubric["criteria"])
        if bad[place] is not None
        and (criterion["na"] or rubric["policies"][criterion["tier"]] == "exclude")
    ]
    without = [None if place in loose else credit for place, credit in enumerate(bad)]
    sheets = [bad, without]
    sheets += [[0 if i == place else credit for i, credit in enumerate(without)] for place in loose]
    # A `forbids` that falls away leaves no denominator: it stays in, and so does its loss.
    kept = [
        [0 if criterion["forbids"] and bad[i] is not None else credit
         for i, (criterion, credit) in enumerate(zip(rubric["criteria"], sheet, strict=True))]
        for sheet in sheets
    ]  # fmt: skip
    rewards = [case.reward_of(sheet)[1] for sheet in (*sheets, *kept)]
    return min((reward for reward in rewards if reward is not None), default=0.0)
