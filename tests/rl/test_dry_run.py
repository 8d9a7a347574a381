"""`train policy --dry-run`: it builds what a run builds, says what is wrong, and keeps nothing."""

import json
import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.batches import SETTINGS, SIZES, Hardware, planned
from rubricdsl.compiler.cli import main
from rubricdsl.rl import known_shapes, tiny
from rubricdsl.rl.dry_run import Asked, dry_run
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.estimates import H100, H200, Plan, memory, peak, seconds
from rubricdsl.rl.train_reward_model import Preset, train

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def judge(bundle, tmp_path_factory):
    """A reward model that has learned next to nothing."""
    out = tmp_path_factory.mktemp("judge") / "rm"
    preset = Preset(steps=2, batch=4, heldout_answers=16, threads=1)
    train(bundle, out, preset=preset, tell=lambda line: None)
    return out


@pytest.fixture(scope="module")
def small_steps(tmp_path_factory):
    """The same rubrics compiled for steps that a few prompts fill."""
    from tests.rl.conftest import rubric

    folder = tmp_path_factory.mktemp("small")
    (folder / "burns.rubric").write_text(rubric("burns"), encoding="utf-8")
    arguments = ["compile", folder / "burns.rubric", "--out", folder / "bundle", "--heldout", "0"]
    arguments += ["--synthesize", "4", "--group", "2", "--gpus", "2", "--machines", "1"]
    assert main([str(a) for a in [*arguments, "--batch", "8", "--per-device", "2"]]) == 0
    return folder / "bundle"


@pytest.fixture(scope="module")
def small_judge(small_steps, tmp_path_factory):
    out = tmp_path_factory.mktemp("judge") / "small"
    preset = Preset(steps=2, batch=4, heldout_answers=16, threads=1)
    train(small_steps, out, preset=preset, tell=lambda line: None)
    return out


def tried(asked):
    """The findings and everything that was printed."""
    lines = []
    return dry_run(asked, lines.append), "\n".join(lines)


@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_built_up_to_its_first_step(small_steps, small_judge, tmp_path, size):
    out = tmp_path / "out"
    found, text = tried(Asked(small_steps, small_judge, out, model="Qwen/Qwen3-8B", size=size))
    assert not out.exists()
    told = dict(found.lines)
    world = {"gpu": 1, "node": 2, "cluster": 2}[size]
    assert told["step"].startswith(f"4 prompts × 2 answers = 8, on {world} GPU")
    assert "8.19 billion parameters (not on this disk" in told["model"]
    assert "built here small, with random weights" in told["model"]
    assert "estimate" in told["memory"]
    assert "estimate" in told["time"]
    assert "rewarded by the judge" in told["tried"]
    assert "left out   use_vllm, gradient_checkpointing, arithmetic in bfloat16" in text
    assert ("an adapter" in told["model"]) == (size == "gpu")


def test_everything_wrong_is_told_at_once(bundle, tmp_path):
    asked = Asked(
        bundle,
        tmp_path / "nowhere",
        tmp_path / "out",
        model="Qwen/Qwen3-8B",
        overrides=("num_generations=6", "no_such_option=1", "vllm_tensor_parallel_size=3"),
        size="node",
    )
    with pytest.raises(TrainingError) as wrong:
        dry_run(asked, lambda line: None)
    told = str(wrong.value).splitlines()
    assert told[0] == "the run would not start, or not train:"
    assert [line.split(":")[0] for line in told[1:]] == [
        "  - judge",
        "  - batches",
        "  - batches",
        "  - engine",
    ]
    assert "32 heads of Qwen/Qwen3-8B do not divide by 3" in told[-1]


def test_a_setting_that_trl_does_not_know(small_steps, small_judge, tmp_path):
    asked = Asked(
        small_steps, small_judge, tmp_path / "out", model="Qwen/Qwen3-0.6B",
        overrides=("no_such_option=1",),
    )  # fmt: skip
    with pytest.raises(TrainingError, match="no_such_option"):
        dry_run(asked, lambda line: None)


