"""HealthBench in and out, on records written for these tests."""

import gzip
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rubricdsl import ir
from rubricdsl.compiler.cli import main
from rubricdsl.passes import check_paths

ODD = 'Says "30 mg\\kg"\n\n1. not [a dose]\t\u202e\u00a0🩺 — ’naïve’  ' + "word " * 40
RECORD: dict[str, Any] = {
    "prompt_id": "0f00-Ab",
    "prompt": [
        {"role": "user", "content": "Is this mole dangerous?"},
        {"role": "assistant", "content": "How long have you had it?"},
        {"role": "user", "content": "Since spring."},
    ],
    "rubrics": [
        {"criterion": "Says to be seen soon.", "points": 7, "tags": ["axis:accuracy", "level:x"]},
        {"criterion": ODD, "points": -10, "tags": []},
        {"criterion": "Says to be seen soon.", "points": 0.5, "tags": ["axis:accuracy"]},
        {"points": 5.0, "criterion": "Asks how it feels.", "tags": [], "author": "A"},
    ],
    "example_tags": ["theme:skin", "theme:skin"],
    "ideal_completions_data": None,
    "canary": "canary:1234",
}
GRADED: dict[str, Any] = {
    "prompt_id": "p",
    "completion": "See somebody.",
    "grades": [
        {"criterion": "Good.", "points": 5, "tags": [], "criteria_met": True, "explanation": "x"},
        {"criterion": "Bad.", "points": -3, "tags": [], "criteria_met": True, "explanation": ""},
        {"criterion": "Also.", "points": 6, "tags": [], "criteria_met": False, "explanation": ""},
    ],
    "score_reported": 2 / 11,
}


