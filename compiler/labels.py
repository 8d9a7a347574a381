"""What a row really says about its responses: usable verdicts and their credits.

A verdict is usable when the criterion applies to the case and somebody, or a check, decided it.
`cannot_assess` and `not_applicable` are no labels: nothing is learned from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from rubricdsl import ir

from .meaning import Meaning
from .rows import Response, Row, Verdict


@dataclass(frozen=True)
class Label:
    """A decided verdict ("met", "unmet" or a level) and what it is worth, in [0, 1]."""

    criterion: ir.Criterion
    verdict: str | int
    credit: Fraction


def resolved(meaning: Meaning, row: Row, response: Response) -> dict[str, Verdict]:
    """The verdict sheet after conditions and checks, in the order of the rubric.

    A criterion whose condition is known false is `not_applicable`; one with a check has the
    check's verdict, whatever the sheet says.
    """
    aside = meaning.set_aside(row.inputs)
    found = meaning.checked(response.text)
    sheet: dict[str, Verdict] = {}
    for criterion in row.rubric.criteria:
        if criterion.id in aside:
            sheet[criterion.id] = "not_applicable"
        elif criterion.id in found:
            sheet[criterion.id] = found[criterion.id]
        elif criterion.id in response.verdicts:
            sheet[criterion.id] = response.verdicts[criterion.id]
    return sheet


def labels(rubric: ir.Rubric, sheet: Mapping[str, Verdict]) -> dict[str, Label]:
    """The decided verdicts of a resolved sheet, by criterion."""
    found = {}
    for criterion in rubric.criteria:
        verdict = sheet.get(criterion.id)
        if verdict is not None and verdict not in ("not_applicable", "cannot_assess"):
            found[criterion.id] = Label(criterion, verdict, credit(criterion, verdict))
    return found


def credit(criterion: ir.Criterion, verdict: str | int) -> Fraction:
    """What a decided verdict is worth; a `forbids` that is met is worth nothing."""
    if isinstance(verdict, int):
        return criterion.levels[verdict].credit
    return Fraction((verdict == "met") == (criterion.polarity == "requires"))
