"""autorubric: criteria with names and weights, or with options of any value."""

from rubricdsl import ir
from rubricdsl.foreign import Powers

from .interface import Format, Line, Said, heading, number, points, quoted


def write(found: Said) -> str:
    head = heading(
        found,
        line(found),
        "autorubric 1.6: Rubric.from_file reads this file. Score with a grader that has",
        "normalize=False: the usual score is cut off at 0 and 1. Give it CannotAssessConfig(",
        "strategy=CannotAssessStrategy.FAIL), or a lost verdict counts for the answer.",
    )
    return head + "criteria:\n" + "".join(_item(found, c) for c in found.rubric.criteria)


def _item(found: Said, criterion: ir.Criterion) -> str:
    lines = [
        f"  - name: {quoted(criterion.id)}",
        f"    weight: {points(found, criterion)}",
        f"    requirement: {quoted(criterion.text)}",
    ]
    if criterion.levels:
        lines += ["    scale_type: ordinal", "    options:"]
    for level in criterion.levels:
        label = quoted(f"{level.level}: {level.anchor}")
        lines.append(f"      - {{label: {label}, value: {number(level.credit)}}}")
    return "\n".join(lines) + "\n"


def line(found: Said) -> Line:
    """Of the score that is not normalised, the sum of weights and values."""
    return found.sum.offset + found.sum.slope * found.taken, found.sum.slope


FORMAT = Format(
    name="autorubric",
    package="autorubric",
    least="1.6",
    powers=Powers(levels="any", clipped=True),
    place="{name}.yaml",
    write=write,
    line=line,
)
