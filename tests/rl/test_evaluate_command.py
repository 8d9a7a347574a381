"""`rubricc evaluate` as a user calls it."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("torch")

from rubricdsl.compiler.cli import main


@pytest.fixture
def answers(bundle, tmp_path):
    file = tmp_path / "answers.jsonl"
    assert main(["evaluate", "reward-model", str(bundle), "--write-answers", str(file)]) == 0
    return file


@pytest.fixture
def labels(material, tmp_path):
    rows = material.rows("reward_model/responses_heldout.jsonl")
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def test_any_judge_can_stand_beside(bundle, answers, labels, tmp_path, capsys):
    judged = tmp_path / "judged.jsonl"
    arguments = [bundle, answers, "--judge", labels, "--out", judged]
    assert main(["judge", *map(str, arguments)]) == 0
    capsys.readouterr()
    both = ["--judge", str(labels), "--judge", str(judged), "--bootstrap", "20"]
    out = tmp_path / "out"
    assert main(["evaluate", "reward-model", str(bundle), *both, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "| Safety F1 | 100.0 % (100–100) | 100.0 % (100–100) |" in text
    assert (out / "evaluation.html").stat().st_size > 5000
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["evaluate", "reward-model", str(bundle), *both, "--out", str(out)]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    capsys.readouterr()
    assert main(["evaluate", "reward-model", str(bundle), *both, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(first["evaluation.json"])


def test_answers_to_judge_have_no_verdicts(answers, material):
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    assert rows
    assert all("verdicts" not in answer for row in rows for answer in row["responses"])
    every = list(material.rows("reward_model/responses_heldout.jsonl"))
    assert 0 < sum(len(row["responses"]) for row in rows) < len(every)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "--model or --judge"),
        (["--judge", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["--model", "nowhere"], 1, "nowhere is no reward model"),
        (["--judge", "x", "--seed", "-1"], 2, "--seed"),
        (["--write-answers", "nowhere/x"], 1, "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(bundle, arguments, code, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "reward-model", str(bundle), *arguments]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("number", ["-1", "x", "1e9"])
def test_resamples_are_a_count(bundle, number):
    with pytest.raises(SystemExit):
        main(["evaluate", "reward-model", str(bundle), "--judge", "x", "--bootstrap", number])


def test_recorded_verdicts_need_no_framework(bundle, labels):
    code = (
        "import sys; from rubricdsl.compiler.cli import main\n"
        f"arguments = ['reward-model', {str(bundle)!r}, '--judge', {str(labels)!r}]\n"
        "assert main(['evaluate', *arguments]) == 0\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
