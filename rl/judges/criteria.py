"""What judges must know of criteria: the tier, and what each verdict is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rubricdsl import ir

from ..material import Verdict


@dataclass(frozen=True)
class Criterion:
    """A criterion's tier, and the credit of its verdicts."""

    tier: str
    credits: Mapping[Verdict, Fraction]


Criteria = Mapping[tuple[str, str], Criterion]


def criteria_of(rubrics: Sequence[ir.Rubric]) -> dict[tuple[str, str], Criterion]:
    """The criteria of some rubrics, by rubric and id."""
    return {
        (rubric.name, c.id): Criterion(c.tier, _credits(c))
        for rubric in rubrics
        for c in rubric.criteria
    }


def _credits(criterion: ir.Criterion) -> dict[Verdict, Fraction]:
    if criterion.levels:
        return {step.level: step.credit for step in criterion.levels}
    good = criterion.polarity == "requires"
    return {"met": Fraction(good), "unmet": Fraction(not good)}
