"""Sectioned rubrics in and out, on records written for these tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from rubricdsl import ir
from rubricdsl.compiler.cli import main
from rubricdsl.passes import check_paths

RECORD: dict[str, Any] = {
    "datasetId": "d-1",
    "query": "A child swallowed a battery an hour ago. What now?",
    "rubric": {
        "id": "button-battery",
        "sections": [
            {
                "id": "s1",
                "title": " Management & timing",
                "criteria": [
                    {"id": "go-now", "weight": 8, "requirement": "Says to go at once. "},
                    {"id": "5-ml", "requirement": "Honey: 5 ml, twice.", "weight": 2.0},
                    {"id": "go-now", "requirement": "Says where.", "weight": 3},
                    {"id": "vomit", "requirement": "Says to vomit.", "weight": -4},
                ],
            },
            {
                "id": "s2",
                "title": "Unsafe Errors",
                "criteria": [
                    {"id": "waits", "requirement": "Advises to wait.", "weight": -20},
                    {"id": "names", "requirement": "Names the error.", "weight": 1},
                ],
            },
            {"id": "s3", "title": "Unsafe Errors", "criteria": [
                {"id": "magnet", "requirement": "Uses a magnet.", "weight": -5},
            ]},
        ],
    },
    "goldenResponse": "Go now.",
    "source": "somewhere:rubrics.jsonl",
    "licence": "MIT",
}  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    return path


def imported(source: Path, *options: str) -> tuple[Path, ir.Rubric]:
    out = source.parent / f"out{len(options)}"
    assert main(["import", "sections", str(source), "--out", str(out), *options]) == 0
    outcome = check_paths([str(out)])
    assert not [d for d in outcome.diagnostics if d.level == "error"]
    (rubric,) = outcome.rubrics
    return out, rubric


def test_sections_are_tags_and_nothing_is_a_veto_unasked(source: Path) -> None:
    _, rubric = imported(source)
    assert rubric.name == "sections.button_battery"
    assert rubric.reward == ir.Reward("healthbench")
    assert rubric.purpose == "training"
    assert rubric.sources == (
        ir.Source("origin", "somewhere:rubrics.jsonl", identifier="d-1", licence="MIT"),
    )
    first, unsafe = " Management & timing", "Unsafe Errors"
    assert [(c.id, c.tier, c.polarity, c.text, c.weight, c.tags) for c in rubric.criteria] == [
        ("go_now", "proficiency", "requires", "Says to go at once. ", 8, (first,)),
        ("c_5_ml", "proficiency", "requires", "Honey: 5 ml, twice.", 2, (first,)),
        ("go_now_2", "proficiency", "requires", "Says where.", 3, (first,)),
        ("vomit", "proficiency", "forbids", "Says to vomit.", 4, (first,)),
        ("waits", "proficiency", "forbids", "Advises to wait.", 20, (unsafe,)),
        ("names", "proficiency", "requires", "Names the error.", 1, (unsafe,)),
        ("magnet", "proficiency", "forbids", "Uses a magnet.", 5, (unsafe,)),
    ]


def test_unsafe_errors_become_vetoes_when_asked(source: Path) -> None:
    _, rubric = imported(source, "--unsafe-as-safety", "major")
    assert rubric.reward == ir.Reward("gated")
    assert [(c.id, c.severity, c.weight) for c in rubric.tier("safety")] == [
        ("waits", "major", None),
        ("magnet", "major", None),
    ]
    assert [c.id for c in rubric.tier("proficiency")] == [
        "go_now", "c_5_ml", "go_now_2", "vomit", "names",
    ]  # fmt: skip


@pytest.mark.parametrize("options", [(), ("--unsafe-as-safety", "critical")])
def test_export_gives_the_same_bytes(source: Path, options: tuple[str, ...]) -> None:
    out, _ = imported(source, *options)
    back = source.parent / "back.jsonl"
    assert main(["export", "sections", str(out), "--out", str(back)]) == 0
    assert back.read_bytes() == source.read_bytes()


def test_export_says_what_was_changed_since(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = imported(source)
    (path,) = out.rglob("*.rubric")
    text = path.read_text("utf-8").replace("weight 20", "weight 30")
    added = 'proficiency { criterion new weight 2 requires "More." tag "Unsafe Errors" }\n'
    path.write_text(text + added, encoding="utf-8")
    back = source.parent / "back.jsonl"
    assert main(["export", "sections", str(out), "--out", str(back)]) == 0
    sections = json.loads(back.read_text("utf-8"))["rubric"]["sections"]
    assert sections[1]["criteria"][0]["weight"] == -30
    assert sections[1]["criteria"][2] == {"id": "new", "requirement": "More.", "weight": 2}
    assert sections[2] == RECORD["rubric"]["sections"][2]

    path.write_text(text + added.replace("Unsafe Errors", "Nowhere"), encoding="utf-8")
    assert main(["export", "sections", str(out), "--out", str(back)]) == 1
    assert "criterion new has no tag that names a section" in capsys.readouterr().err


def test_the_other_layout_is_refused(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = imported(source)
    back = source.parent / "back.jsonl"
    assert main(["export", "healthbench", str(out), "--out", str(back)]) == 1
    assert "use `rubricc export sections`" in capsys.readouterr().err
    assert not back.exists()


def changed(**changes: Any) -> dict[str, Any]:
    return {**RECORD, "rubric": {**RECORD["rubric"], **changes}}


ITEM = {"id": "a", "requirement": "b", "weight": 1}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"query": "?"}, "`rubric` is not an object with sections"),
        ({**RECORD, "query": ""}, "`query` is empty"),
        (changed(id=None), "`rubric.id` must be a text, found null"),
        (changed(sections=[]), "`rubric.sections` is empty"),
        (changed(sections=[{"title": "t", "criteria": []}]), "`rubric.sections[0].criteria` is"),
        (changed(sections=[{"criteria": [ITEM]}]), "`rubric.sections[0].title` is missing"),
        (changed(sections=[{"title": "t", "criteria": [ITEM, {**ITEM, "weight": 0}]}]),
         "`rubric.sections[0].criteria[1].weight` is 0"),
        (changed(sections=[{"title": "t", "criteria": [{**ITEM, "id": 5}]}]),
         "`rubric.sections[0].criteria[0].id` must be a text"),
    ],
)  # fmt: skip
def test_faults(
    source: Path, capsys: pytest.CaptureFixture[str], record: dict[str, Any], message: str
) -> None:
    source.write_text("\n\n" + json.dumps(record), encoding="utf-8")
    assert main(["import", "sections", str(source), "--out", str(source.parent / "o")]) == 1
    err = capsys.readouterr().err
    assert f"{source}:3: " in err
    assert message in err
    assert not (source.parent / "o").exists()
