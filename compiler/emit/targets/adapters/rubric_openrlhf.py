"""Rewards for OpenRLHF: `reward_func`, called with lists of one answer.

How to run: `bash stacks/openrlhf/run.sh` in the folder of the bundle; it sets

    --reward.remote_url stacks/openrlhf/rubric_openrlhf.py

Criteria that no check decides need a judge: RUBRICC_JUDGE=package.module:function in the
environment. The label of a row is a JSON text with its prompt, rubric and inputs.

An exception in here would be logged and the run would stop later, so an answer without a reward
gets the least one that its prompt allows, and `extra_logs` has `unscored` 1.
"""

import functools
import json
import sys
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


# What chat templates put after an answer. A query holds them; they are no part of the answer.
ENDS = ("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<end_of_turn>", "<|end_of_text|>", "</s>")
TAIL = 64  # characters


def reward_func(queries: list[str], prompts: list[str], labels: list[str]) -> dict[str, Any]:
    """The reward of one answer: `rewards`, `scores` and the numbers of the rubric."""
    if len(queries) != 1:
        raise ValueError("OpenRLHF hands over one answer at a time; this call has several")
    scored = reward.score_rows([row_of(labels[0])], [answer_of(queries[0], prompts[0])])[0]
    return {"rewards": scored.value, "scores": scored.value, "extra_logs": scored.numbers}


@functools.lru_cache(maxsize=1024)
def row_of(label: str) -> dict[str, Any]:
    """The row that a label holds; the answers to one prompt have the same."""
    row: dict[str, Any] = json.loads(label)
    return row


def answer_of(query: str, prompt: str) -> str:
    """What was generated: the query without its prompt, and without the marks of its end.

    A prompt that was cut off at its start is found by its last characters. Raises `ValueError`
    when they are not there: the prompt must never be judged as if it were the answer.
    """
    if query.startswith(prompt):
        answer = query[len(prompt) :]
    else:
        _, tail, answer = query.partition(prompt[-TAIL:])
        if not prompt or not tail:
            raise ValueError("the query does not hold its prompt; check --data.apply_chat_template")
    answer = answer.rstrip()
    while answer.endswith(ENDS):
        end = next(end for end in ENDS if answer.endswith(end))
        answer = answer[: -len(end)].rstrip()
    return answer
