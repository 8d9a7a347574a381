"""slime: `custom_rm` for a sample or a group, and the centring of its rewards."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    metadata = {"prompt": record["prompt"], **case_of(record)}
    return {"prompt": record["prompt"], "label": "", "metadata": metadata}


TARGET = Target(
    name="slime",
    package="slime",
    least="2026-08",
    setting="slime/no_std",
    whole_groups=True,
    row=row,
    adapter="rubric_slime.py",
    settings={"args.sh": "stack_slime.sh.jinja"},
)
