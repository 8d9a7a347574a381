"""OpenEnv: a rubric made of its containers, and an environment of one turn around it."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"prompt": record["prompt"], **case_of(record)}


TARGET = Target(
    name="openenv",
    package="openenv",
    least="0.10",
    setting="trl/none",
    row=row,
    adapter="rubric_openenv.py",
)
