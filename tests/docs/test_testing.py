"""docs/testing.md: the table in it is what the command prints for the rubric in it."""

import re
from pathlib import Path

from rubricdsl.coverage import Coverage, cover
from rubricdsl.coverage.table import table
from rubricdsl.formatting import formatted
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle, Source
from rubricdsl.testing import run_cases

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
TEXT = re.search(r"^```rubric\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]


def test_the_table_is_what_comes_out():
    file = Checker(MemoryBundle({"a.rubric": TEXT})).check("a.rubric")
    assert [d for d in file.diagnostics if d.level != "note"] == []
    lines = table(Coverage((cover(file, run_cases(file.rubric, file.tests)),)))
    assert "\n".join(lines) in PAGE


def test_the_rubric_is_in_the_one_style():
    assert formatted(Source("a.rubric", TEXT), MemoryBundle({"a.rubric": TEXT})).text == TEXT
