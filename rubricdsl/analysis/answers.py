"""What can be said about one criterion, and what each answer is worth."""

from functools import cache
from typing import NamedTuple

from ..runtime.form import CompactCriterion, CompactRubric


class Answer(NamedTuple):
    """A verdict and its credit over the rubric's unit; None where the criterion then falls away."""

    credit: int | None
    verdict: str | int


@cache
def _answers(
    levels: tuple[int, ...] | None, forbids: bool, na: bool, policy: str, unit: int
) -> tuple[Answer, ...]:
    if levels is None:
        worst, best = ("met", "unmet") if forbids else ("unmet", "met")
        found = [Answer(0, worst), Answer(unit, best)]
    else:
        found = [Answer(credit, level) for level, credit in enumerate(levels)]
        if policy in ("violate", "unmet") and 0 not in levels:
            found.insert(0, Answer(0, "cannot_assess"))
    if na:
        found.append(Answer(None, "not_applicable"))
    elif policy == "exclude":
        found.append(Answer(None, "cannot_assess"))
    return tuple(found)


def answers(rubric: CompactRubric, criterion: CompactCriterion) -> tuple[Answer, ...]:
    """One answer for every credit that a criterion can get, worst first, falling away last.

    Answers are those of a sheet without the text of the response, so that a check leaves all of
    them open.
    """
    levels = criterion["credits"]
    return _answers(
        None if levels is None else tuple(levels),
        criterion["forbids"],
        criterion["na"],
        rubric["policies"][criterion["tier"]],
        rubric["unit"],
    )