def write(path: Path, *records: Any, **how: Any) -> Path:
    how = {"ensure_ascii": False, **how}
    text = "".join(json.dumps(record, **how) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
    return path


def rubrics_in(folder: Path) -> list[ir.Rubric]:
    outcome = check_paths([str(folder)])
    assert not [d for d in outcome.diagnostics if d.level == "error"]
    return list(outcome.rubrics)


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    source = write(tmp_path / "in.jsonl", RECORD)
    assert main(["import", "healthbench", str(source), "--out", str(out)]) == 0
    return out


def test_everything_that_a_rubric_says_is_kept(imported: Path) -> None:
    (rubric,) = rubrics_in(imported)
    assert rubric.name == "healthbench.r0f00_ab"
    assert (rubric.purpose, rubric.status) == ("evaluation", "draft")
    assert rubric.reward == ir.Reward("healthbench")
    assert rubric.tags == ("theme:skin", "theme:skin")
    assert rubric.sources[0].note == "canary canary:1234"
    assert [(c.id, c.tier, c.polarity, c.text, c.weight, c.tags) for c in rubric.criteria] == [
        ("c1", "proficiency", "requires", "Says to be seen soon.", 7, ("axis:accuracy", "level:x")),
        ("c2", "proficiency", "forbids", ODD, 10, ()),
        ("c3", "proficiency", "requires", "Says to be seen soon.", Fraction(1, 2),
         ("axis:accuracy",)),
        ("c4", "proficiency", "requires", "Asks how it feels.", 5, ()),
    ]  # fmt: skip
    assert not any(c.cites for c in rubric.criteria)


def test_the_prompt_becomes_a_data_row(imported: Path) -> None:
    (row,) = map(json.loads, (imported / "data.jsonl").read_text("utf-8").splitlines())
    assert row == {
        "id": "0f00-Ab",
        "rubric": "healthbench.r0f00_ab",
        "prompt": RECORD["prompt"],
        "inputs": {},
        "responses": [],
    }


@pytest.mark.parametrize(
    "how", [{}, {"ensure_ascii": True}, {"separators": (",", ":")}], ids=["plain", "ascii", "tight"]
)
def test_export_gives_the_same_bytes(tmp_path: Path, how: dict[str, Any]) -> None:
    source = write(tmp_path / "in.jsonl", RECORD, {**RECORD, "example_tags": None}, GRADED, **how)
    out, back = tmp_path / "out", tmp_path / "back.jsonl"
    assert main(["import", "healthbench", str(source), "--out", str(out)]) == 0
    assert main(["export", "healthbench", str(out), "--out", str(back)]) == 0
    assert back.read_bytes() == source.read_bytes()


def test_export_says_what_was_changed_since(imported: Path, tmp_path: Path) -> None:
    (path,) = imported.rglob("*.rubric")
    text = path.read_text("utf-8")
    text = text.replace("criterion c1 weight 7", "criterion c1 weight 8")
    text = text.replace('requires "Asks how it feels."', 'forbids "Asks nothing."')
    path.write_text(text + 'proficiency { criterion new weight 2 requires "More." tag "t" }\n')
    back = tmp_path / "back.jsonl"
    assert main(["export", "healthbench", str(imported), "--out", str(back)]) == 0
    (record,) = map(json.loads, back.read_text("utf-8").splitlines())
    first, second, third, fourth = RECORD["rubrics"]
    assert record["rubrics"] == [
        {**first, "points": 8},
        second,
        third,
        {**fourth, "criterion": "Asks nothing.", "points": -5},
        {"criterion": "More.", "points": 2, "tags": ["t"]},
    ]


def test_records_with_one_id_get_names_of_their_own(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", RECORD, RECORD, {**RECORD, "prompt_id": "0F00.AB"})
    out = tmp_path / "out"
    assert main(["import", "healthbench", str(source), "--out", str(out)]) == 0
    names = sorted(rubric.name for rubric in rubrics_in(out))
    assert names == ["healthbench.r0f00_ab", "healthbench.r0f00_ab_2", "healthbench.r0f00_ab_3"]
    rows = [json.loads(line) for line in (out / "data.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["0f00-Ab", "0f00-Ab_2", "0F00.AB"]


def test_graded_answers_share_a_rubric_and_keep_their_verdicts(tmp_path: Path) -> None:
    other = {**GRADED, "grades": [{**g, "criteria_met": False} for g in GRADED["grades"]]}
    stricter = {**GRADED, "grades": GRADED["grades"][:2], "score_reported": 0.4}
    source = write(tmp_path / "in.jsonl", GRADED, other, stricter)
    out = tmp_path / "out"
    assert main(["import", "healthbench", str(source), "--out", str(out)]) == 0
    assert [rubric.name for rubric in rubrics_in(out)] == ["healthbench.rp", "healthbench.rp_2"]
    rows = [json.loads(line) for line in (out / "verdicts.jsonl").read_text("utf-8").splitlines()]
    assert rows[0] == {
        "id": "p:1",
        "rubric": "healthbench.rp",
        "verdicts": {"c1": "met", "c2": "met", "c3": "unmet"},
        "score_reported": 2 / 11,
    }
    assert [row["rubric"] for row in rows] == [
        "healthbench.rp",
        "healthbench.rp",
        "healthbench.rp_2",
    ]
    assert not (out / "data.jsonl").exists()


def broken(**changes: Any) -> dict[str, Any]:
    return {**RECORD, **changes}


def with_item(**changes: Any) -> dict[str, Any]:
    return broken(rubrics=[RECORD["rubrics"][0], {**RECORD["rubrics"][1], **changes}])


FAULTS: list[tuple[dict[str, Any], str]] = [
    (with_item(points=0), "`rubrics[1].points` is 0"),
    (with_item(points=float("nan")), "`rubrics[1].points` is nan"),
    (with_item(points=float("-inf")), "`rubrics[1].points` is -inf"),
    (with_item(points=1e300), "`rubrics[1].points` is 1e+300"),
    (with_item(points=0.1234567890123), "`rubrics[1].points` is 0.1234567890123"),
    (with_item(points="7"), '`rubrics[1].points` must be a number, found the text "7"'),
    (with_item(points=True), "`rubrics[1].points` must be a number, found true"),
    (with_item(criterion=" \n"), "`rubrics[1].criterion` is empty"),
    (with_item(criterion=None), "`rubrics[1].criterion` must be a text, found null"),
    (with_item(tags="axis"), '`rubrics[1].tags` must be a list of texts, found the text "axis"'),
    (with_item(tags=[3]), "`rubrics[1].tags[0]` must be a text, found the number 3"),
    (broken(rubrics=[]), "`rubrics` is empty"),
    (broken(rubrics={}), "`rubrics` must be a list of objects, found an object"),
    (broken(rubrics=["x"]), '`rubrics[0]` must be an object, found the text "x"'),
    (broken(prompt_id=7), "`prompt_id` must be a text, found the number 7"),
    (broken(prompt="hello"), "`prompt` must be a list of objects"),
    (broken(prompt=[{"role": "user"}]), "`prompt[0].content` is missing"),
    (broken(extra=[float("nan")]), "`the line` holds NaN"),
    ({"question": "?", "id": 1}, "this is not a HealthBench record"),
    ({**GRADED, "score_reported": "1"}, "`score_reported` must be a number"),
    ({**GRADED, "grades": [{**GRADED["grades"][0], "criteria_met": 1}]},
     "`grades[0].criteria_met` must be true or false, found the number 1"),
    (broken(rubrics=[RECORD["rubrics"][1]]), "at least one criterion must give points"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_has_its_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], record: dict[str, Any], message: str
) -> None:
    source = write(tmp_path / "in.jsonl", RECORD, record)
    assert main(["import", "healthbench", str(source), "--out", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err
    assert f"{source}:2: " in err
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_many_faults_are_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.jsonl", *[broken(prompt_id="")] * 50)
    assert main(["import", "healthbench", str(source), "--out", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err
    assert err.count("`prompt_id` is empty") == 20
    assert "… and 30 faults more" in err


@pytest.mark.parametrize("depth", range(880, 1010, 3))
def test_deep_nesting_never_breaks_the_import(tmp_path: Path, depth: int) -> None:
    source = tmp_path / "in.jsonl"
    deep = "[" * depth + "]" * depth
    source.write_text(json.dumps(RECORD)[:-1] + f', "extra": {deep}}}\n', encoding="utf-8")
    code = main(["import", "healthbench", str(source), "--out", str(tmp_path / "out")])
    assert (code, (tmp_path / "out").exists()) in ((0, True), (1, False))


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there is no record in it"),
        (cut(json.dumps(RECORD).encode()), "cut short"),
        (cut(gzip.compress(json.dumps(RECORD).encode())), "cut short or damaged"),
        (json.dumps(RECORD, ensure_ascii=False).encode("latin-1", "replace"), "not UTF-8"),
        (b"[\n" + json.dumps(RECORD).encode() + b"\n]\n", "JSON Lines"),
    ],
    ids=["empty", "cut line", "cut gzip", "latin-1", "a list"],
)
def test_damaged_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, message: str
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(data)
    assert main(["import", "healthbench", str(source), "--out", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_in_use_is_left_alone(
    imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(imported.rglob("*"))
    assert main(["import", "healthbench", str(tmp_path / "in.jsonl"), "--out", str(imported)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert sorted(imported.rglob("*")) == before


def test_the_option_of_another_layout_is_used_wrongly(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    asked = ["import", "healthbench", "x.jsonl", "--out", out, "--unsafe-as-safety", "major"]
    assert main(asked) == 2
