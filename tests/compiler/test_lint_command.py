"""`rubricc lint` as a user runs it: formats, choices, exit codes, and what --fix writes."""

import json

import pytest

from rubricdsl.compiler.cli import main

TEXT = """\
rubric a version "1.0.0"

title "A"
purpose evaluation

valueset idle { "a" }

proficiency {
  criterion c weight 1
    requires "Gives appropriate advice and/or comfort."

  criterion d weight 1
    forbids "Says something false."
}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.rubric").write_text(TEXT)
    return tmp_path / "a.rubric"


def codes(capsys) -> list[str]:
    return [found["code"] for found in json.loads(capsys.readouterr().out)]


def test_warnings_fail_when_strict(file, capsys):
    assert main(["lint"]) == 0
    assert capsys.readouterr().err.endswith("2 warnings, 1 note\n")
    assert main(["lint", "a.rubric", "--strict"]) == 1


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ([], ["L0304", "L0103", "L0101"]),
        (["--select", "l0101, L0304"], ["L0304", "L0101"]),
        (["--select", "L0101", "--select", "L0103", "--ignore", "L0101"], ["L0103"]),
        (["--ignore", "L0101,L0103,L0304"], []),
    ],
)
def test_rules_are_chosen(file, capsys, choice, found):
    assert main(["lint", "a.rubric", "--format", "json", *choice]) == 0
    assert codes(capsys) == found


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_rule_that_does_not_exist(file, capsys, option):
    assert main(["lint", "a.rubric", option, "L0110"]) == 2
    assert "there is no rule 'L0110'; did you mean L0" in capsys.readouterr().err


def test_fix_writes_what_keeps_the_meaning_and_tells_the_rest(file, capsys):
    assert main(["lint", "a.rubric", "--fix", "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert [found["code"] for found in json.loads(shown.out)] == ["L0103", "L0101"]
    assert shown.err == "1 mended in 1 file\n"
    assert file.read_text() == TEXT.replace('valueset idle { "a" }\n\n', "")
    assert [path.name for path in file.parent.iterdir()] == ["a.rubric"]


def test_a_file_with_errors_stays_as_it_is(file, capsys):
    file.write_text(TEXT.replace("weight 1\n    forbids", "\n    forbids"))
    before = file.read_text()
    assert main(["lint", "a.rubric", "--fix", "--format", "json"]) == 1
    assert codes(capsys) == ["R0203"]
    assert file.read_text() == before


def test_sarif_and_annotations(file, capsys):
    assert main(["lint", "a.rubric", "--format", "sarif"]) == 0
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["L0101", "L0103", "L0304"]
    assert main(["lint", "a.rubric", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::notice title=L0304,file=a.rubric,line=6,")


def test_counts(file, capsys):
    (file.parent / "b.rubric").write_text(TEXT.replace("rubric a", "rubric b"))
    assert main(["lint", "--counts", "--select", "L0101"]) == 0
    assert capsys.readouterr().out == "2 files\nL0101  warning       2 in     2\n"


def test_what_cannot_be_read(file, capsys):
    assert main(["lint", "nowhere.rubric", "--format", "json"]) == 1
    assert codes(capsys) == ["R0003"]
