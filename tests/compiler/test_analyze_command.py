"""`rubricc analyze` as a user calls it."""

import json
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import main

TEXT = """\
rubric sample version "1.0.0"
title "A sample"
purpose evaluation
input { age : quantity(years) }
safety { veto harm critical when age < 5 years and age > 9 years forbids "Does harm." }
proficiency {
  criterion good weight 9 requires "Is good."
  criterion kind weight 1 requires "Is kind."
}
order { safety proficiency in steps of 1/2 excellence }
"""
FINE = TEXT.replace(" when age < 5 years and age > 9 years", "").replace("weight 9", "weight 1")


@pytest.fixture
def sample(tmp_path) -> Path:
    path = tmp_path / "sample.rubric"
    path.write_text(TEXT, "utf-8")
    return path


def test_findings_do_not_fail_the_command(sample, capsys):
    assert main(["analyze", str(sample)]) == 0
    told = capsys.readouterr()
    assert "warning[R0901]: the condition of `harm` is never true" in told.out
    assert f"{sample}:5:34" in told.out
    assert "smallest reward 0" in told.out
    assert "1 rubric analyzed: 2 warnings, 1 note" in told.err


def test_strict_fails_on_warnings_and_on_nothing_less(sample, capsys):
    assert main(["analyze", str(sample), "--strict"]) == 1
    sample.write_text(FINE.replace("1/2", "1/4"), "utf-8")
    assert main(["analyze", str(sample), "--strict"]) == 0
    assert "1 note" in capsys.readouterr().err


def test_nothing_to_find(sample, capsys):
    sample.write_text(FINE, "utf-8")
    assert main(["analyze", str(sample), "--strict"]) == 0
    assert "nothing found" in capsys.readouterr().err


def test_for_machines(sample, tmp_path, capsys):
    other = tmp_path / "other.rubric"
    other.write_text(TEXT.replace("rubric sample", "rubric other"), "utf-8")
    assert main(["analyze", str(tmp_path), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in document["rubrics"]] == ["other", "sample"]
    found = document["rubrics"][1]
    assert [(f["code"], f["kind"], f["about"], f["line"]) for f in found["findings"]] == [
        ("R0901", "never-true", "harm", 5),
        ("R0904", "never-decides", "kind", 8),
        ("R0906", "steps-unreached", "sample", 10),
    ]
    one, two = found["findings"][1]["evidence"]["witness"]["samples"]
    assert one["key"] == two["key"]
    assert one["verdicts"]["kind"] != two["verdicts"]["kind"]
    assert found["figures"]["rewards"]["greatest"]["reward"] == "2"
    assert found["figures"]["decides"]["safe_proficiency"] == "1/2"
    assert [f["kind"] for f in document["between"]] == ["equivalent"]
    assert document["undecided"] == []


def test_a_rubric_with_errors_is_not_analyzed(sample, capsys):
    sample.write_text(TEXT.replace("weight 9", "weight 0"), "utf-8")
    assert main(["analyze", str(sample)]) == 1
    told = capsys.readouterr()
    assert "error[R0206]" in told.err
    assert told.out == ""


@pytest.mark.parametrize("arguments", [[], ["x.rubric", "--format", "xml"]])
def test_wrong_use(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["analyze", *arguments])
    assert stopped.value.code == 2


def test_a_path_that_is_not_there(capsys):
    assert main(["analyze", "nowhere.rubric"]) == 1
    assert "R0003" in capsys.readouterr().err


def test_the_library_has_no_warning(capsys):
    library = Path(__file__).parents[2] / "rubrics"
    assert main(["analyze", str(library), "--strict"]) == 0
    assert "rubrics analyzed" in capsys.readouterr().err
