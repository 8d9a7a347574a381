"""Rewards for ART: `score_group` gives the trajectories of a group their rewards.

How to run: in the script that gathers trajectories,

    sys.path.insert(0, "BUNDLE/stacks/art")
    from rubric_art import rows, score_group

    for row in rows("train"):
        group = await art.gather_trajectory_groups([... row["prompt"] ...])
        group = await score_group(group, row)
    await model.train(groups, config=art.TrainConfig(...), _config={"scale_rewards": False})

Criteria that no check decides need a judge: RUBRICC_JUDGE=package.module:function in the
environment, or `reward.set_judge`.

A trajectory without a reward becomes an exception of its group, as one whose rollout failed, and
is not trained on.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


class Unscored(RuntimeError):
    """An answer that must not count."""


def rows(side: str = "train") -> Iterator[dict[str, Any]]:
    """The prompts of `train` or of `heldout`."""
    with (Path(__file__).parent / f"{side}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


async def score_group(group: Any, row: dict[str, Any]) -> Any:
    """A group like the given one with rewards and metrics; all trajectories answer `row`."""
    trajectories = list(group.trajectories)
    answers = [_answer(trajectory) for trajectory in trajectories]
    found = await reward.score_rows_async([row] * len(answers), answers)
    kept: list[Any] = []
    for trajectory, scored in zip(trajectories, found, strict=True):
        if scored.reward is None:
            kept.append(Unscored(f"{row['rubric']}: the answer has no reward"))
            continue
        trajectory.reward = scored.reward
        trajectory.metrics.update({f"rubric/{n}": v for n, v in scored.numbers.items()})
        kept.append(trajectory)
    scored_group = type(group)(kept, metadata=group.metadata, metrics=group.metrics)
    scored_group.exceptions.extend(group.exceptions)
    return scored_group


def _answer(trajectory: Any) -> str:
    """The last thing that the assistant said."""
    said = [m for m in trajectory.messages() if m["role"] == "assistant"]
    return str(said[-1].get("content") or "") if said else ""
