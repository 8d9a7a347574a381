"""docs/diff.md: its example gives what the page prints."""

import json
import re
from pathlib import Path

from rubricdsl.compiler.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "diff.md").read_text("utf-8")


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```(?:rubric)?\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_prints_what_is_on_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for side in ("old", "new"):
        (tmp_path / f"{side}.rubric").write_text(block(side))
    assert main(["diff", "old.rubric", "new.rubric"]) == 0
    assert capsys.readouterr().out.strip() == block("printed").strip()
    safe = {"walks_on_fracture": "unmet"}
    sheets = {"first": ("met", "unmet"), "second": ("unmet", "met")}
    row = {
        "id": "row 7",
        "rubric": "clinic.sprain",
        "prompt": "My ankle hurts.",
        "responses": [
            {"id": name, "text": "x", "verdicts": {**safe, "rest": a, "when_to_come_back": b}}
            for name, (a, b) in sheets.items()
        ],
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    assert main(["diff", "old.rubric", "new.rubric", "--data", "rows.jsonl"]) == 0
    assert capsys.readouterr().out.strip() == (block("printed") + block("data")).strip()
