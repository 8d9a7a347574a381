"""Responses under one rubric: from verdicts to reward."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .amounts import reduced
from .conditions import read_inputs
from .form import CompactRubric
from .order import Tally, tally, weights_in_force
from .shapes import points_for, shape_for, sum_of_points
from .verdicts import applies, needs_judge, resolve


class Outcome(NamedTuple):
    """What a rubric makes of a response.

    `tally` is None when a policy dropped the sample. `credits` are over the rubric's unit, in the
    order of its criteria, None where one does not apply. `failed` says that the judge gave nothing.
    """

    reward: float | None
    tally: Tally | None
    credits: list[int | None]
    violations: list[str]
    failed: bool = False


DROPPED = Outcome(None, None, [], [])
"""A sample that a policy dropped."""


class Case:
    """A rubric with the facts and the weights of one prompt settled, for any number of responses.

    Raises `ValueError` for a profile that the rubric does not have.
    """

    def __init__(
        self,
        rubric: CompactRubric,
        inputs: Mapping[str, Any] | None = None,
        profile: str | None = None,
    ) -> None:
        self.rubric = rubric
        self.facts = read_inputs(rubric["inputs"], inputs or {})
        self.weights = weights_in_force(rubric, self.facts, profile)
        self.applying = {c["id"] for c in rubric["criteria"] if applies(c, self.facts)}
        self.asked = needs_judge(rubric, self.facts)
        self._shape, self._worth = shape_for(rubric), points_for(rubric)

    def outcome(self, verdicts: Mapping[str, Any], response: str | None = None) -> Outcome:
        """One response, from its verdicts by criterion id and, for checks, its text."""
        credits = resolve(self.rubric, verdicts, self.facts, response)
        if credits is None:
            return DROPPED
        found, reward = self.reward_of(credits)
        violations = []
        if any(found.violations):
            pairs = zip(self.rubric["criteria"], credits, strict=True)
            violations = [c["id"] for c, credit in pairs if c["tier"] == 0 and credit == 0]
        return Outcome(reward, found, credits, violations)

    def reward_of(self, credits: list[int | None]) -> tuple[Tally, float | None]:
        """What credits amount to, and their reward; None where the shape has no value for them."""
        found = tally(self.rubric, credits, self.weights)
        points = sum_of_points(self.rubric, self._worth, credits, self.weights)
        exact = self._shape(found, points)
        return found, None if exact is None else exact[0] / exact[1]


def evaluate(
    rubric: CompactRubric,
    verdicts: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
    response: str | None = None,
    profile: str | None = None,
) -> dict[str, Any]:
    """Everything a rubric says about one response.

    Returns `reward` (float, or None: the sample must not count), `key` (compares as the order
    does), `violations` (ids of violated vetoes), `proficiency` (S1 as an exact "n/d"),
    `excellence` (how many bonuses), and `credits` (exact, by id; None where not applicable).
    """
    found = Case(rubric, inputs, profile).outcome(verdicts, response)
    if found.tally is None:
        return {
            "reward": None,
            "key": None,
            "violations": [],
            "proficiency": None,
            "excellence": None,
            "credits": {},
        }
    return {
        "reward": found.reward,
        "key": found.tally.key(),
        "violations": found.violations,
        "proficiency": "{}/{}".format(*found.tally.share),
        "excellence": found.tally.bonuses,
        "credits": {
            c["id"]: None if credit is None else "{}/{}".format(*reduced(credit, rubric["unit"]))
            for c, credit in zip(rubric["criteria"], found.credits, strict=True)
        },
    }
