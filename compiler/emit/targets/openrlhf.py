"""OpenRLHF: `reward_func`, and rows whose one label holds all that it needs."""

from typing import Any

from .interface import Record, Target, case_text


def row(record: Record, number: int) -> dict[str, Any]:
    return {"input": record["prompt"], "label": case_text(record)}


TARGET = Target(
    name="openrlhf",
    package="openrlhf",
    least="0.11",
    setting="openrlhf/dr_grpo",
    row=row,
    adapter="rubric_openrlhf.py",
    settings={"run.sh": "stack_openrlhf.sh.jinja"},
)
