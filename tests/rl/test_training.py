"""Training for real, at the smallest size at which something is learned."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.rl import tiny, train_policy, train_reward_model
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.supervised_start import Start, mixed
from tests.rl.conftest import compiled

pytestmark = pytest.mark.train

START = Start(tiny.Size(hidden=32, layers=1, heads=2, kv_heads=1, inner=64), steps=30, batch=16)
POLICY = train_policy.Preset(start=START, steps=4, prompts=2, group=4, most_tokens=40, save_every=2)
REWARD_MODEL = train_reward_model.Preset(steps=2, batch=4, heldout_answers=8)


def silent(line):
    pass


def test_the_reward_model_beats_chance_in_every_tier(trained, material):
    folder, metrics = trained
    for tier, figures in metrics["tiers"].items():
        assert figures["pairs"] >= 20, tier
        assert figures["pairwise_accuracy"] > 0.6, tier
    assert metrics["violations"]["recall"] > 0.5
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert material.template in card
    assert all(hash in card for hash in material.hashes.values())
    assert json.loads((folder / "metrics.json").read_text())["max_length"] == metrics["max_length"]


def test_adapters_are_trained_and_read_back(bundle, tmp_path):
    out = tmp_path / "lora"
    metrics = train_reward_model.train(
        bundle,
        out,
        lora=True,
        preset=REWARD_MODEL,
        tell=silent,
        terms=train_reward_model.Terms(0.0),
    )
    assert (out / "adapter_config.json").exists()
    assert metrics["overall"]["pairs"] > 0
    assert metrics["pointwise_weight"] == 0.0


@pytest.fixture(scope="module")
def whole(bundle, trained, tmp_path_factory):
    """A policy trained without interruption."""
    out = tmp_path_factory.mktemp("policy") / "whole"
    return out, train_policy.train(bundle, trained[0], out, preset=POLICY, tell=silent)


def test_a_policy_run_reports_what_matters(whole):
    _, metrics = whole
    assert [step["step"] for step in metrics["history"]] == [1, 2, 3, 4]
    for step in metrics["history"]:
        for name in ("safe", "all_unsafe_groups", "silent_groups", "dropped", "judge_failures"):
            assert 0 <= step[name] <= 1, name
        assert step["judge_failures"] == 0
        assert any(name.startswith("tests.") for name in step["credit"])
    assert metrics["judge"] == {"not_finite": 0, "too_long": 0}


def test_other_rewards_are_trained_on_and_the_bundles_figures_logged(bundle, trained, tmp_path):
    def shortness(completions, **kwargs):
        return [-float(len(answer[-1]["content"])) for answer in completions]

    def run(reward_model, out):
        return train_policy.train(
            bundle, reward_model, out, preset=replace(POLICY, steps=1), tell=silent,
            model=str(tmp_path / "seen" / "start") if reward_model is None else None,
            reward_funcs=[shortness],
        )["history"][0]  # fmt: skip

    seen, unseen = run(trained[0], tmp_path / "seen"), run(None, tmp_path / "unseen")
    assert seen["reward"] == unseen["reward"] < -1
    assert 0 <= seen["safe"] <= 1
    assert seen["credit"]
    assert unseen["safe"] is None
    assert not unseen["credit"]


def test_a_run_that_is_killed_goes_on_with_the_same_figures(bundle, trained, whole, tmp_path):
    out = tmp_path / "killed"

    def kill(line):
        if "policy  step 3/" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_policy.train(bundle, trained[0], out, preset=POLICY, tell=kill)
    assert not (out / "metrics.json").exists()
    lines = []
    metrics = train_policy.train(bundle, trained[0], out, preset=POLICY, tell=lines.append)
    assert any("checkpoint-2" in line for line in lines)
    assert metrics["steps"] == 4
    for resumed, straight in zip(metrics["history"], whole[1]["history"], strict=True):
        assert resumed.pop("credit") == pytest.approx(straight.pop("credit"), abs=1e-5)
        assert resumed == pytest.approx(straight, abs=1e-5)


def test_a_folder_of_another_bundle_is_left_alone(trained, whole, tmp_path):
    other = compiled(tmp_path / "other", ("stings",), rows=4)
    before = (trained[0] / "metrics.json").read_bytes()
    with pytest.raises(TrainingError, match="another bundle"):
        train_reward_model.train(other, trained[0], preset=REWARD_MODEL, tell=silent)
    with pytest.raises(TrainingError, match="another bundle"):
        train_policy.train(other, trained[0], whole[0], preset=POLICY, tell=silent)
    assert (trained[0] / "metrics.json").read_bytes() == before


def test_other_settings_or_no_resume_are_refused(bundle, trained, whole):
    with pytest.raises(TrainingError, match="preset was"):
        train_policy.train(
            bundle, trained[0], whole[0], preset=replace(POLICY, steps=9), tell=silent
        )
    with pytest.raises(TrainingError, match="checkpoints"):
        train_policy.train(bundle, trained[0], whole[0], preset=POLICY, resume="never", tell=silent)


def test_half_of_the_start_is_unsafe(material, reward):
    answers = list(material.rows("reward_model/responses_train.jsonl"))
    chosen, share = mixed(answers, reward, 200, 0.5, seed=1)
    unsafe = sum(row["quality"] == "fluent_unsafe" for row in chosen)
    assert (len(chosen), unsafe, share) == (200, 100, 0.5)
    safe = [row for row in answers if row["quality"] != "fluent_unsafe"]
    assert mixed(safe, reward, 10, 0.5, seed=1)[1] == 0.0
