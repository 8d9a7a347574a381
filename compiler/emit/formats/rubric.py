"""The package `rubric`: a list of weights and requirements, met or not."""

from rubricdsl.foreign import Powers

from .interface import Format, Line, Said, heading, points, quoted


def write(found: Said) -> str:
    head = heading(
        found,
        line(found),
        "rubric 2.2: Rubric.from_file reads this file. Score by `raw_score` of the report, or",
        "PerCriterionGrader(..., normalize=False): the usual score is cut off at 0 and 1.",
    )
    items = (
        f"- weight: {points(found, criterion)}\n  requirement: {quoted(criterion.text)}\n"
        for criterion in found.rubric.criteria
    )
    return head + "".join(items)


def line(found: Said) -> Line:
    """Of `raw_score`, the sum of the weights of what is met."""
    return found.sum.offset + found.sum.slope * found.taken, found.sum.slope


FORMAT = Format(
    name="rubric",
    package="rubric",
    least="2.2",
    powers=Powers(clipped=True),
    place="{name}.yaml",
    write=write,
    line=line,
)
