"""The rubric judge of verifiers: a TOML file with criteria, their weights and their choices.

Choices go from worst to best and are worth even steps, so what is forbidden has `yes` before `no`
and no weight is negative. `--target verifiers` writes the file too, where nothing is lost.
"""

from rubricdsl import ir
from rubricdsl.foreign import Powers

from .interface import Format, Line, Said, heading, number, quoted


def write(found: Said) -> str:
    head = heading(
        found,
        line(found),
        "verifiers 0.4: name this file in the settings of a taskset without rewards of its own:",
        "",
        "    [[env.taskset.task.judges]]",
        '    id = "rubric"',
        '    path = "THIS FILE"',
        '    view = "last_reply"',
    )
    return head + "\n".join(_item(found, criterion) for criterion in found.rubric.criteria)


def _item(found: Said, criterion: ir.Criterion) -> str:
    text, choices = criterion.text, ["no", "yes"]
    if criterion.levels:
        text += "".join(f"\n{level.level}: {level.anchor}" for level in criterion.levels)
        choices = [str(level.level) for level in criterion.levels]
    elif criterion.polarity == "forbids":
        choices = ["yes", "no"]
    lines = [
        "[[criteria]]",
        f"name = {quoted(criterion.id)}",
        f"text = {quoted(text)}",
        f"weight = {float(number(found.sum.weights[criterion.id]))!r}",
        f"choices = [{', '.join(map(quoted, choices))}]",
    ]
    return "\n".join(lines) + "\n"


def line(found: Said) -> Line:
    """Of the weighted mean."""
    return found.sum.offset, found.sum.slope * found.total


FORMAT = Format(
    name="verifiers-judge",
    package="verifiers",
    least="0.4",
    powers=Powers(levels="even", negative=False),
    place="{name}.toml",
    write=write,
    line=line,
)
