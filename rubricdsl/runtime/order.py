"""The order of responses: what a sheet amounts to, tier by tier, and the key that compares them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .amounts import reduced
from .conditions import holds
from .form import CompactCriterion, CompactRubric

Key = tuple[int, int, int, int, int]


class Tally(NamedTuple):
    """What a sheet amounts to.

    `violations` per severity, critical first; `share` the exact S1 as a fraction; `bin` the same
    on the rubric's grid, in steps; `bonuses` S2; `vetoes` and `chances` how many vetoes and
    bonuses apply.
    """

    violations: tuple[int, int, int]
    share: tuple[int, int]
    bin: int
    bonuses: int
    vetoes: int
    chances: int

    def key(self) -> Key:
        """The one definition of the order: a response with the greater key is the better one."""
        critical, major, moderate = self.violations
        return (-critical, -major, -moderate, self.bin, self.bonuses)


def weights_in_force(
    rubric: CompactRubric, facts: Mapping[str, Any], profile: str | None = None
) -> dict[str, int]:
    """The weight of each proficiency criterion under the named profile, or the first that applies.

    A profile applies when its condition is known to be true. Raises `ValueError` for a name that
    the rubric does not have.
    """
    weights = {c["id"]: c["weight"] for c in rubric["criteria"] if c["weight"] is not None}
    for candidate in rubric["profiles"]:
        if profile:
            chosen = candidate["id"] == profile
        else:
            chosen = candidate["when"] is not None and holds(candidate["when"], facts) is True
        if chosen:
            return weights | candidate["weights"]
    if profile:
        known = ", ".join(candidate["id"] for candidate in rubric["profiles"]) or "none"
        raise ValueError(f"{rubric['name']} has no profile {profile!r}; it has: {known}")
    return weights


class Sums(NamedTuple):
    """What the credits of a sheet add up to: counts by severity and tier, weighed credits."""

    critical: int = 0
    major: int = 0
    moderate: int = 0
    vetoes: int = 0
    bonuses: int = 0
    chances: int = 0
    gained: int = 0
    total: int = 0


def adds(
    rubric: CompactRubric, criterion: CompactCriterion, credit: int, weights: Mapping[str, int]
) -> Sums:
    """What one criterion with this credit adds."""
    severity = criterion["severity"]
    if severity is not None:
        violated = int(credit == 0)
        return Sums(
            violated * (severity == 0), violated * (severity == 1), violated * (severity == 2), 1
        )
    if criterion["tier"] == 2:
        return Sums(0, 0, 0, 0, int(credit == rubric["unit"]), 1)
    weight = weights[criterion["id"]]
    return Sums(0, 0, 0, 0, 0, 0, weight * credit, weight * rubric["unit"])


def tally(rubric: CompactRubric, credits: list[int | None], weights: Mapping[str, int]) -> Tally:
    """Count violations, weigh proficiency and count bonuses; integers throughout."""
    parts = [
        adds(rubric, criterion, credit, weights)
        for criterion, credit in zip(rubric["criteria"], credits, strict=True)
        if credit is not None
    ]
    return tally_of(rubric["steps"], Sums(*map(sum, zip(*parts, strict=True))))


def tally_of(steps: int, sums: Sums) -> Tally:
    """The tally of a sheet with these sums, on a grid of so many steps."""
    critical, major, moderate, vetoes, bonuses, chances, gained, total = sums
    share = reduced(gained, total) if total else (0, 1)
    step = round_half_even(share[0] * steps, share[1])
    return Tally((critical, major, moderate), share, step, bonuses, vetoes, chances)


def round_half_even(numerator: int, denominator: int) -> int:
    """The nearest integer to a fraction; halfway, the even one. `denominator` is positive."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
