"""`rubricc verify` as a user calls it."""

import dataclasses
import json

import pytest

from rubricdsl.compiler.cli import main
from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.job import Options


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


def test_a_stack_that_takes_no_single_reward(bundle, capsys):
    arguments = ["verify", str(bundle), "--stack", "nemo_rl", "--groups", "4"]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "nemo_rl/gdpo takes one reward per tier" in told
    assert main([*arguments, "--shape", "tiers"]) == 0
    told = capsys.readouterr().out
    assert "takes one reward" not in told
    assert "nemo_rl/gdpo  " in told


@pytest.fixture(scope="module")
def several(mole, tmp_path_factory):
    """Five rubrics that come with the rows."""
    out = tmp_path_factory.mktemp("several") / "b"
    options = Options(targets=("ir", "reward", "grpo"), rubrics_in_rows=True)
    rubrics = tuple(dataclasses.replace(mole, name=f"r{k}") for k in range(5))
    compile_bundle(Request(rubrics, out, (), options))
    return out


def test_some_of_many_rubrics(several, capsys):
    drawn = {}
    for wanted, seed in (("2", "0"), ("2", "0"), ("2", "3"), ("5", "0"), ("9", "0")):
        arguments = ["--rubrics", wanted, "--seed", seed, "--groups", "4", "--format", "json"]
        assert main(["verify", str(several), "--stack", "trl/none", *arguments]) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["checked"], document["of"]) == (min(int(wanted), 5), 5)
        assert len(document["rubrics"]) == document["checked"]
        drawn.setdefault((wanted, seed), []).append(set(document["rubrics"]))
    assert drawn["2", "0"][0] == drawn["2", "0"][1] != drawn["2", "3"][0]


def test_how_many_were_left_out_is_said(several, capsys):
    arguments = ["verify", str(several), "--stack", "trl/none", "--groups", "4"]
    assert main([*arguments, "--rubrics", "2"]) == 0
    told = capsys.readouterr().out
    assert "3 of 5 rubrics were not looked at; --rubrics 5 looks at all" in told
    assert "2 certificates checked, all sound" in told
    assert main(arguments) == 0
    assert "not looked at" not in capsys.readouterr().out


@pytest.mark.parametrize("wanted", ["0", "-1", "all", "1" * 4000, "²"])
def test_a_number_of_rubrics_must_be_one(several, capsys, wanted):
    with pytest.raises(SystemExit) as caught:
        main(["verify", str(several), "--rubrics", wanted])
    assert caught.value.code == 2
    assert "is not a number of rubrics" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--stack", "nobody"], ["--stack", "trl/nobody"]])
def test_an_unknown_stack_is_wrong_use(bundle, capsys, arguments):
    assert main(["verify", str(bundle), *arguments]) == 2
    assert "there are trl, verl" in capsys.readouterr().err


def test_what_is_no_bundle_is_said(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 1
    assert "is not a bundle" in capsys.readouterr().err
