"""docs/lint.md: its table of rules, its example, and the counts of the real records."""

import re
from pathlib import Path

import pytest

from rubricdsl.codes import CODES
from rubricdsl.compiler.cli import main
from rubricdsl.lint import lint
from rubricdsl.lint.lint import ALL
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "lint.md").read_text("utf-8")
RECORDS = ROOT.parent / "shared" / "data" / "healthbench_records.jsonl.gz"


def test_the_table_has_every_rule_with_its_level():
    rows = re.findall(r"^\| (L\d{4}) \| (error|warning|note) \|", PAGE, re.MULTILINE)
    assert dict(rows) == {code: CODES[code].level for code in CODES if code[0] == "L"}


def test_the_codes_of_others_are_named():
    named = set(re.findall(r"R\d{4}", PAGE)) | {"R0902", "R0903"}  # in a range
    assert {code for code in ALL if code[0] == "R"} <= named


def test_the_example_has_one_finding_that_is_suppressed():
    (text,) = re.findall(r"^```rubric\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for shown, found in ((text, []), (text.replace("# lint:", "# was:"), ["L0101"])):
        checked = Checker(MemoryBundle({"a.rubric": shown})).check("a.rubric")
        assert [d.code for d in lint(checked).diagnostics] == found


@pytest.mark.skipif(not RECORDS.exists(), reason="../shared/data is not there")
def test_the_counts_are_those_of_the_records(tmp_path, capsys):
    folder = str(tmp_path / "healthbench")
    assert main(["import", "healthbench", str(RECORDS), "--out", folder]) == 0
    capsys.readouterr()
    assert main(["lint", folder, "--counts"]) == 1
    counts = re.search(r"<!-- counts -->\n```\n(.*?)```", PAGE, re.DOTALL)
    assert counts is not None
    assert capsys.readouterr().out == counts[1]
