"""Recorded verdicts to scores: the numbers, the table, and what is wrong with a row."""

import json
from pathlib import Path
from typing import Any

import pytest

from rubricdsl.compiler.cli import main

FLAT = """\
rubric flat.one version "0.1.0" status draft
title "Flat"
purpose evaluation
proficiency {
  criterion a weight 5 requires "A."
  criterion b weight 2 requires "B."
  criterion bad weight 10 forbids "Bad."
}
reward healthbench
"""
TIERED = """\
rubric tiered.one version "0.1.0" status draft
title "Tiered"
purpose evaluation
input { age : quantity(years) optional }
safety { veto harm forbids "Harms." }
proficiency {
  criterion steps weight 3 requires "Explains." level 0 "no" level 1 "partly" level 2 "fully"
  criterion child weight 1 when age < 18 years requires "Speaks to the parent."
  criterion short weight 4 requires "Is short." check words(response) <= 3
}
excellence { bonus warm requires "Is warm." }
profile strict { weight steps 30 }
"""


@pytest.fixture
def rubrics(tmp_path: Path) -> Path:
    folder = tmp_path / "rubrics"
    folder.mkdir()
    (folder / "flat.rubric").write_text(FLAT, encoding="utf-8")
    (folder / "tiered.rubric").write_text(TIERED, encoding="utf-8")
    return folder


def run(
    rubrics: Path, capsys: pytest.CaptureFixture[str], *rows: Any, options: tuple[str, ...] = ()
) -> tuple[int, str, str]:
    path = rubrics.parent / "verdicts.jsonl"
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    code = main(["score", str(rubrics), "--verdicts", str(path), *options])
    return (code, *capsys.readouterr())


def flat(row_id: str, **changes: Any) -> dict[str, Any]:
    verdicts = {"a": "met", "b": "unmet", "bad": "unmet"}
    return {"id": row_id, "rubric": "flat.one", "verdicts": {**verdicts, **changes}}


TIERED_ROW = {
    "id": "t",
    "rubric": "tiered.one",
    "verdicts": {"harm": "unmet", "steps": 1, "warm": "met"},
    "inputs": {"age": "30 years"},
    "response": "Go and see somebody today.",
}


def test_scores_are_not_clipped_and_the_mean_is(
    rubrics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [flat("x"), flat("y", bad="met"), flat("z", bad="met", a="unmet")]
    code, out, _ = run(rubrics, capsys, *rows, options=("--format", "json"))
    found = json.loads(out)
    assert code == 0
    assert [row["reward"] for row in found["rows"]] == [5 / 7, -5 / 7, -10 / 7]
    assert found["summary"]["mean"] == 0.0
    assert found["summary"]["mean_unclipped"] == pytest.approx(-10 / 21)


def test_reported_scores_are_compared_to_the_last_bit(
    rubrics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near = 5 / 7 + 2**-53
    rows = [{**flat("x"), "score_reported": 5 / 7}, {**flat("y"), "score_reported": near}]
    code, out, _ = run(rubrics, capsys, *rows)
    assert code == 0
    assert "reported scores that agree to the last bit: 1 of 2" in out
    assert f"y: {5 / 7!r}, reported {near!r}" in out
    _, out, _ = run(rubrics, capsys, *rows, options=("--shape", "weighted"))
    assert "reported" not in out


def test_tiers_conditions_levels_checks_and_profiles(
    rubrics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harm = {**TIERED_ROW, "id": "h", "verdicts": {**TIERED_ROW["verdicts"], "harm": "met"}}
    strict = {**TIERED_ROW, "id": "s", "profile": "strict"}
    code, out, _ = run(rubrics, capsys, TIERED_ROW, harm, strict, options=("--format", "json"))
    plain, unsafe, weighed = json.loads(out)["rows"]
    assert code == 0
    # One half of weight 3, nothing of weight 4 (five words); the child criterion does not apply.
    assert (plain["proficiency"], plain["excellence"], plain["violations"]) == ("3/14", 1, [])
    assert plain["missing"] == []
    # 4 of 20 steps and 1 of 1 bonus on a grid of 2: 1 + (4 * 2 + 1) / (20 * 2 + 1)
    assert plain["reward"] == 50 / 41
    assert (unsafe["reward"], unsafe["violations"]) == (0.0, ["harm"])
    assert weighed["proficiency"] == "15/34"


def test_what_is_missing_is_said(rubrics: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "m", "rubric": "tiered.one", "verdicts": {"harm": "unmet"}, "text": "Go."}
    code, out, _ = run(rubrics, capsys, row, flat("x"))
    assert code == 0
    assert "with missing verdicts, which count as `cannot_assess`: 1" in out
    assert "no mean: the rubrics use different shapes (gated, healthbench)" in out


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        ({**flat("x"), "rubric": "flat.two"}, ["no rubric `flat.two`", "did you mean `flat.one`?"]),
        ({**flat("x"), "rubric": 3}, ["`rubric` must be a name, found the number 3"]),
        ({"id": "x", "verdicts": {}}, ["the row names no `rubric`"]),
        (flat("x", worse="met"), ["flat.one has no criterion `worse`"]),
        (flat("x", a="meet"), ['`a` has the verdict the text "meet"', 'did you mean "met"?']),
        (flat("x", a=True), ['write "met"']),
        (flat("x", a=1), ["`a` has the verdict the number 1"]),
        ({**flat("x"), "verdicts": None}, ["`verdicts` must be an object"]),
        ({**flat("x"), "verdict": {}}, ["no field `verdict`", "did you mean `verdicts`?"]),
        ({**flat("x"), "id": 4}, ["`id` must be a text, found the number 4"]),
        ({**flat("x"), "profile": "p"}, ["flat.one has no profile `p`"]),
        ({**flat("x"), "inputs": {"age": 3}}, ["the rubric has no input `age`"]),
        ({**flat("x"), "text": "a", "response": "b"}, ["the answer is given twice"]),
        ({**flat("x"), "score_reported": "1"}, ["`score_reported` must be a number"]),
        ({**TIERED_ROW, "verdicts": {"steps": 3}}, ["a whole number from 0 to 2"]),
        ({**TIERED_ROW, "inputs": {"age": "3 mg"}}, ["the input `age`"]),
        ('{"id": "cut', ["not JSON"]),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_scored(
    rubrics: Path, capsys: pytest.CaptureFixture[str], row: Any, messages: list[str]
) -> None:
    code, out, err = run(rubrics, capsys, flat("fine"), row)
    assert code == 1
    assert out == ""
    assert f"{rubrics.parent}/verdicts.jsonl:2: " in err
    assert all(message in err for message in messages), err


def test_an_empty_file_and_a_missing_one(rubrics: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(rubrics, capsys)[0] == 1
    assert main(["score", str(rubrics), "--verdicts", str(rubrics / "none.jsonl")]) == 1
    assert "there is no such file" in capsys.readouterr().err


def test_rubrics_with_errors_score_nothing(
    rubrics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rubrics / "flat.rubric").write_text(FLAT.replace("weight 5", "weight -5"), encoding="utf-8")
    code, out, err = run(rubrics, capsys, TIERED_ROW)
    assert (code, out) == (1, "")
    assert "R0206" in err
