"""Rewards for Inspect: the task `rubric`, whose scorer is the reward.

How to run, in the folder of the bundle:

    inspect eval stacks/inspect/rubric_inspect.py --model openai/gpt-5-mini

The prompts are those that nothing was trained on; `-T prompts=FILE` takes others in the same form.
The scorer also stands alone: `Task(..., scorer=rubric_reward())`, for samples whose metadata are
those of `heldout.jsonl`. Criteria that no check decides need a judge:
RUBRICC_JUDGE=package.module:function in the environment.

The value of a score has the reward and the numbers of the rubric, each with its mean. The verdicts,
criterion by criterion, are in its metadata. An answer without a reward is unscored, as Inspect has
it: its numbers are NaN, which metrics and reducers leave out, and `unscored` is 1.
"""

import sys
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ChatMessage
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

HERE = Path(__file__).resolve().parent
BUNDLE = HERE.parents[1]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


COLUMNS = ("rubric", "inputs", "profile", "rubric_json")
FLAGS = ("unscored", "judge_failed")


@task
def rubric(prompts: str = "") -> Task:
    """Answer each prompt once; `--epochs` asks for more."""
    return Task(
        dataset=json_dataset(prompts or str(HERE / "heldout.jsonl")),
        solver=generate(),
        scorer=rubric_reward(),
    )


@scorer(metrics={"*": [mean(), stderr()]})
def rubric_reward() -> Scorer:
    """The reward of an answer. A judge that is not set is an error of the sample."""

    async def score(state: TaskState, target: Target) -> Score:
        row = {name: state.metadata.get(name) for name in COLUMNS}
        row["prompt"] = _messages(state.input)
        answer = state.output.completion
        return _score((await reward.score_rows_async([row], [answer]))[0], answer)

    return score


def _score(scored: Any, answer: str) -> Score:
    numbers = {"reward": scored.reward, **scored.numbers}
    said = f"violated: {', '.join(scored.violations) or 'nothing'}"
    if scored.reward is None:
        said = "there is no reward for this answer"
        numbers = {n: value if n in FLAGS else float("nan") for n, value in numbers.items()}
    failed = bool(scored.numbers["judge_failed"])
    return Score(
        value=numbers,
        answer=answer,
        explanation=said,
        reason="grader_failed" if failed else None,
        metadata={"violations": scored.violations, "findings": scored.findings()},
    )


def _messages(given: str | list[ChatMessage]) -> list[dict[str, str]]:
    """The prompt as the sample had it, whatever a solver made of it since."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return [{"role": message.role, "content": message.text} for message in given]
