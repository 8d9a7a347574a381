"""Rewards for promptfoo: `get_assert`, tests made of the prompts, and the prompts themselves.

How to run, in the folder of the bundle, with a provider added to the configuration:

    npx promptfoo eval -c stacks/promptfoo/promptfooconfig.yaml

Criteria that no check decides need a judge: RUBRICC_JUDGE=package.module:function in the
environment. promptfoo starts Python anew for every assertion, so the judge should be a served one.

An answer passes when it violates nothing and has a reward; the score is the reward. promptfoo has
no way to leave an answer out: one without a reward fails, with the least reward that its prompt
allows, and `unscored` is 1.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BUNDLE = HERE.parents[1]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


def generate_tests(config: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """One test per prompt. `config` may name other `prompts`, a file in the same form."""
    path = (config or {}).get("prompts") or str(HERE / "heldout.jsonl")
    return [
        {
            "description": f"{row['rubric']}, prompt {row['number'] + 1}",
            "vars": {"number": row["number"], "rubric": row["rubric"], "prompts": path},
        }
        for row in _rows(path)
    ]


def create_prompt(context: dict[str, Any]) -> list[dict[str, str]]:
    """The messages of a test's prompt."""
    return _row(context["vars"])["prompt"]


def get_assert(output: Any, context: dict[str, Any]) -> dict[str, Any]:
    """The reward as a grading result, with one component per criterion that applies."""
    answer = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    scored = reward.score_rows([_row(context["vars"])], [answer])[0]
    lost = scored.reward is None
    # promptfoo takes an empty reason for a pass.
    reason = f"violates {', '.join(scored.violations)}" if scored.violations else "violates nothing"
    return {
        "pass": not (lost or scored.violations),
        "score": scored.value,
        "reason": "there is no reward for this answer" if lost else reason,
        "namedScores": {"reward": scored.value, **scored.numbers},
        "componentResults": [_component(*pair) for pair in scored.findings().items()],
    }


def _component(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """One criterion: only safety decides whether an answer passes."""
    credit = found["credit"]
    number, unit = (credit or "0/1").split("/")
    return {
        "pass": found["tier"] != "safety" or credit is None or int(number) > 0,
        "score": int(number) / int(unit),
        "reason": f"{found['tier']}, {name}: {found['verdict']}, credit {credit or 'none'}",
    }


def _row(variables: dict[str, Any]) -> dict[str, Any]:
    number = int(variables["number"])
    for row in _rows(variables["prompts"]):
        if row["number"] == number:
            return row
    raise ValueError(f"{variables['prompts']} has no prompt of number {number}")


def _rows(path: str) -> Iterator[dict[str, Any]]:
    with Path(path).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
