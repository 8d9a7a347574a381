"""Rewards for ms-swift: a plug-in file that adds to its table of reward functions.

How to run: `bash stacks/ms_swift/run.sh` in the folder of the bundle; it sets

    --external_plugins stacks/ms_swift/rubric_ms_swift.py --reward_funcs rubric

and for rubrics with `reward tiers` the three functions `rubric_safety`, `rubric_proficiency` and
`rubric_excellence`. Criteria that no check decides need a judge:
RUBRICC_JUDGE=package.module:function in the environment.

ms-swift counts a lost reward as 0 in a sum, which may be more than the answer would have got. So an
answer without a reward gets the least one that its prompt allows.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swift.rewards import ORM, AsyncORM, orms

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


COLUMNS = ("rubric", "inputs", "profile", "rubric_json")


class Rubric(AsyncORM):
    """One reward per answer, in the order that the rubric declares."""

    async def __call__(self, completions: list[str], **kwargs: Any) -> list[float]:
        columns = {name: kwargs[name] for name in COLUMNS if kwargs.get(name)}
        rows = [
            {"prompt": prompt, **{name: values[place] for name, values in columns.items()}}
            for place, prompt in enumerate(_prompts(kwargs["messages"]))
        ]
        return [scored.value for scored in await reward.score_rows_async(rows, completions)]


class _Tier(ORM):
    """One tier of the same judgement: 0 with a violation, and 0 without a verdict."""

    function: Callable[..., list[float | None]]

    def __call__(self, completions: list[str], **kwargs: Any) -> list[float]:
        prompts = _prompts(kwargs["messages"])
        found = type(self).function(prompts, completions, **kwargs)
        return [0.0 if value is None else value for value in found]


class RubricSafety(_Tier):
    function = staticmethod(reward.reward_safety)


class RubricProficiency(_Tier):
    function = staticmethod(reward.reward_proficiency)


class RubricExcellence(_Tier):
    function = staticmethod(reward.reward_excellence)


def _prompts(conversations: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """The conversations without the answer that ends them."""
    return [messages[:-1] for messages in conversations]


orms["rubric"] = Rubric
orms["rubric_safety"] = RubricSafety
orms["rubric_proficiency"] = RubricProficiency
orms["rubric_excellence"] = RubricExcellence
