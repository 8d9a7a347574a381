"""Harbor's rewardkit: a TOML file with a judge, its criteria, and how they are added up.

What is forbidden is negated, so that no weight is negative. Scores are written with four decimals:
where a mean would lose a difference to that, the file asks for the sum, whose weights are whole.
"""

from fractions import Fraction

from rubricdsl import ir
from rubricdsl.foreign import Powers
from rubricdsl.sums import smallest

from .interface import Format, Line, Said, heading, number, quoted

DECIMALS = Fraction(1, 10_000)
MOST_NAME = 64


def write(found: Said) -> str:
    how = "weighted-mean" if _fits_mean(found) else "weighted-sum"
    head = heading(
        found,
        line(found),
        "rewardkit 0.2: this file stands in a folder of its own among the tests. Say in [judge]",
        "which model judges, and which files hold the answer.",
    )
    items = (_item(found, place, c) for place, c in enumerate(found.rubric.criteria))
    return f'{head}[judge]\n\n[scoring]\naggregation = "{how}"\n' + "".join(items)


def _item(found: Said, place: int, criterion: ir.Criterion) -> str:
    name = criterion.id
    if len(name) > MOST_NAME:
        name = f"{name[: MOST_NAME - 8]}_{place}"
    lines = [
        "",
        "[[criterion]]",
        f"name = {quoted(name)}",
        f"description = {quoted(criterion.text)}",
        f"weight = {float(number(found.sum.weights[criterion.id]))!r}",
    ]
    if criterion.levels:
        anchors = ", ".join(quoted(level.anchor) for level in criterion.levels)
        lines += ['type = "rubric"', f"levels = [{anchors}]"]
    if criterion.polarity == "forbids":
        lines.append("negate = true")
    return "\n".join(lines) + "\n"


def _fits_mean(found: Said) -> bool:
    """Whether rounded means stay apart, which those just one unit apart need not."""
    return smallest(found.rubric, found.sum) > DECIMALS * found.total


def line(found: Said) -> Line:
    return found.sum.offset, found.sum.slope * (found.total if _fits_mean(found) else 1)


FORMAT = Format(
    name="rewardkit",
    package="harbor-rewardkit",
    least="0.2",
    powers=Powers(levels="even", most_levels=10, negative=False),
    place="{name}/rubric.toml",
    write=write,
    line=line,
)
