"""docs/advantages.md: its code runs, and its tables are those of the last full run."""

import re
from pathlib import Path

import pytest

from rubricdsl.source import MemoryBundle

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "advantages.md").read_text("utf-8")
RESULTS = (ROOT / "benchmarks" / "results" / "order_experiment.md").read_text("utf-8")
FRAME = """\
rubric docs.advantages version "1.0.0"
title "A frame for the line of the page"
safety { veto harm forbids "Does harm." met "It harms." unmet "It does not." }
proficiency { criterion help weight 1 requires "Helps." met "It helps." unmet "It does not." }
order { safety proficiency in steps of 1/20 excellence }
"""


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def first_table(text: str) -> dict[str, dict[str, str]]:
    """The first table as rows by their first cell. Behind one `divided: …` all columns are."""
    lines = re.search(r"(?:^\|.*\n)+", text + "\n", re.MULTILINE)[0].splitlines()
    head, prefix = [], ""
    for heading in cells(lines[0])[1:]:
        prefix = "divided: " if heading.startswith("divided: ") else prefix
        head.append(prefix + heading.removeprefix("divided: "))
    assert len(set(head)) == len(head)
    return {row[0]: dict(zip(head, row[1:], strict=True)) for row in map(cells, lines[2:])}


def quoted() -> list[str]:
    return re.findall(r"<!-- results: (.*) -->", PAGE)


def test_code_runs_from_top_to_bottom():
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    exec(compile("\n".join(blocks), "advantages.md", "exec"), {})


def test_the_numbers_of_the_weighted_example_are_those_of_the_runtime(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from order.shapes import VARIANTS, all_sheets, drawn_rubric

    sheets = all_sheets(drawn_rubric((4, 4, 4, 4, 4)))
    at = {key: place for place, key in enumerate(sheets.keys)}
    three = [at[(0, -1, 0, 20, 3)], at[(0, 0, 0, 12, 1)], at[(0, 0, 0, 8, 0)]]
    weighted = sheets.rewards(VARIANTS["weighted"], 8)[three].tolist()
    wanted = [(3 / 4 + 1 + 1) / 3, (1 + 0.6 + 1 / 3) / 3, (1 + 0.4) / 3]
    assert weighted == pytest.approx(wanted)
    gated = sheets.rewards(VARIANTS["gated"], 8)[three].tolist()
    assert gated == pytest.approx([0, 1 + 49 / 83, 1 + 32 / 83])


@pytest.mark.parametrize("section", quoted())
def test_tables_are_as_measured(section):
    said = first_table(PAGE[PAGE.index(f"<!-- results: {section} -->") :])
    measured = first_table(RESULTS[re.search(rf"^#+ {re.escape(section)}$", RESULTS, re.M).end() :])
    for shape, row in said.items():
        for heading, cell in row.items():
            found = measured[shape][heading].partition(" [")[0]
            assert cell == found, (section, shape, heading)


def test_five_tables_are_quoted():
    assert len(quoted()) == 5


def test_figures_and_links_are_there():
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).resolve().exists(), target
    figures = {Path(t).name for t in re.findall(r"\((figures/[^)]+)\)", PAGE)}
    assert figures <= {path.name for path in (ROOT / "docs" / "figures").iterdir()}
    assert len(figures) == 3


def test_the_line_for_a_rubric_is_accepted():
    from rubricdsl.passes import Checker

    line = re.search(r"^```rubric-fragment\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
    checked = Checker(MemoryBundle({"a.rubric": FRAME + line})).check("a.rubric")
    assert [d for d in checked.diagnostics if d.level == "error"] == []
    assert checked.rubric.reward.shape == "gated"
    assert {name: int(value) for name, value in checked.rubric.reward.params.items()} == {
        "count": 1, "group": 8, "a0": 4,
    }  # fmt: skip
