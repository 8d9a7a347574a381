"""verifiers and prime-rl: an installable package with a taskset."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    return {"prompt": record["prompt"], "prompt_id": record["prompt_id"], **case_of(record)}


TARGET = Target(
    name="verifiers",
    package="verifiers",
    least="0.4",
    setting="prime_rl/grpo",
    failure="errored",
    row=row,
    adapter="rubric_verifiers.py",
    settings={
        "pyproject.toml": "stack_verifiers_package.toml.jinja",
        "eval.toml": "stack_verifiers_eval.toml.jinja",
        "prime_rl.toml": "stack_verifiers_prime_rl.toml.jinja",
    },
    module="rubric_verifiers",
)
