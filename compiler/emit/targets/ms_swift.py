"""ms-swift: a plug-in file with one reward function, or one per tier."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"messages": record["prompt"], **case_of(record)}


TARGET = Target(
    name="ms-swift",
    package="ms-swift",
    least="4.6",
    setting="ms_swift/none",
    tier_setting="ms_swift/gdpo",
    whole_groups=True,
    row=row,
    adapter="rubric_ms_swift.py",
    settings={"run.sh": "stack_ms_swift.sh.jinja"},
)
