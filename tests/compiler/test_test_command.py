"""`rubricc test`: cases, what is left untried, reports for machines, watching."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import main
from rubricdsl.compiler.watching import watch

FILE = """\
rubric a version "1.0.0"
title "A <b>&"
purpose evaluation
safety { veto harm critical forbids "Does <script>alert(1)</script> harm." }
excellence { bonus kind requires "Is kind." }
test "harm loses" {
  response a { harm: met  otherwise: good }
  response b { otherwise: bad  harm: unmet }
  expect b over a because harm
  expect a violates harm
}
"""
FAILING = 'test "<&> \\u0007" { response a { otherwise: good } expect a violates harm }\n'
TODO = 'test todo "later"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.rubric").write_text(FILE)
    return tmp_path


def test_cases_are_counted_one_by_one(folder, capsys):
    (folder / "a.rubric").write_text(FILE + FAILING + TODO)
    assert main(["test", "a.rubric"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.endswith("\n1 passed, 1 failed, 1 to do\n")
    assert "note[R0707]" in told.err


def test_a_todo_fails_nothing(folder, capsys):
    (folder / "a.rubric").write_text(FILE + TODO)
    assert main(["test", "a.rubric", "--verbose"]) == 0
    assert "todo a.rubric: later" in capsys.readouterr().out


def test_a_broken_file_fails_and_is_counted(folder, capsys):
    (folder / "b.rubric").write_text("rubric b")
    assert main(["test", "."]) == 1
    assert capsys.readouterr().err.endswith("1 passed, 0 failed; 1 file has errors\n")


@pytest.mark.parametrize(("threshold", "code"), [("0", 0), ("83.3", 0), ("83.4", 1), ("100", 1)])
def test_a_threshold(folder, capsys, threshold, code):
    assert main(["test", "a.rubric", "--threshold", threshold]) == code
    told = capsys.readouterr()
    assert re.search(r"kind +2/2 +0/1 +- +66.6 % +decides", told.out)
    assert ("less than" in told.err) == bool(code)


@pytest.mark.parametrize("wrong", ["-1", "101", "much", "nan", "1/0"])
def test_a_threshold_is_a_percentage(folder, wrong):
    with pytest.raises(SystemExit) as stopped:
        main(["test", "a.rubric", f"--threshold={wrong}"])
    assert stopped.value.code == 2


def test_coverage_as_json(folder, capsys):
    assert main(["test", "a.rubric", "--format", "json", "--coverage"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [case["state"] for case in told["cases"]] == ["passed"]
    assert [(t["kind"], t["deciding"]) for t in told["tests"]] == [
        ("over", ["harm"]), ("violates", ["harm"]),
    ]  # fmt: skip
    assert told["coverage"]["percent"] == 83.3


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_other_formats_keep_standard_output(folder, capsys, form):
    assert main(["test", "a.rubric", "--format", form, "--coverage"]) == 0
    told = capsys.readouterr()
    assert "verdicts" in told.err
    assert "verdicts" not in told.out


def test_the_page_runs_nothing_and_loads_nothing(folder):
    name = "<img src=x onerror=alert(1)>"
    (folder / "a.rubric").write_text(FILE + FAILING.replace("<&>", name))
    assert main(["test", "a.rubric", "--html", "made/page.html"]) == 1
    page = (folder / "made" / "page.html").read_text("utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"<[^>]+ (src|href|on\w+)\s*=", page)
    assert "\x07" not in page
    assert 'lang="en"' in page


def test_junit(folder):
    (folder / "a.rubric").write_text(FILE + FAILING + TODO)
    (folder / "b.rubric").write_text("rubric b")
    assert main(["test", ".", "--junit", "tests.xml"]) == 1
    suites = ET.parse(folder / "tests.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["a.rubric", "b.rubric"]
    counts = [
        {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
        for suite in suites
    ]
    assert counts == [
        {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"},
        {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"},
    ]
    cases = list(suites.iter("testcase"))
    assert [[child.tag for child in case] for case in cases] == [
        [], ["failure"], ["skipped"], ["error"],
    ]  # fmt: skip
    assert cases[1].get("name") == "<&> \ufffd"
    assert cases[1][0].get("type") == "R0705"
    assert cases[3][0].text.startswith("error[R0104]")
    # The order and the attributes that the schemas of Ant and Jenkins ask for.
    for suite in suites:
        tags = [child.tag for child in suite]
        assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
        assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}", suite.get("timestamp"))
        assert {"package", "id", "hostname", "time"} <= set(suite.keys())
    assert all({"name", "classname", "time"} == set(case.keys()) for case in cases)


def test_a_report_that_cannot_be_written(folder, capsys):
    assert main(["test", "a.rubric", "--junit", "."]) == 1
    assert "is a folder" in capsys.readouterr().err
    assert main(["test", "a.rubric", "--html", "a.rubric/page.html"]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert sorted(Path().iterdir()) == [Path("a.rubric")]


class Over(Exception):
    """The watcher is stopped."""


def watched(changes):
    """How often a watcher runs: each of the changes happens while it sleeps."""
    disk = {"a": 1, "included": 1}
    runs = []
    waiting = iter(changes)

    def once():
        runs.append(dict(disk))
        return ["a", "included"]

    def sleep(_):
        change = next(waiting, None)
        if change is None:
            raise Over
        disk.update(change)

    def listed():
        return sorted(set(disk) - {"included", "unrelated"})

    def state(paths):
        return {path: disk.get(path) for path in paths}

    with pytest.raises(Over):
        watch(once, listed, sleep, state)
    return runs


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ([], 1),
        ([{}, {}], 1),
        ([{"a": 2}], 2),
        ([{"included": 2}, {}, {"a": 2}], 3),
        ([{"new": 1}], 2),
        ([{"unrelated": 5}], 1),
    ],
)
def test_watching(changes, times):
    runs = watched(changes)
    assert len(runs) == times


def test_a_change_during_a_run_is_noticed():
    disk = {"a": 1}
    runs = []

    def once():
        runs.append(disk["a"])
        disk["a"] = 2
        return ["a"]

    def sleep(_):
        raise Over

    with pytest.raises(Over):
        watch(once, lambda: ["a"], sleep, lambda paths: {p: disk[p] for p in paths})
    assert runs == [1, 2]


def test_ctrl_c_ends_watching(folder, monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    assert main(["test", "a.rubric", "--watch"]) == 130
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "1 passed" in told.err
