"""NeMo RL: an environment, the processor of its rows, and the settings that name them."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"messages": record["prompt"], **case_of(record)}


TARGET = Target(
    name="nemo-rl",
    package="nemo-rl",
    least="2026-08",
    setting="nemo_rl/no_normalize",
    tier_setting="nemo_rl/gdpo",
    whole_groups=True,
    row=row,
    adapter="rubric_nemo_rl.py",
    settings={"grpo.yaml": "stack_nemo_rl.yaml.jinja"},
)
