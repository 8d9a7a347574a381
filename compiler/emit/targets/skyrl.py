"""SkyRL: a text environment of one turn, named in each row."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {
        "data_source": f"rubricc/{record['rubric']}",
        "prompt": record["prompt"],
        "env_class": "rubric",
        "reward_spec": {"method": "rule", "ground_truth": ""},
        **case_of(record),
    }


TARGET = Target(
    name="skyrl",
    package="skyrl",
    least="0.3",
    setting="skyrl/grpo_no_std",
    row=row,
    columns={
        "data_source": "text",
        "prompt": "messages",
        "env_class": "text",
        "reward_spec": {"method": "text", "ground_truth": "text"},
        **dict.fromkeys(("rubric", "inputs", "profile", "rubric_json"), "text"),
    },
    adapter="rubric_skyrl.py",
    settings={"run.sh": "stack_skyrl.sh.jinja"},
)
