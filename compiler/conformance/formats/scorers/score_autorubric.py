"""Scores of `autorubric`: its own loader, and the scorer that its graders use.

Standard input has `[{"text", "sheets": [[verdict, ...], ...]}, ...]` as JSON, verdicts in the order
of the file, None where the judge cannot say; standard output `{"version", "scores": [[...], ...]}`.
"""

import importlib.metadata
import json
import sys

from autorubric import CannotAssessStrategy, Criterion, Rubric


def spoken(criterion: Criterion, verdict: bool | int | None) -> str:
    """The verdict as this package says it."""
    if criterion.options is None:
        return "CANNOT_ASSESS" if verdict is None else "MET" if verdict else "UNMET"
    if verdict is None:
        raise ValueError("options are chosen from")
    return str(criterion.options[verdict].label)


def score(rubric: Rubric, sheet: list[bool | int | None]) -> float | None:
    verdicts = [spoken(item, verdict) for item, verdict in zip(rubric.rubric, sheet, strict=True)]
    found: float | None = rubric.compute_score(
        verdicts, normalize=False, cannot_assess_strategy=CannotAssessStrategy.FAIL
    )
    return found


def main() -> None:
    found = []
    for case in json.load(sys.stdin):
        rubric = Rubric.from_yaml(case["text"])
        found.append([score(rubric, sheet) for sheet in case["sheets"]])
    print(json.dumps({"version": importlib.metadata.version("autorubric"), "scores": found}))


if __name__ == "__main__":
    main()
