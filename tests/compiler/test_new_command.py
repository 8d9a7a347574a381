"""`rubricc new`: the file it makes is fine from the first minute, and takes nobody's place."""

import pytest

from rubricdsl.compiler.cli import main
from rubricdsl.compiler.scaffold import scaffold, word
from rubricdsl.formatting import formatted
from rubricdsl.passes import check_paths
from rubricdsl.source import DiskBundle, Source
from rubricdsl.testing import run_tests


@pytest.fixture
def made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "--specialty", "Emergency medicine", "--name", "chest-pain"]) == 0
    path = tmp_path / "emergency_medicine" / "chest_pain.rubric"
    assert capsys.readouterr().out.startswith("emergency_medicine/chest_pain.rubric: a draft")
    return path


def test_it_checks_without_a_finding_and_passes_its_tests(made):
    outcome = check_paths([str(made)])
    assert outcome.diagnostics == ()
    (file,) = outcome.files
    results = run_tests(file.rubric, file.tests)
    assert len(results) >= 3
    assert all(result.passed for result in results)


def test_it_is_a_draft_without_sources_of_its_own(made):
    (rubric,) = check_paths([str(made)]).rubrics
    assert (rubric.name, rubric.status) == ("emergency_medicine.chest_pain", "draft")
    assert all(source.id.startswith("core.") for source in rubric.sources)
    assert rubric.reviews == ()
    assert "no physician has reviewed" in rubric.doc


def test_it_compiles(made, tmp_path):
    out = tmp_path / "bundle"
    assert main(["compile", str(made), "--out", str(out), "--synthesize", "8"]) == 0
    assert (out / "reward.py").exists()


def test_a_file_that_is_there_stays(made, capsys):
    made.write_text("mine")
    assert main(["new", "--specialty", "emergency_medicine", "--name", "chest_pain"]) == 1
    assert made.read_text() == "mine"
    assert "exists; give another --name" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../up", "a/b", "naïve", "", "7up", "a.b", "x" * 200, 'a"b'])
def test_what_cannot_be_a_name(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "--specialty", name]) == 2
    assert main(["new", "--specialty", "a", "--name", name]) == 2
    assert list(tmp_path.iterdir()) == []
    assert "cannot be a name" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a", "_", "veto", "rubric", "x" * 99])
def test_any_name_gives_a_rubric_in_the_one_style(name):
    text = scaffold(name, name)
    assert formatted(Source("x.rubric", text), DiskBundle()).text == text
    assert f"rubric {name}.{name} version" in text


def test_words():
    assert word(" Emergency  medicine ") == "emergency_medicine"
    assert word("Chest-pain") == "chest_pain"
    assert word("1st") is None
