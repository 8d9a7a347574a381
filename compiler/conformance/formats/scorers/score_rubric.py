"""Scores of `rubric`: its own loader and its own grader, with a judge that reads from a sheet.

Standard input has `[{"text", "sheets": [[verdict, ...], ...]}, ...]` as JSON, verdicts in the order
of the file; standard output `{"version", "scores": [[...], ...]}`.
"""

import asyncio
import importlib.metadata
import json
import re
import sys

from rubric import Rubric
from rubric.autograders import PerCriterionGrader
from rubric.autograders.schemas import PerCriterionOutput


async def score(rubric: Rubric, sheet: list[bool]) -> float | None:
    met = {item.requirement: verdict for item, verdict in zip(rubric.rubric, sheet, strict=True)}

    async def judge(system_prompt: str, user_prompt: str, **kwargs: object) -> PerCriterionOutput:
        found = re.search(r"<criterion>\n(.*)\n</criterion>", user_prompt, re.DOTALL)
        assert found is not None
        status = "MET" if met[found[1]] else "UNMET"
        return PerCriterionOutput(criterion_status=status, explanation="From a sheet.")

    report = await rubric.grade("An answer.", PerCriterionGrader(judge))
    found: float | None = report.raw_score
    return found


def main() -> None:
    found = [
        [asyncio.run(score(Rubric.from_yaml(case["text"]), sheet)) for sheet in case["sheets"]]
        for case in json.load(sys.stdin)
    ]
    print(json.dumps({"version": importlib.metadata.version("rubric"), "scores": found}))


if __name__ == "__main__":
    main()
