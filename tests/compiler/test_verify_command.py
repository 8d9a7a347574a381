"""`rubricc verify` as a user calls it."""

import json

import pytest

from rubricdsl.compiler.cli import main


def test_a_sound_bundle(bundle, capsys):
    assert main(["verify", str(bundle), "--stack", "verl", "--groups", "10"]) == 0
    told = capsys.readouterr().out
    assert "verl/grpo_no_std" in told
    assert "trl" not in told
    assert "2 certificates checked, all sound" in told


def test_for_machines(bundle, capsys):
    arguments = ["--stack", "tinker/mean", "--group", "3", "--groups", "10", "--format", "json"]
    assert main(["verify", str(bundle), *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["group"] == 3
    assert document["sound"] is True
    found = document["rubrics"]["dermatology.changing_mole"]["stacks"]["tinker/mean"]
    assert found["P1"]["claimed"] == "proved"
    assert found["P1"]["groups"] >= 10


def test_the_same_seed_gives_the_same_report(bundle, capsys):
    arguments = ["verify", str(bundle), "--stack", "openrlhf", "--groups", "10"]
    told = []
    for _ in range(2):
        main(arguments)
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


@pytest.mark.parametrize("arguments", [["--stack", "nobody"], ["--stack", "trl/nobody"]])
def test_an_unknown_stack_is_wrong_use(bundle, capsys, arguments):
    assert main(["verify", str(bundle), *arguments]) == 2
    assert "there are trl, verl" in capsys.readouterr().err


def test_what_is_no_bundle_is_said(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 1
    assert "is not a bundle" in capsys.readouterr().err
