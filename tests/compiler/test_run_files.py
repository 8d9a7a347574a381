"""TRL's own parser reads the settings, and accelerate's own loader reads its configurations."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rubricdsl import ir
from rubricdsl.compiler.compile import Request, compile_bundle

pytest.importorskip("trl")

PARSE = """
import json, sys
from importlib import import_module
script, path = sys.argv[1:]
parser = import_module(f"trl.scripts.{script}").make_parser()
arguments, training, model, data = parser.parse_args_and_config(["--config", path])
print(json.dumps({
    "reward_funcs": getattr(arguments, "reward_funcs", None),
    "model": model.model_name_or_path,
    "datasets": [[d.path, d.data_files] for d in data.datasets],
    "reward_weights": getattr(training, "reward_weights", None),
    **{k: v for k, v in training.to_dict().items() if isinstance(v, (int, float, str, dict))},
}))
"""


def parsed(script, path):
    """What TRL understands, in a process of its own as `trl` would start it."""
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "WORLD_SIZE": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PARSE, script, str(path)],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_grpo_settings_are_accepted_as_they_are(bundle):
    found = parsed("grpo", bundle / "grpo" / "grpo.yaml")
    wanted = {
        "reward_funcs": ["reward.reward"],
        "datasets": [["json", "grpo/prompts.jsonl"]],
        "num_generations": 8,
        "per_device_train_batch_size": 8,
        "beta": 0.04,
        "learning_rate": 1e-6,
        "scale_rewards": "none",
        "loss_type": "dr_grpo",
        "remove_unused_columns": False,
        "log_completions": True,
    }
    assert {key: found[key] for key in wanted} == wanted
    assert found["generation_batch_size"] % found["num_generations"] == 0


def test_grpo_settings_by_tier_are_accepted(mole, tmp_path):
    tiers = dataclasses.replace(mole, reward=ir.Reward("tiers"))
    compile_bundle(Request((tiers,), tmp_path / "bundle"))
    found = parsed("grpo", tmp_path / "bundle" / "grpo" / "grpo.yaml")
    assert found["reward_funcs"] == [
        "reward.reward_safety",
        "reward.reward_proficiency",
        "reward.reward_excellence",
    ]
    assert found["reward_weights"] == [1.0, 1.0, 0.25]
    assert found["multi_objective_aggregation"] == "normalize_then_sum"


def test_reward_model_settings_are_accepted_as_they_are(bundle):
    found = parsed("reward", bundle / "reward_model" / "reward_model.yaml")
    wanted = {
        "datasets": [["json", "reward_model/train.jsonl"]],
        "num_train_epochs": 2,
        "learning_rate": 5e-6,
        "max_length": 8192,
    }
    assert {key: found[key] for key in wanted} == wanted
    assert found["per_device_train_batch_size"] * found["gradient_accumulation_steps"] == 64


@pytest.mark.parametrize(("count", "kind"), [(1, "NO"), (8, "FSDP")])
def test_accelerate_reads_its_configurations(bundle, count, kind):
    config_args = pytest.importorskip("accelerate.commands.config.config_args")
    path = bundle / "grpo" / f"accelerate_{count}gpu.yaml"
    config = config_args.load_config_from_file(str(path))
    assert (config.num_processes, config.distributed_type.value) == (count, kind)
    assert config.mixed_precision == "bf16"
    if kind == "FSDP":
        assert config.fsdp_config["fsdp_version"] == 2


def test_the_paths_in_the_settings_lead_to_files_of_the_bundle(bundle):
    yaml = pytest.importorskip("yaml")
    for name in ("grpo/grpo.yaml", "reward_model/reward_model.yaml"):
        settings = yaml.safe_load((bundle / name).read_text("utf-8"))
        for dataset in settings["datasets"]:
            assert (bundle / dataset["data_files"]).is_file()
        output = Path(os.path.normpath(bundle / settings["output_dir"]))
        assert not output.is_relative_to(bundle), "a run may not write into the bundle"


def test_datasets_reads_the_rows(bundle, tmp_path):
    datasets = pytest.importorskip("datasets")
    for name in ("reward_model/train", "reward_model/pointwise_heldout", "grpo/prompts"):
        path = bundle / f"{name}.jsonl"
        found = datasets.load_dataset(
            "json", data_files=str(path), split="train", cache_dir=str(tmp_path)
        )
        assert found.num_rows == len(path.read_text("utf-8").splitlines())
