"""Figures that docs/experiment.md quotes are those of the recorded run."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "experiment.md").read_text(encoding="utf-8")
RESULT = (ROOT / "benchmarks" / "results" / "experiment.md").read_text(encoding="utf-8")
COLUMNS = ("safe answers", "… conflict", "remedy in conflict", "proficiency")


def rows(text):
    """The first table of a text: cells by the name of the row, without intervals."""
    lines = [line for line in text.split("\n") if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    plain = [[re.sub(r" \(.*\)", "", cell) for cell in row] for row in body]
    return {row[0]: dict(zip(head, row, strict=True)) for row in plain}


def test_the_table_is_that_of_the_recorded_run():
    section = RESULT.split("## Cold start, true verdicts\n")[1]
    recorded = rows(section.split("\n\n")[0])
    quoted = rows(PAGE.split("from the cold start:\n\n")[1].split("\n\n")[0])
    assert set(quoted) - {"*the start*"} == set(recorded) - {"*the cold start itself*"}
    for name, cells in quoted.items():
        found = recorded["*the cold start itself*" if name == "*the start*" else name]
        assert [*cells.values()][1:] == [found[column] for column in COLUMNS]
