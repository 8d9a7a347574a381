"""Rewards for tinker-cookbook: a data set of groups that are scored together.

How to run: in a training script of the cookbook,

    sys.path.insert(0, "BUNDLE/stacks/tinker")
    from rubric_tinker import RubricDataset, rows

    dataset = RubricDataset(rows("train"), renderer, batch_size=16, group_size=8)

and give it to the training loop by a `RLDatasetBuilder` of yours. Criteria that no check decides
need a judge: RUBRICC_JUDGE=package.module:function in the environment.

Groups are centred by the cookbook and not divided by anything. An answer without a reward gets the
least one that its prompt allows, and the metric `rubric/unscored` is 1.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinker
from tinker_cookbook.rl.types import Env, EnvGroupBuilder, RLDataset, StepResult

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


def rows(side: str = "train") -> list[dict[str, Any]]:
    """The prompts of `train` or of `heldout`."""
    with (Path(__file__).parent / f"{side}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class RubricEnv(Env):
    """One prompt and one answer to it, which is scored with its group."""

    def __init__(self, row: dict[str, Any], renderer: Any) -> None:
        self.row, self.renderer, self.answer = row, renderer, ""

    async def initial_observation(self) -> tuple[Any, Any]:
        prompt = self.renderer.build_generation_prompt(self.row["prompt"])
        return prompt, self.renderer.get_stop_sequences()

    async def step(self, action: list[int], *, extra: Any = None) -> Any:
        message, _ = self.renderer.parse_response(action)
        content = message["content"]
        self.answer = (
            content
            if isinstance(content, str)
            else "".join(part.get("text") or "" for part in content)
        )
        return StepResult(
            reward=0.0,
            episode_done=True,
            next_observation=tinker.ModelInput.from_ints([]),
            next_stop_condition=self.renderer.get_stop_sequences(),
        )


@dataclass(frozen=True)
class RubricGroup(EnvGroupBuilder):
    """The group of one row."""

    row: dict[str, Any]
    renderer: Any
    group_size: int

    async def make_envs(self) -> Sequence[Any]:
        return [RubricEnv(self.row, self.renderer) for _ in range(self.group_size)]

    async def compute_group_rewards(
        self, trajectory_group: list[Any], env_group: Sequence[Any]
    ) -> list[tuple[float, dict[str, float | int]]]:
        """One reward and its numbers for each answer."""
        answers = [env.answer for env in env_group]
        found = await reward.score_rows_async([self.row] * len(answers), answers)
        return [(s.value, {f"rubric/{n}": v for n, v in s.numbers.items()}) for s in found]

    def logging_tags(self) -> list[str]:
        return [str(self.row["rubric"])]


class RubricDataset(RLDataset):
    """Rows in batches of groups."""

    def __init__(
        self, rows: Sequence[dict[str, Any]], renderer: Any, batch_size: int, group_size: int
    ) -> None:
        self.rows, self.renderer = rows, renderer
        self.batch_size, self.group_size = batch_size, group_size

    def get_batch(self, index: int) -> Sequence[Any]:
        start = index * self.batch_size
        return [
            RubricGroup(row, self.renderer, self.group_size)
            for row in self.rows[start : start + self.batch_size]
        ]

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)
