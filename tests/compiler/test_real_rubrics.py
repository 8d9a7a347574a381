"""The real records beside the checkout: all of them in, checked, scored and out again."""

import gzip
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rubricdsl import ir
from rubricdsl.compiler.cli import main
from rubricdsl.formatting import formatted
from rubricdsl.formatting.pieces import pieces
from rubricdsl.passes import check_paths
from rubricdsl.printing import print_rubric
from rubricdsl.source import DiskBundle, Source

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RECORDS = DATA / "healthbench_records.jsonl.gz"
GRADED = DATA / "healthbench_graded.jsonl.gz"
SECTIONS = DATA / "llmdata_medical_rubrics.jsonl.gz"

pytestmark = pytest.mark.skipif(not RECORDS.exists(), reason="../shared/data is not there")


def records(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def flat(layout: str, record: dict[str, Any]) -> Iterator[tuple[str, Fraction, list[str]]]:
    """What a record says, criterion by criterion: text, points, tags."""
    if layout == "healthbench":
        for item in record.get("rubrics") or record["grades"]:
            yield item["criterion"], Fraction(item["points"]), item["tags"]
        return
    for section in record["rubric"]["sections"]:
        for item in section["criteria"]:
            yield item["requirement"], Fraction(item["weight"]), [section["title"]]


def said(rubric: ir.Rubric) -> list[tuple[str, Fraction, list[str]]]:
    """The same of a rubric of proficiency criteria."""
    return [
        (c.text, Fraction(c.weight or 0) * (1 if c.polarity == "requires" else -1), list(c.tags))
        for c in rubric.criteria
    ]


@pytest.mark.parametrize(
    ("layout", "source", "rubrics", "criteria"),
    [
        ("healthbench", RECORDS, 764, 9407),
        ("healthbench", GRADED, 4, 11),
        ("sections", SECTIONS, 37, 826),
    ],
    ids=["records", "graded", "sections"],
)
def test_everything_comes_in_and_goes_out_again(
    tmp_path: Path, layout: str, source: Path, rubrics: int, criteria: int
) -> None:
    out, back = tmp_path / "out", tmp_path / "back.jsonl"
    assert main(["import", layout, str(source), "--out", str(out)]) == 0
    outcome = check_paths([str(out)])
    assert not [d for d in outcome.diagnostics if d.level == "error"]
    assert len(outcome.rubrics) == rubrics
    assert sum(len(rubric.criteria) for rubric in outcome.rubrics) == criteria
    assert not any(rubric.tier("safety") for rubric in outcome.rubrics)

    by_name = {rubric.name: rubric for rubric in outcome.rubrics}
    kept = [json.loads(line) for line in (out / "records.jsonl").read_text("utf-8").splitlines()]
    for record, row in zip(records(source), kept, strict=True):
        assert said(by_name[row["rubric"]]) == list(flat(layout, record))
    bundle = DiskBundle()
    for number, file in enumerate(outcome.files):
        assert file.rubric is not None
        assert file.source is not None
        text = file.source.text
        assert print_rubric(file.rubric) == text
        assert formatted(file.source, bundle).text == text
        if number % 20 == 0:
            on_one_line = " ".join(piece.text for piece in pieces(text))
            assert formatted(Source(file.path, on_one_line), bundle).text == text

    assert main(["export", layout, str(out), "--out", str(back)]) == 0
    assert back.read_bytes() == gzip.decompress(source.read_bytes())


def test_unsafe_errors_can_become_vetoes_and_still_go_out_again(tmp_path: Path) -> None:
    out, back = tmp_path / "out", tmp_path / "back.jsonl"
    asked = ["import", "sections", str(SECTIONS), "--out", str(out)]
    assert main([*asked, "--unsafe-as-safety", "major"]) == 0
    vetoes = [c for rubric in check_paths([str(out)]).rubrics for c in rubric.tier("safety")]
    unsafe = [
        item["requirement"]
        for record in records(SECTIONS)
        for section in record["rubric"]["sections"]
        for item in section["criteria"]
        if section["title"] == "Unsafe Errors" and item["weight"] < 0
    ]
    assert [veto.text for veto in sorted(vetoes, key=lambda v: unsafe.index(v.text))] == unsafe
    assert {veto.severity for veto in vetoes} == {"major"}
    assert main(["export", "sections", str(out), "--out", str(back)]) == 0
    assert back.read_bytes() == gzip.decompress(SECTIONS.read_bytes())


def test_every_reported_score_follows_to_the_last_bit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["import", "healthbench", str(GRADED), "--out", str(out)]) == 0
    capsys.readouterr()
    asked = ["score", str(out), "--verdicts", str(out / "verdicts.jsonl"), "--format", "json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    reported = [record["score_reported"] for record in records(GRADED)]
    assert [row["reward"].hex() for row in found["rows"]] == [score.hex() for score in reported]
    assert found["summary"]["agree"] == len(reported) == 28
