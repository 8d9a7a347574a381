"""promptfoo: an assertion in Python, tests made of the prompts, and a configuration."""

from typing import Any

from .interface import Record, Target, case_of


def row(record: Record, number: int) -> dict[str, Any]:
    """The adapter looks rows up by their number.

    Prompts are never among the variables of a test: promptfoo puts variables into each other, and
    reads files that they name.
    """
    return {
        "number": number,
        "prompt": record["prompt"],
        "prompt_id": record["prompt_id"],
        **case_of(record),
    }


TARGET = Target(
    name="promptfoo",
    package="promptfoo",
    least="0.123",
    setting=None,
    row=row,
    adapter="rubric_promptfoo.py",
    settings={"promptfooconfig.yaml": "stack_promptfoo.yaml.jinja"},
)
