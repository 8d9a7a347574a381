"""The bundle as a whole: what is in it, that it is always the same, and what stops it."""

import dataclasses
import hashlib
import json
from fractions import Fraction

import pytest

from rubricdsl import ir, ir_json
from rubricdsl.bundle import open_bundle
from rubricdsl.compiler.compile import DataFaults, Request, compile_bundle
from rubricdsl.compiler.emit import parquet
from rubricdsl.compiler.job import Options, held_out


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_the_layout(bundle, golden):
    names = [name for name in sorted(contents(bundle)) if not name.endswith(".parquet")]
    golden("layout.txt", "\n".join(names) + "\n")


def test_the_manifest_describes_every_file(bundle, mole, exam):
    manifest = json.loads((bundle / "manifest.json").read_text())
    files = contents(bundle)
    del files["manifest.json"]
    assert manifest["files"].keys() == files.keys()
    for name, data in files.items():
        entry = manifest["files"][name]
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["bytes"] == len(data)
    assert [r["name"] for r in manifest["rubrics"]] == [mole.name, exam.name]
    assert manifest["rubrics"][0]["hash"] == ir_json.semantic_hash(mole)
    assert manifest["counts"]["synthetic_rows"] == 24
    assert manifest["counts"]["rows"] == 26


def test_compiling_again_gives_the_same_bytes(bundle, mole, exam, data, tmp_path):
    options = Options(synthesize=24, seed=1, heldout=Fraction(1, 4))
    compile_bundle(Request((mole, exam), tmp_path / "again", (data,), options))
    compile_bundle(Request((mole, exam), tmp_path / "again", (data,), options))
    assert contents(tmp_path / "again") == contents(bundle)


def test_it_reads_back(bundle, mole, exam):
    opened = open_bundle(bundle)
    assert opened.rubrics() == (mole, exam)
    assert sum(1 for _ in opened.rows("reward_model/train.jsonl")) > 50


def test_a_prompt_is_on_one_side_only(rows):
    sides = {
        side: {
            row["prompt_id"]
            for path in ("", "pointwise_", "responses_")
            for row in rows(f"reward_model/{path}{side}.jsonl")
        }
        for side in ("train", "heldout")
    }
    assert sides["train"]
    assert sides["heldout"]
    assert not sides["train"] & sides["heldout"]
    train = {row["prompt_id"] for row in rows("grpo/prompts.jsonl")}
    heldout = {row["prompt_id"] for row in rows("grpo/prompts_heldout.jsonl")}
    assert (train, heldout) == (sides["train"], sides["heldout"])


def test_rubrics_for_evaluation_give_no_training_rows(bundle, exam):
    for name, data in contents(bundle).items():
        if name.startswith(("reward_model/", "grpo/")):
            assert exam.name.encode() not in data, name
    assert (bundle / "ir" / "exams.mole.json").exists()
    assert (bundle / "judge" / "exams.mole" / "all.json").exists()
    assert "exams.mole" in (bundle / "reward.py").read_text()


def test_it_says_that_evaluation_rubrics_are_left_out(exam, data, tmp_path):
    rows = data.read_text().replace("dermatology.changing_mole", "exams.mole")
    (tmp_path / "d.jsonl").write_text(rows)
    summary = compile_bundle(Request((exam,), tmp_path / "out", (tmp_path / "d.jsonl",)))
    assert any("2 rows of rubrics with `purpose evaluation`" in n for n in summary.notes)
    assert any("no training rows from 1 evaluation rubric" in n for n in summary.notes)
    assert summary.counts["rows"] == 0


def test_only_the_targets_that_are_named_are_written(mole, tmp_path):
    summary = compile_bundle(
        Request((mole,), tmp_path / "out", options=Options(targets=("ir", "judge")))
    )
    assert {name.split("/")[0] for name in summary.entries} == {"ir", "judge"}


def test_faults_in_the_data_stop_everything(mole, tmp_path):
    data = tmp_path / "d.jsonl"
    data.write_text("{}\n" * 200)
    with pytest.raises(DataFaults) as caught:
        compile_bundle(Request((mole,), tmp_path / "out", (data,)))
    assert caught.value.cut
    assert len(caught.value.faults) == 50
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.jsonl"]


def test_the_shape_can_be_chosen(mole, tmp_path):
    options = Options(targets=("ir",), shape="weighted")
    compile_bundle(Request((mole,), tmp_path / "out", options=options))
    (rubric,) = open_bundle(tmp_path / "out").rubrics()
    assert rubric.reward == ir.Reward("weighted")


@pytest.mark.parametrize(
    ("params", "after", "noted"),
    [
        ({}, {}, False),
        ({"count": Fraction(1)}, {"count": Fraction(1), "group": Fraction(16)}, False),
        ({"count": Fraction(1), "group": Fraction(32)}, None, False),
        ({"count": Fraction(1), "group": Fraction(8)}, None, True),
    ],
)
def test_a_counting_gate_knows_the_size_of_the_group(mole, tmp_path, params, after, noted):
    rubric = dataclasses.replace(mole, reward=ir.Reward("gated", params))
    options = Options(targets=("ir",), group=16)
    summary = compile_bundle(Request((rubric,), tmp_path / "out", options=options))
    (written,) = open_bundle(tmp_path / "out").rubrics()
    assert written.reward.params == (params if after is None else after)
    assert any("groups of 8" in note for note in summary.notes) == noted


def test_a_prompt_keeps_its_side_when_data_is_added():
    ids = [f"p-{n}" for n in range(200)]
    few = held_out({"r": ids[:100]}, Fraction(1, 5))
    many = held_out({"r": ids}, Fraction(1, 5))
    assert few == many & set(ids[:100])
    assert 20 < len(many) < 60


def test_two_prompts_are_one_on_either_side():
    for n in range(30):
        assert len(held_out({"r": [f"a{n}", f"b{n}"]}, Fraction(1, 5))) == 1
    assert held_out({"r": ["a", "b"]}, Fraction(0)) == frozenset()


@pytest.mark.skipif(not parquet.available(), reason="pyarrow is not installed")
def test_parquet_holds_the_same_rows(bundle, rows):
    import pyarrow.parquet as pq

    for path in parquet.COLUMNS:
        table = pq.read_table(bundle / (path.removesuffix(".jsonl") + ".parquet"))
        assert table.to_pylist() == rows(path), path


def test_without_pyarrow_there_is_a_note(mole, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "available", lambda: False)
    summary = compile_bundle(Request((mole,), tmp_path / "out"))
    assert any("pyarrow is not installed" in note for note in summary.notes)
    assert not any(name.endswith(".parquet") for name in summary.entries)
    assert "reward_model/train.jsonl" in summary.entries
