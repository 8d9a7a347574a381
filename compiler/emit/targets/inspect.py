"""Inspect: a task whose scorer is the reward, with every number of the rubric as a metric."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    """A sample as Inspect's own data sets have it; the scorer finds the prompt in `input`."""
    return {
        "id": number + 1,
        "input": record["prompt"],
        "target": "",
        "metadata": {"prompt_id": record["prompt_id"], **case_of(record)},
    }


TARGET = Target(
    name="inspect",
    package="inspect-ai",
    least="0.3.285",
    setting=None,
    failure="dropped",
    row=row,
    adapter="rubric_inspect.py",
)
