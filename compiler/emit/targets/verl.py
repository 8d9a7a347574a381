"""verl: `compute_score` for one answer at a time, rows as JSON Lines and Parquet."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    """verl hands `extra_info` to the reward and never the prompt, so the prompt is in it too."""
    return {
        "data_source": f"rubricc/{record['rubric']}",
        "prompt": record["prompt"],
        "ability": "rubric",
        "reward_model": {"style": "rule", "ground_truth": ""},
        "extra_info": {
            "index": number,
            "prompt_id": record["prompt_id"],
            "prompt": record["prompt"],
            **case_of(record),
        },
    }


_CASE = dict.fromkeys(("rubric", "inputs", "profile", "rubric_json"), "text")

TARGET = Target(
    name="verl",
    package="verl",
    least="0.9",
    setting="verl/grpo_no_std",
    tier_setting="verl/gdpo",
    row=row,
    columns={
        "data_source": "text",
        "prompt": "messages",
        "ability": "text",
        "reward_model": {"style": "text", "ground_truth": "text"},
        "extra_info": {"index": "int", "prompt_id": "text", "prompt": "messages", **_CASE},
    },
    adapter="rubric_verl.py",
    settings={"run.sh": "stack_verl.sh.jinja"},
)
