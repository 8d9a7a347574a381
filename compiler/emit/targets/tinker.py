"""tinker-cookbook: a data set of groups that are scored together."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"prompt": record["prompt"], **case_of(record)}


TARGET = Target(
    name="tinker",
    package="tinker-cookbook",
    least="0.6",
    setting="tinker/mean",
    whole_groups=True,
    failure="constant",
    row=row,
    adapter="rubric_tinker.py",
)
