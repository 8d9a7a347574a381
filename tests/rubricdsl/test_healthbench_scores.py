"""The `healthbench` shape on real graded answers: the reported scores, to the last bit."""

import gzip
import json
from fractions import Fraction
from pathlib import Path

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.evaluate import evaluate

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "healthbench_graded.jsonl.gz"


def as_rubric(grades):
    """One criterion per grade: positive points are required, negative ones forbidden."""
    return ir.Rubric(
        "graded", "1", "draft", "evaluation", "T",
        tuple(
            ir.Criterion(
                f"c{i}", "proficiency", "requires" if grade["points"] > 0 else "forbids", "t",
                ir.Origin("graded", "1", f"c{i}"), weight=abs(Fraction(grade["points"])),
            )
            for i, grade in enumerate(grades)
        ),
        reward=ir.Reward("healthbench"),
    )  # fmt: skip


@pytest.mark.skipif(not DATA.exists(), reason="the data is not beside the checkout")
def test_reported_scores_are_reproduced_exactly():
    lines = gzip.decompress(DATA.read_bytes()).decode("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 28
    for row in rows:
        grades = row["grades"]
        verdicts = {f"c{i}": "met" if g["criteria_met"] else "unmet" for i, g in enumerate(grades)}
        found = evaluate(compact(as_rubric(grades), "h"), verdicts)["reward"]
        assert found == row["score_reported"]


def test_points_are_not_clipped():
    grades = [{"points": 2}, {"points": -9}]
    form = compact(as_rubric(grades), "h")
    assert evaluate(form, {"c0": "met", "c1": "met"})["reward"] == -3.5
    assert evaluate(form, {"c0": "met", "c1": "unmet"})["reward"] == 1.0
    assert evaluate(compact(as_rubric(grades[1:]), "h"), {"c0": "unmet"})["reward"] is None
