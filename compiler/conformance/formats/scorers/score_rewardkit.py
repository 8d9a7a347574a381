"""Scores of `rewardkit`: a folder of tests, run by its own runner, with a judge that has a sheet.

Standard input has `[{"text", "sheets": [[verdict, ...], ...]}, ...]` as JSON, verdicts in the order
of the file; standard output `{"version", "scores": [[...], ...]}`.
"""

import importlib.metadata
import json
import sys
import tempfile
from pathlib import Path

import rewardkit.reward
from rewardkit.judges import parse_judge_response
from rewardkit.models import Criterion, JudgeResult, LLMJudge
from rewardkit.runner import run


def score(tests: Path, sheet: list[bool | int]) -> float:
    """What ends up in reward.json."""

    async def judge(
        judge: LLMJudge,
        criteria: list[Criterion],
        weights: list[float] | None = None,
        system_prompt: str | None = None,
    ) -> JudgeResult:
        reply = {
            item.name: {"score": spoken(verdict), "reasoning": "From a sheet."}
            for item, verdict in zip(criteria, sheet, strict=True)
        }
        text = json.dumps(reply)
        return JudgeResult(parse_judge_response(text, criteria, weights), text, [])

    rewardkit.reward.arun_llm = judge
    output = tests.parent / "reward.json"
    run(tests, workspace=tests.parent, output=output)
    return float(json.loads(output.read_text())["rubric"])


def spoken(verdict: bool | int) -> str | int:
    if isinstance(verdict, bool):
        return "yes" if verdict else "no"
    return verdict


def main() -> None:
    found = []
    for case in json.load(sys.stdin):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "tests" / "rubric"
            folder.mkdir(parents=True)
            (folder / "rubric.toml").write_text(case["text"], encoding="utf-8")
            found.append([score(folder.parent, sheet) for sheet in case["sheets"]])
    print(json.dumps({"version": importlib.metadata.version("harbor-rewardkit"), "scores": found}))


if __name__ == "__main__":
    main()
