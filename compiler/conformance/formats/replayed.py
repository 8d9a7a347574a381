"""The formulas of the formats, read from the files themselves: for when a package is missing.

What is shown with them is that a file holds the right numbers, not that its tool adds them up so;
runs against the packages show that.
"""

import json
import tomllib
from collections.abc import Callable, Sequence
from typing import Any

Verdict = bool | int | None
"""Whether a sentence is met, a level, or None where the judge cannot say."""


Formula = Callable[[Sequence[Verdict]], float]


def healthbench(text: str) -> Formula:
    """Points of what is met over positive points: `calculate_score` of simple-evals."""
    items = json.loads(text.splitlines()[0])["rubrics"]
    possible = sum(item["points"] for item in items if item["points"] > 0)

    def score(sheet: Sequence[Verdict]) -> float:
        achieved = sum(item["points"] for item, met in zip(items, sheet, strict=True) if met)
        return float(achieved / possible)

    return score


def autorubric(text: str) -> Formula:
    """The weighted sum of values: `score_reports` with `normalize=False` and the strategy FAIL."""
    import yaml

    items = yaml.safe_load(text)["criteria"]

    def score(sheet: Sequence[Verdict]) -> float:
        total = 0.0
        for item, verdict in zip(items, sheet, strict=True):
            options, weight = item.get("options"), float(item["weight"])
            if verdict is None:
                total += min(weight, 0.0)
            else:
                value = float(options[verdict]["value"]) if options else float(verdict)
                total += value * weight
        return total

    return score


def rubric(text: str) -> Formula:
    """The sum of the weights of what is met: `raw_score` of `PerCriterionGrader`."""
    import yaml

    weights = [float(item["weight"]) for item in yaml.safe_load(text)]
    return lambda sheet: sum(w for w, met in zip(weights, sheet, strict=True) if met)


def rewardkit(text: str) -> Formula:
    """Mean or sum of values, negated where the file says so, to four decimals: `runner.run`."""
    found = tomllib.loads(text)
    items = found["criterion"]
    mean = found["scoring"]["aggregation"] == "weighted-mean"
    weights = sum(item["weight"] for item in items)

    def score(sheet: Sequence[Verdict]) -> float:
        total = 0.0
        for item, verdict in zip(items, sheet, strict=True):
            levels = item.get("levels")
            value = int(verdict or 0) / (len(levels) - 1 if levels else 1)
            total += item["weight"] * (1.0 - value if item.get("negate") else value)
        return round(total / weights if mean else total, 4)

    return score


def verifiers_judge(text: str) -> Formula:
    """The weighted mean of ranks among the choices: `RubricJudge.score`."""
    items = tomllib.loads(text)["criteria"]
    total = sum(item["weight"] for item in items)

    def value(item: dict[str, Any], verdict: Verdict) -> float:
        said = ("no", "yes")[verdict] if isinstance(verdict, bool) else str(verdict)
        choices: list[str] = item["choices"]
        return choices.index(said) / (len(choices) - 1)

    def score(sheet: Sequence[Verdict]) -> float:
        pairs = zip(items, sheet, strict=True)
        return float(sum(item["weight"] * value(item, verdict) for item, verdict in pairs) / total)

    return score


FORMULAS: dict[str, Callable[[str], Formula]] = {
    "healthbench": healthbench,
    "autorubric": autorubric,
    "rewardkit": rewardkit,
    "rubric": rubric,
    "verifiers-judge": verifiers_judge,
}
"""From the text of a file to the scores of sheets, with verdicts in the order of the file."""
