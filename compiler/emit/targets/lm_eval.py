"""lm-evaluation-harness: a task that generates, and metrics made of the reward's numbers."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "prompt": record["prompt"],
        "prompt_id": record["prompt_id"],
        **case_of(record),
    }


TARGET = Target(
    name="lm-eval",
    package="lm-eval",
    least="0.4.13",
    setting=None,
    row=row,
    adapter="rubric_lm_eval.py",
    settings={"rubric.yaml": "stack_lm_eval.yaml.jinja"},
)
