"""The worked example of docs/meaning.md: every number of its table, computed again."""

import dataclasses
import re
from fractions import Fraction
from pathlib import Path

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.passes import Checker
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.source import MemoryBundle

PAGE = (Path(__file__).parents[2] / "docs" / "meaning.md").read_text(encoding="utf-8")
CRITERIA = {
    "harmless": "calls_mole_harmless", "removal": "home_removal", "referral": "urgent_referral",
    "signs": "warning_signs", "worry": "acknowledges_worry",
}  # fmt: skip


def example():
    source = re.search(r"```rubric\n(.*?)```", PAGE, re.DOTALL)[1]
    checked = Checker(MemoryBundle({"mole.rubric": source})).check("mole.rubric")
    assert checked.rubric is not None, checked.diagnostics
    return checked.rubric


def table():
    """The rows of the table as dicts by heading."""
    lines = PAGE[PAGE.index("| | harmless |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def test_the_table_is_what_the_runtime_computes():
    rubric, rows = example(), table()
    assert [row[""] for row in rows] == list("ABCDE")
    for row in rows:
        sheet = {
            name: int(row[head]) if row[head].isdigit() else row[head]
            for head, name in CRITERIA.items()
        }
        for shape in ir.SHAPES:
            form = compact(dataclasses.replace(rubric, reward=ir.Reward(shape)), "h")
            found = evaluate(form, sheet, {"age": "52 years"})
            exact = Fraction(row[shape])
            assert found["reward"] == exact.numerator / exact.denominator, (row[""], shape)
            assert str(found["key"]) == row["key"]
