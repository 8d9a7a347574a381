"""docs/bundle.md: its examples work, and it names every field."""

import json
import re
from pathlib import Path

import pytest

from rubricdsl.compiler.rows import Row, read_rows

DOC = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def test_the_example_of_a_row_is_read(mole, tmp_path):
    (example,) = blocks("json")
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(json.loads(example)))
    (row,) = read_rows([path], {mole.name: mole})
    assert isinstance(row, Row)
    assert len(row.responses) == 2


def test_the_python_examples_run(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "bundle").symlink_to(bundle)
    names = {}
    for block in blocks("python"):
        exec(block, names)
    assert len(names["rows"]) > 50
    assert "Is my mole dangerous?" in names["messages"][1]["content"]


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("reward_model/train.jsonl", "**Preference**"),
        ("reward_model/responses_train.jsonl", "**Response**"),
        ("reward_model/criteria.jsonl", "**Criterion**"),
        ("reward_model/pointwise_train.jsonl", "**Pointwise**"),
        ("grpo/prompts.jsonl", "## grpo/"),
    ],
)
def test_every_field_is_named(rows, path, section):
    part = DOC[DOC.index(section) :]
    if section == "**Pointwise**":
        part += DOC[DOC.index("**Preference**") :]  # "then as above"
    else:
        part = part[: part.index("\n\n**") if "\n\n**" in part else None]
    assert not [key for key in rows(path)[0] if f"`{key}`" not in part]


def test_every_part_of_the_manifest_and_of_a_judge_prompt_is_named(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    part = DOC[DOC.index("## manifest.json") : DOC.index("## ir/")]
    keys = [*manifest, *manifest["options"], *manifest["rubrics"][0]]
    assert not [key for key in keys if f"`{key}`" not in part]
    judge = json.loads((bundle / "judge/dermatology.changing_mole/all.json").read_text())
    part = DOC[DOC.index("## judge/") : DOC.index("## reward.py")]
    assert not [key for key in judge if f"`{key}`" not in part]
