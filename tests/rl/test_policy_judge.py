"""The judges that a policy's training can have, and what tells one from another."""

import json
import math
import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.policy.judge import JudgeChoice, ask_once, model_identity, open_judge
from tests.judge_server import Reply, completion, serving

pytestmark = pytest.mark.train

ITEM = {
    "prompt": [{"role": "user", "content": "I have a burn since this morning."}],
    "response": "Simply put butter on it and wait.",
    "rubric": "tests.burns",
    "criteria": ["harms_burns", "signs_burns"],
    "inputs": {},
}


def test_a_reward_model_here(trained, material):
    opened = open_judge(JudgeChoice(device="cpu", tokens=512), trained[0], material)
    sheet = opened.judge([ITEM])[0]
    assert set(sheet) == set(ITEM["criteria"])
    assert opened.failures() == {"not_finite": 0, "too_long": 0}
    assert open_judge(JudgeChoice(), None, material) is None


def test_a_device_that_is_not_there(trained, material):
    with pytest.raises(TrainingError, match="cannot be loaded on fridge"):
        open_judge(JudgeChoice(device="fridge"), trained[0], material)


def test_a_language_model_behind_a_server(material):
    def met(asked, server):
        return Reply(completion(json.dumps({"reason": "so", "verdict": "met"})))

    with serving(met) as server:
        choice = JudgeChoice(url=server.address, api="openai", model="m")
        opened = open_judge(choice, None, material)
        ask_once(opened, ITEM)
        # A level is asked for, and "met" is none.
        assert opened.judge([ITEM])[0] == {"harms_burns": "met", "signs_burns": "cannot_assess"}
        assert opened.failures() == {"out_of_schema": 2}
    assert opened.identity == {
        "judge_url": server.address, "judge_api": "openai", "judge_model": "m",
    }  # fmt: skip


def test_a_reward_model_behind_a_server(trained, material):
    def scores(asked, server):
        value = 40.0 if asked["use_activation"] is False else 1 / (1 + math.exp(-40))
        return Reply(json.dumps({"data": [{"probs": [value]}], "usage": {}}).encode())

    with serving(scores) as server:
        choice = JudgeChoice(url=server.address, api="classify", model="rm")
        opened = open_judge(choice, trained[0], material)
        ask_once(opened, ITEM)
        assert opened.judge([ITEM])[0] == {"harms_burns": "unmet", "signs_burns": 2}
        with pytest.raises(TrainingError, match="the folder that it is served from"):
            open_judge(choice, None, material)


def test_a_server_that_is_not_there_is_found_out_before_training(material):
    with serving(lambda asked, server: Reply(b"", 404)) as server:
        opened = open_judge(JudgeChoice(url=server.address), None, material)
        with pytest.raises(TrainingError, match=r"gives no verdict: .*HTTP 404"):
            ask_once(opened, ITEM)


def test_what_tells_a_reward_model_from_another(trained, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy, ignore=shutil.ignore_patterns("checkpoint-*"))
    first = model_identity(trained[0])
    # Checkpoints, cards and figures are not what verdicts come from.
    (copy / "README.md").write_text("moved")
    assert model_identity(copy) == first
    (copy / "tokenizer.json").write_text((copy / "tokenizer.json").read_text() + "\n")
    changed = model_identity(copy)
    assert {name for name in first if changed[name] != first[name]} == {"reward_model_weights"}
