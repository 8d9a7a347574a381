"""Unsloth: TRL's form, with a script that sets what the rubric needs."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"prompt": record["prompt"], **case_of(record)}


TARGET = Target(
    name="unsloth",
    package="unsloth",
    least="2026.10",
    setting="trl/none",
    tier_setting="trl/normalize_then_sum",
    whole_groups=True,
    failure="dropped",
    row=row,
    adapter="rubric_unsloth.py",
    settings={"settings.json": "stack_unsloth.json.jinja"},
)
