"""Findings as SARIF and as annotations: valid, at the right places, and harmless."""

import json
from pathlib import Path

import jsonschema
import pytest

from rubricdsl.annotations import to_annotation
from rubricdsl.codes import CODES
from rubricdsl.diagnostics import Diagnostic, Label, diagnose
from rubricdsl.sarif import to_sarif
from rubricdsl.source import Source, Span

from .test_diagnostics import CASES, FOLDER, divided, findings

SCHEMA = json.loads((Path(__file__).parent / "sarif.schema.json").read_text("utf-8"))
ROOT = Path("/work tree")
TEXT = 'rubric a version "1.0.0"\ntag "🩺é" titel "x"\n'
SOURCE = Source("sub folder/a.rubric", TEXT)


def sources(path: str) -> Source | None:
    return SOURCE if path == SOURCE.path else None


def at(word: str, **values: object) -> Diagnostic:
    start = TEXT.index(word)
    span = Span(SOURCE.path, start, start + len(word))
    return diagnose("R0107", span, {"found": word, "meant": "title"}, **values)


def result(found: Diagnostic) -> dict:
    return to_sarif([found], sources, ROOT)["runs"][0]["results"][0]


@pytest.mark.parametrize("name", CASES)
def test_every_golden_case_as_sarif_is_valid(name):
    files = divided((FOLDER / f"{name}.rubric").read_text("utf-8"))
    found, _ = findings(files)
    kept = {path: Source(path, text) for path, text in files.items()}
    log = to_sarif(found, kept.get, ROOT)
    jsonschema.validate(log, SCHEMA)
    run = log["runs"][0]
    assert [r["ruleId"] for r in run["results"]] == [d.code for d in found]
    for entry in run["results"]:
        assert run["tool"]["driver"]["rules"][entry["ruleIndex"]]["id"] == entry["ruleId"]


def test_no_findings_are_a_valid_log():
    log = to_sarif([], sources, ROOT)
    jsonschema.validate(log, SCHEMA)
    assert log["runs"][0]["results"] == []


def test_every_code_can_be_a_rule():
    found = [Diagnostic(code, CODES[code].level, "m", Span("x", 0, 0)) for code in CODES]
    log = to_sarif(found, sources, ROOT)
    jsonschema.validate(log, SCHEMA)
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == sorted(CODES)


def test_columns_count_code_points_and_ends_are_exclusive():
    assert to_sarif([], sources, ROOT)["runs"][0]["columnKind"] == "unicodeCodePoints"
    region = result(at("titel"))["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 15}
    assert TEXT.split("\n")[1][10 - 1 : 15 - 1] == "titel"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("sub folder/ä.rubric", {"uri": "sub%20folder/%C3%A4.rubric", "uriBaseId": "%SRCROOT%"}),
        ("./a.rubric", {"uri": "a.rubric", "uriBaseId": "%SRCROOT%"}),
        ("/work tree/a.rubric", {"uri": "a.rubric", "uriBaseId": "%SRCROOT%"}),
        ("../other/a.rubric", {"uri": "file:///other/a.rubric"}),
        ("/elsewhere/a.rubric", {"uri": "file:///elsewhere/a.rubric"}),
    ],
)
def test_files_below_the_root_are_named_from_there(path, location):
    found = diagnose("R0003", Span(path, 0, 0), {"path": path, "detail": "no"})
    placed = result(found)["locations"][0]["physicalLocation"]
    assert placed == {"artifactLocation": location}


def test_a_message_says_all_of_it():
    found = at("titel", label="here", labels=[Label(Span(SOURCE.path, 0, 6), "there")])
    assert result(found)["message"]["text"] == (
        "`titel` is not understood here (here)\nhelp: did you mean `title`?"
    )
    related = result(found)["relatedLocations"][0]
    assert related["message"] == {"text": "there"}
    assert related["physicalLocation"]["region"]["endColumn"] == 7


def test_an_annotation():
    assert to_annotation(at("titel"), sources) == (
        "::error title=R0107,file=sub folder/a.rubric,line=2,endLine=2,col=10,endColumn=15::"
        "`titel` is not understood here%0Ahelp: did you mean `title`?"
    )


def test_a_note_and_a_place_over_several_lines():
    found = diagnose("R0810", Span(SOURCE.path, 0, len(TEXT)), {"name": "a", "version": "1.0.0"})
    shown = to_annotation(found, sources)
    assert shown.startswith("::notice title=R0810,file=sub folder/a.rubric,line=1,endLine=3::")


def test_nothing_from_a_file_can_begin_a_command_of_its_own():
    path = "a:b,c%\n::error::x.rubric"
    found = diagnose("R0107", Span(path, 0, 0), {"found": "x\r\n::stop\x1b", "meant": "100%"})
    shown = to_annotation(found, sources)
    assert "\n" not in shown
    assert "\r" not in shown
    assert "\x1b" not in shown
    assert "file=a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3Ax.rubric::" in shown
    assert shown.endswith("did you mean `100%25`?")
