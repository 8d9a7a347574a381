"""Rewards for verifiers and prime-rl: the taskset `rubric-verifiers`, one answer a rollout.

How to run, in the folder of the bundle: the package holds the prompts and `reward.py`, so that it
can be installed wherever rollouts run.

    pip install stacks/verifiers
    vf-eval @ stacks/verifiers/eval.toml --model NAME --client.base-url http://HOST:PORT/v1

or, with prime-rl, `rl @ stacks/verifiers/prime_rl.toml`. Criteria that no check decides need a
judge: RUBRICC_JUDGE=package.module:function in the environment.

An answer without a reward makes its rollout an error, which is run again or left out, and never a
score. So does a judge that fails: RUBRICC_ON_JUDGE_FAILURE is `drop` unless it is set to `policy`.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import verifiers.v1 as vf

from . import reward

os.environ.setdefault("RUBRICC_ON_JUDGE_FAILURE", "drop")


class Unscored(RuntimeError):
    """An answer that must not count."""


class RubricData(vf.TaskData):
    """A prompt, and what the reward needs to know of it."""

    rubric: str = ""
    inputs: str = ""
    profile: str = ""
    rubric_json: str = ""


class RubricTask(vf.Task[RubricData]):
    """Scores the last thing that the assistant said."""

    @vf.reward
    async def rubric(self, trace: vf.Trace) -> float:
        """The reward; its numbers become metrics, whether there is a reward or not."""
        scored = (await reward.score_rows_async([_row(self.data)], [_answer(trace)]))[0]
        trace.record_metrics({f"rubric/{name}": n for name, n in scored.numbers.items()})
        trace.info["violations"] = scored.violations
        if scored.reward is None:
            raise Unscored(f"{self.data.rubric}: the answer has no reward")
        return scored.reward


class RubricTasksetConfig(vf.TasksetConfig):
    """`side`: the prompts to train on, or those held out."""

    side: Literal["train", "heldout"] = "train"


class RubricTaskset(vf.Taskset[RubricTask, RubricTasksetConfig]):
    """The prompts of the bundle."""

    def load(self) -> Iterator[RubricTask]:
        path = Path(__file__).parent / f"{self.config.side}.jsonl"
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield RubricTask(data_of(json.loads(line)), self.config.task)


class RubricEnvConfig(vf.SingleAgentEnvConfig):
    """One question and one answer: no tools, and nothing that needs a sandbox."""

    agent: vf.AgentConfig = vf.AgentConfig(
        harness=vf.HarnessConfig(id="null"), runtime=vf.SubprocessConfig()
    )


class RubricEnv(vf.SingleAgentEnv, vf.Env[RubricEnvConfig]):
    """What `rubric-verifiers` runs unless another environment is named."""


def data_of(row: dict[str, Any]) -> RubricData:
    """A row of `train.jsonl` as a task; a question alone is a text, which any harness takes."""
    prompt = row["prompt"]
    system = prompt[0]["content"] if prompt[0]["role"] == "system" else None
    asked = prompt[1:] if system is not None else prompt
    single = len(asked) == 1 and asked[0]["role"] == "user"
    return RubricData(
        **{name: value for name, value in row.items() if name not in ("prompt", "prompt_id")},
        id=row["prompt_id"],
        system_prompt=system,
        prompt=asked[0]["content"] if single else asked,
    )


def _row(data: RubricData) -> dict[str, Any]:
    """The case as `reward.py` takes it, with the prompt that the policy was shown."""
    prompt: Any = data.prompt
    asked = (
        [{"role": "user", "content": prompt}]
        if isinstance(prompt, str)
        else [{"role": m.role, "content": m.content} for m in prompt]
    )
    system = [{"role": "system", "content": data.system_prompt}] if data.system_prompt else []
    return {
        "prompt": system + asked,
        "rubric": data.rubric,
        "inputs": data.inputs,
        "profile": data.profile,
        "rubric_json": data.rubric_json,
    }


def _answer(trace: vf.Trace) -> str:
    """The answer as it came; `trace.last_reply` has lost the space around it."""
    if trace.root_reply is not None:
        return trace.root_reply
    said = trace.assistant_messages
    return (said[-1].content or "") if said else ""


__all__ = ["RubricEnv", "RubricTaskset"]
