"""ART: rewards for the trajectories of a group."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"prompt": record["prompt"], **case_of(record)}


TARGET = Target(
    name="art",
    package="openpipe-art",
    least="0.5",
    setting="art/unscaled",
    whole_groups=True,
    failure="errored",
    row=row,
    adapter="rubric_art.py",
)