def test_prompts_that_fill_no_step_are_found(bundle, judge, tmp_path):
    asked = Asked(bundle, judge, tmp_path / "out", model="Qwen/Qwen3-8B", size="cluster")
    with pytest.raises(TrainingError, match=r"prompts do not fill a step of 64.*no step"):
        dry_run(asked, lambda line: None)


def test_the_small_policy_from_scratch(bundle, judge, tmp_path):
    found, text = tried(Asked(bundle, judge, tmp_path / "out", overrides=("max_steps=2",)))
    assert dict(found.lines)["steps"].startswith("2 (max_steps)")
    assert "left out" not in text


def test_a_model_on_the_disk_brings_its_tokenizer(material, small_steps, small_judge, tmp_path):
    tiny.make_policy(material, tmp_path / "model")
    asked = Asked(
        small_steps, small_judge, tmp_path / "out", model=str(tmp_path / "model"),
        overrides=("vllm_max_model_length=1030",),
    )  # fmt: skip
    with pytest.raises(TrainingError, match=r"an answer take 1\d+, more than vllm_max_model_len"):
        dry_run(asked, lambda line: None)
    found, _ = tried(Asked(small_steps, small_judge, tmp_path / "out", model=asked.model))
    assert "its configuration is on this disk" in dict(found.lines)["model"]
    assert "tokens long" in dict(found.lines)["prompts"]


def test_another_run_in_the_folder(small_steps, small_judge, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    run = {"kind": "policy", "bundle": "other", "template": "", "rubrics": {}, "model": "m"}
    (out / "run.json").write_text(json.dumps({**run, "settings": {}, "format": 1}))
    with pytest.raises(TrainingError, match=r"output: .* holds a run on another bundle or model"):
        dry_run(Asked(small_steps, small_judge, out), lambda line: None)
    assert [path.name for path in out.iterdir()] == ["run.json"]


def test_the_command(small_steps, small_judge, tmp_path, capsys):
    arguments = ["train", "policy", small_steps, "--out", tmp_path / "out", "--dry-run"]
    arguments += ["--reward-model", small_judge, "--size", "node", "--model", "Qwen/Qwen3-1.7B"]
    assert main([str(a) for a in arguments]) == 0
    assert "dry run of node" in capsys.readouterr().out
    assert main([str(a) for a in [*arguments, "--set", "num_generations=3"]]) == 1
    assert "is a multiple of 12" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    broken = tmp_path / "broken"
    shutil.copytree(small_steps, broken)
    (broken / SETTINGS["node"]).write_text("- no settings\n")
    arguments[2] = broken
    assert main([str(a) for a in arguments]) == 1


def test_parameters_are_those_of_the_published_models():
    # As the model cards have them, with and without embeddings, in billions.
    for size, total, inner in (("8B", 8.2, 6.95), ("1.7B", 1.7, 1.4), ("0.6B", 0.6, 0.44)):
        config = known_shapes.qwen3(size)
        shape = known_shapes.policy_shape(config)
        assert shape.parameters / 1e9 == pytest.approx(total, rel=0.02)
        tables = shape.vocabulary * shape.hidden * (1 if config.tie_word_embeddings else 2)
        assert (shape.parameters - tables) / 1e9 == pytest.approx(inner, rel=0.02)


def test_estimates_follow_the_numbers():
    policy = known_shapes.policy_shape(known_shapes.qwen3("8B"))
    one = Plan(policy, None, planned("gpu", 8, Hardware()), rank=0, reference=False)
    kept = memory(one, H100)["sampling"]
    assert kept["policy"] + kept["gradients and optimizer"] == 16 * policy.parameters
    assert peak(memory(one, H100))[1] > H200.memory - 10e9
    eight = Plan(policy, None, planned("node", 8, Hardware()), rank=0, reference=False)
    assert memory(eight, H100)["sampling"]["policy"] == kept["policy"] / 8
    assert sum(seconds(eight, H200).values()) < sum(seconds(eight, H100).values())
    halved = Plan(policy, None, planned("gpu", 8, Hardware(batch=32)), rank=0, reference=False)
    assert seconds(halved, H100)["update"] == pytest.approx(seconds(one, H100)["update"] / 2)
