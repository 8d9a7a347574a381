"""Rewards for verl: `compute_score`, called for one answer at a time.

How to run: `bash stacks/verl/run.sh` in the folder of the bundle; it sets

    reward.custom_reward_function.path=stacks/verl/rubric_verl.py

Criteria that no check decides need a judge: RUBRICC_JUDGE=package.module:function in the
environment of the reward workers. `compute_score` awaits it; `compute_score_sync` is for the
managers that take no coroutine (`reward.custom_reward_function.name=compute_score_sync`).

verl has no way to leave an answer out: one without a reward gets the least reward that its prompt
allows, and `unscored` is 1. All answers have the same numeric keys, whatever happened.
"""

import sys
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


def _result(scored: Any) -> dict[str, float]:
    return {"score": scored.value, **scored.numbers}


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: dict[str, Any],
    **kwargs: Any,
) -> dict[str, float]:
    """The reward of one answer as `score`, beside the numbers of the rubric."""
    return _result((await reward.score_rows_async([extra_info], [solution_str]))[0])


def compute_score_sync(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: dict[str, Any],
    **kwargs: Any,
) -> dict[str, float]:
    """The same, waiting for the judge."""
    return _result(reward.score_rows([extra_info], [solution_str])[0])
