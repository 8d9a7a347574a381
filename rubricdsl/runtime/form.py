"""The compact form of a rubric: JSON data with everything that scoring needs and nothing else.

Weights are integers over one common scale, credits integers over one common unit, other exact
numbers `[numerator, denominator]`; texts that are compared are in their plain form.
"""

from typing import Any, TypedDict

COMPACT_VERSION = 1


class CompactInput(TypedDict):
    """A fact about the case. `unit` for quantities, `options` for enumerations."""

    id: str
    type: str
    options: list[str]
    unit: str | None
    default: Any


class CompactCriterion(TypedDict):
    """`tier` 0 safety, 1 proficiency, 2 excellence; `severity` 0 critical, 1 major, 2 moderate.

    `credits` has the credit of each level, or is None for met / unmet. `na` says whether a judge
    may answer `not_applicable`.
    """

    id: str
    tier: int
    severity: int | None
    forbids: bool
    credits: list[int] | None
    weight: int | None
    na: bool
    when: list[Any] | None
    check: list[Any] | None


class CompactProfile(TypedDict):
    """Weights that replace those of the criteria it names."""

    id: str
    when: list[Any] | None
    weights: dict[str, int]


class CompactReward(TypedDict):
    shape: str
    params: dict[str, list[int]]


class CompactRubric(TypedDict):
    """`unit` is the credit of a criterion fully met, `scale` what a weight of one became."""

    v: int
    name: str
    version: str
    hash: str
    unit: int
    scale: int
    steps: int
    policies: list[str]
    reward: CompactReward
    inputs: list[CompactInput]
    criteria: list[CompactCriterion]
    profiles: list[CompactProfile]
