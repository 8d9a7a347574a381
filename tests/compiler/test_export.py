"""Rubrics that never were records, as HealthBench records."""

import json
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import main

FLAT = """\
rubric skin.mole version "0.1.0" status draft
title "A mole"
tag "skin"
prompt first "Is it dangerous?"
prompt second "Can I cut it off?"
proficiency {
  criterion seen weight 2.5 requires "Says to be seen." tag "axis:a" met "Be seen." unmet "Wait."
  criterion calm weight 3 forbids "Calls it harmless." met "It is harmless." unmet "Show it."
}
"""
RICH = """\
rubric skin.rich version "0.1.0" status draft
title "A mole"
input { child : bool optional }
safety { veto cuts forbids "Says to cut." met "Cut it." unmet "Do not cut it." }
proficiency {
  criterion signs weight 1/3 when not child requires "Names signs."
    level 0 "none" example "Hm." level 1 "all" example "A, B, C, D."
  criterion short weight 1 requires "Is short." check words(response) < 9 allows not_applicable
    met "Yes." unmet "One two three four five six seven eight nine."
}
excellence { bonus warm requires "Is warm." met "I see." unmet "So." }
profile busy { weight signs 2 }
"""


def test_a_flat_rubric_becomes_a_record_for_each_prompt(tmp_path: Path) -> None:
    path, out = tmp_path / "mole.rubric", tmp_path / "new" / "out.jsonl"
    path.write_text(FLAT, encoding="utf-8")
    assert main(["export", "healthbench", str(path), "--out", str(out)]) == 0
    first, second = map(json.loads, out.read_text("utf-8").splitlines())
    assert first == {
        "prompt_id": "skin.mole.first",
        "prompt": [{"role": "user", "content": "Is it dangerous?"}],
        "rubrics": [
            {"criterion": "Says to be seen.", "points": 2.5, "tags": ["axis:a"]},
            {"criterion": "Calls it harmless.", "points": -3, "tags": []},
        ],
        "example_tags": ["skin"],
    }
    assert second["prompt_id"] == "skin.mole.second"
    again = tmp_path / "again"
    assert main(["import", "healthbench", str(out), "--out", str(again)]) == 0


def test_what_points_cannot_say_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "rich.rubric", tmp_path / "out.jsonl"
    path.write_text(RICH, encoding="utf-8")
    assert main(["export", "healthbench", str(path), "--out", str(out)]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error[")]
    assert [
        line.removeprefix("error[R1001]: `healthbench` has no words for ") for line in said
    ] == [
        "a veto",
        "a condition (`when`)",
        "levels",
        "a check",
        "`allows not_applicable`",
        "the profile `busy`",
    ]
    assert not out.exists()
    assert main(["export", "sections", str(path), "--out", str(out)]) == 1


def test_a_rubric_with_errors_is_not_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "mole.rubric", tmp_path / "out.jsonl"
    path.write_text(FLAT.replace("weight 3", "weight 0"), encoding="utf-8")
    assert main(["export", "healthbench", str(path), "--out", str(out)]) == 1
    assert "R0206" in capsys.readouterr().err
    assert not out.exists()


def record_of(tmp_path: Path) -> Path:
    record = {
        "prompt_id": "p",
        "prompt": [],
        "rubrics": [{"criterion": "a", "points": 1, "tags": []}],
    }
    source, out = tmp_path / "in.jsonl", tmp_path / "out"
    source.write_text(json.dumps(record) + "\n", encoding="utf-8")
    assert main(["import", "healthbench", str(source), "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"rubric": "healthbench.gone", "record": {}}', "there is no rubric `healthbench.gone`"),
        ('{"rubric": "healthbench.rp"}', "not a row that `rubricc import` wrote"),
        ('{"rubric": "healthbench.rp", "record": {}, "items": [1]}', "not a row that"),
        ('{"rubric": "healthbench.rp", "record": {}, "style": "odd"}', "not a row that"),
        ('{"rubric": "healthbench.rp", "record": {"grades": null}}', "c1 has no recorded verdict"),
        ('{"rubric": ', "not JSON"),
    ],
)
def test_a_damaged_record_file_is_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, message: str
) -> None:
    folder = record_of(tmp_path)
    with (folder / "records.jsonl").open("a", encoding="utf-8") as file:
        file.write(row + "\n")
    assert main(["export", "healthbench", str(folder), "--out", str(tmp_path / "x.jsonl")]) == 1
    err = capsys.readouterr().err
    assert f"{folder}/records.jsonl:2: " in err
    assert message in err


def test_a_record_that_grew_a_veto_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = record_of(tmp_path)
    (path,) = folder.rglob("*.rubric")
    path.write_text(path.read_text("utf-8") + 'safety { veto bad forbids "Bad." }\n', "utf-8")
    assert main(["export", "healthbench", str(folder), "--out", str(tmp_path / "x.jsonl")]) == 1
    assert "healthbench.rp, bad: a veto" in capsys.readouterr().err


def test_the_kept_records_are_not_written_over(tmp_path: Path) -> None:
    folder = record_of(tmp_path)
    kept = (folder / "records.jsonl").read_bytes()
    out = str(folder / "records.jsonl")
    assert main(["export", "healthbench", str(folder), "--out", out]) == 2
    assert (folder / "records.jsonl").read_bytes() == kept
