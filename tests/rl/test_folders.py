"""Folders that cannot be written to are told, before anything is trained."""

import pytest

pytest.importorskip("torch")

from rubricdsl.compiler.cli import main
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.runs import open_folder


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(TrainingError, match="taken is a file") as told:
        open_folder(tmp_path / "taken")
    assert told.value.hint == "give another folder"
    with pytest.raises(TrainingError, match="cannot be made: Not a directory"):
        open_folder(tmp_path / "taken" / "below")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_and_its_parents_are_made(tmp_path):
    open_folder(tmp_path / "a" / "b")
    open_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("option", ["--out", "--report"])
def test_the_experiment_says_so_before_it_trains(tmp_path, capsys, option):
    (tmp_path / "taken").write_text("mine")
    folders = {"--out": tmp_path / "out", "--report": tmp_path / "report"}
    folders[option] = tmp_path / "taken"
    words = [str(word) for pair in folders.items() for word in pair]
    assert main(["experiment", "--smoke", *words]) == 1
    assert "taken is a file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists() or option == "--report"


def test_the_demo_says_so_too(tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    assert main(["demo", "--smoke", "--out", str(tmp_path / "taken")]) == 1
    assert "taken cannot be made" in capsys.readouterr().err
