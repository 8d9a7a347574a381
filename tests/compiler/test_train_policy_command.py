"""`rubricc train policy`: what its arguments become, and its exit codes."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.compiler.cli import main
from rubricdsl.rl import train_policy
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.policy.judge import JudgeChoice
from rubricdsl.rl.policy.samples import Sampling
from rubricdsl.rl.policy.stopping import Stop

COMMAND = ["train", "policy", "bundle", "--out", "out"]


@pytest.fixture
def asked(monkeypatch):
    """What training is called with; `result` is what it gives."""
    found = {"result": {"stopped": None}}

    def train(*places, **arguments):
        found.update(places=places, arguments=arguments)
        if isinstance(found["result"], Exception):
            raise found["result"]
        return found["result"]

    monkeypatch.setattr(train_policy, "train", train)
    return found


def test_defaults(asked):
    assert main([*COMMAND, "--reward-model", "rm"]) == 0
    assert asked["places"] == (Path("bundle"), Path("rm"), Path("out"))
    arguments = asked["arguments"]
    assert (arguments["judge"], arguments["sampling"], arguments["stop"]) == (
        JudgeChoice(), Sampling(), Stop(),
    )  # fmt: skip
    assert not arguments["stop"].below


def test_every_argument_arrives(asked):
    given = (
        "--judge-url http://judge:8300 --judge-api openai --judge-model m --judge-key-env KEY "
        "--judge-concurrency 4 --judge-device cuda:1 --judge-tokens 1024 --log-groups 3 "
        "--log-every 5 --stop-when-safe-below 0.9 --stop-window 4 --stop-patience 2"
    )
    assert main([*COMMAND, *given.split()]) == 0
    arguments = asked["arguments"]
    assert asked["places"][1] is None
    assert arguments["judge"] == JudgeChoice(
        "cuda:1", 1024, "http://judge:8300", "openai", "m", "KEY", 4
    )
    assert arguments["sampling"] == Sampling(3, 5)
    assert arguments["stop"] == Stop(0.9, 4, 2)


def test_exit_codes(asked, capsys):
    asked["result"] = {"stopped": {"said": "stopped at step 40"}}
    assert main([*COMMAND, "--reward-model", "rm"]) == 3
    # Processes beside the first have no figures.
    asked["result"] = {}
    assert main([*COMMAND, "--reward-model", "rm"]) == 0
    asked["result"] = TrainingError("it does not fit", "take less")
    assert main([*COMMAND, "--reward-model", "rm"]) == 1
    assert "take less" in capsys.readouterr().err
    assert main(COMMAND) == 2
    assert "--judge-url" in capsys.readouterr().err
    for wrong in ("--stop-when-safe-below=1", "--stop-window=0", "--log-groups=-1"):
        with pytest.raises(SystemExit) as ended:
            main([*COMMAND, "--reward-model", "rm", wrong])
        assert ended.value.code == 2
