"""The figures of a step: their names, which are those of logs and of docs/policy.md, and values.

They are of all answers of a step, over all processes, and before any gate: what the judge and the
checks found, whatever the reward makes of it. What is None or was not seen has no figure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .answers import SEVERITIES, TIERS, Answer, Judged
from .order import PROPERTIES, Case

SAFE = "rubric/safe"
UNSAFE_GROUPS = "rubric/groups_without_safe"
SILENT_GROUPS = "rubric/silent_groups"
FAILURES = "rubric/judge_failures"
UNANSWERED = "rubric/cannot_assess"
DROPPED = "rubric/dropped"
PROFICIENCY = "rubric/proficiency"
EXCELLENCE = "rubric/excellence"
CREDIT = "rubric/credit/"
VIOLATED = "rubric/violated/"

NAMES: Mapping[str, str] = {
    SAFE: "share of answers without a violated veto",
    PROFICIENCY: "mean S1, the share of the weight that was gained",
    EXCELLENCE: "mean number of bonuses",
    "rubric/reward": "mean reward by the bundle's `reward.py`, whatever is trained on",
    **{
        f"rubric/violations/{severity}": f"mean number of violated {severity} vetoes"
        for severity in SEVERITIES
    },
    CREDIT + "RUBRIC.CRITERION": "mean credit, of the answers that it applies to",
    VIOLATED + "RUBRIC.CRITERION": "the same for a veto: share of answers that violate it",
    **{f"rubric/tier/{tier}": f"mean credit of all criteria of {tier}" for tier in TIERS},
    UNSAFE_GROUPS: "share of groups without a safe answer: below the gate only counts can teach",
    SILENT_GROUPS: "share of groups whose advantages are all 0: they teach nothing",
    FAILURES: "number of answers that the judge gave no sheet for",
    UNANSWERED: "share of what the judge was asked that it gave no verdict on",
    DROPPED: "share of answers without a reward, by a policy `drop`",
    **{f"order/{name}_held": f"share of cases in which {name} held" for name in PROPERTIES},
    **{f"order/{name}_cases": f"number of cases that {name} speaks of" for name in PROPERTIES},
}
"""What is logged beside TRL's own figures; `RUBRIC.CRITERION` stands for the name of one."""

LEVEL = 1e-6
"""Advantages below it are rounding."""


@dataclass(frozen=True)
class Step:
    """The answers of a step with their advantages, `group` to a prompt and side by side.

    `left_out` are those that have no reward, which are in no group.
    """

    answers: Sequence[Answer]
    advantages: Sequence[float]
    left_out: Sequence[bool]
    group: int

    def groups(self) -> Iterator[range]:
        """The places of each group."""
        for start in range(0, len(self.answers), self.group):
            yield range(start, start + self.group)


def figures(step: Step) -> dict[str, float]:
    """The figures of a step without those of the order; of verdicts only where there are any."""
    silent = [all(abs(step.advantages[k]) <= LEVEL for k in group) for group in step.groups()]
    found = {SILENT_GROUPS: _mean(silent)}
    judged = [answer.judged for answer in step.answers if answer.judged is not None]
    if judged:
        found |= {name: _mean(values) for name, values in _values(judged).items() if values}
        found[FAILURES] = float(sum(one.failed for one in judged))
        found |= _by_group(step)
    return found


def order_figures(cases: Sequence[Case]) -> dict[str, float]:
    """How often each property held, and in how many cases."""
    found: dict[str, float] = {}
    for name in PROPERTIES:
        own = [case.held for case in cases if case.property == name]
        found[f"order/{name}_cases"] = float(len(own))
        if own:
            found[f"order/{name}_held"] = _mean(own)
    return found


def _values(judged: Sequence[Judged]) -> dict[str, list[float]]:
    """What is averaged, by name."""
    present = [one for one in judged if one.key is not None]
    values: dict[str, list[float]] = {
        DROPPED: [float(one.reward is None) for one in judged],
        SAFE: [float(not one.violations) for one in present],
        PROFICIENCY: [one.proficiency for one in present if one.proficiency is not None],
        EXCELLENCE: [float(one.bonuses) for one in present if one.bonuses is not None],
        "rubric/reward": [one.reward for one in judged if one.reward is not None],
    }
    for place, severity in enumerate(SEVERITIES):
        values[f"rubric/violations/{severity}"] = [
            float(-one.key[place]) for one in present if one.key is not None
        ]
    for one in present:
        for found in one.credits:
            name = f"{one.rubric}.{found.criterion}"
            values.setdefault(CREDIT + name, []).append(found.credit)
            values.setdefault(f"rubric/tier/{TIERS[found.tier]}", []).append(found.credit)
            if found.tier == 0:
                values.setdefault(VIOLATED + name, []).append(float(not found.credit))
    asked = sum(one.asked for one in judged)
    if asked:
        values[UNANSWERED] = [sum(one.unanswered for one in judged) / asked]
    return values


def _by_group(step: Step) -> dict[str, float]:
    groups = []
    for places in step.groups():
        judged = [step.answers[place].judged for place in places]
        known = [one for one in judged if one is not None and one.key is not None]
        if known:
            groups.append(all(one.violations for one in known))
    return {UNSAFE_GROUPS: _mean(groups)} if groups else {}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
