"""The worked example of docs/meaning.md: every number of its table, computed again."""

import dataclasses
import re
from fractions import Fraction
from pathlib import Path

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.passes import Checker
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.groups import group_rewards, is_ranked
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
    sheets = [
        {
            name: int(row[head]) if row[head].isdigit() else row[head]
            for head, name in CRITERIA.items()
        }
        for row in rows
    ]
    for shape in ir.SHAPES:
        form = compact(dataclasses.replace(rubric, reward=ir.Reward(shape)), "h")
        found = [evaluate(form, sheet, {"age": "52 years"}) for sheet in sheets]
        assert [str(result["key"]) for result in found] == [row["key"] for row in rows]
        rewards = [result["reward"] for result in found]
        if is_ranked(form):
            rewards = group_rewards(form, [result["key"] for result in found])
        exact = [Fraction(row[shape]) for row in rows]
        assert rewards == [value.numerator / value.denominator for value in exact], shape
