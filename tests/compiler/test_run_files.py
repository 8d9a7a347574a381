"""TRL's own parser reads the settings, and accelerate's own loader reads its configurations."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rubricdsl import ir
from rubricdsl.batches import ACCELERATE, SERVER, SETTINGS, SIZES, Hardware
from rubricdsl.compiler.batches import UnfitBatches
from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.job import Options

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
    **{k: v for k, v in vars(model).items() if isinstance(v, (int, float, str))},
    "report_to": training.report_to,
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


WANTED = {
    "gpu": {
        "learning_rate": 1e-5,
        "gradient_accumulation_steps": 16,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": 0.4,
        "vllm_enable_sleep_mode": True,
        "use_peft": True,
        "dtype": "bfloat16",
        "lora_target_modules": "all-linear",
    },
    "node": {
        "learning_rate": 1e-6,
        "gradient_accumulation_steps": 8,
        "vllm_mode": "colocate",
        "vllm_tensor_parallel_size": 1,
        "use_peft": False,
        "dtype": "float32",
    },
    "cluster": {
        "learning_rate": 1e-6,
        "gradient_accumulation_steps": 8,
        "vllm_mode": "server",
        "use_peft": False,
        "dtype": "float32",
    },
}


@pytest.mark.parametrize("size", SIZES)
def test_grpo_settings_are_accepted_as_they_are(bundle, size):
    found = parsed("grpo", bundle / SETTINGS[size])
    wanted = {
        "reward_funcs": ["reward.reward"],
        "datasets": [["json", "grpo/prompts.jsonl"]],
        "num_generations": 8,
        "per_device_train_batch_size": 4,
        "beta": 0.04,
        "scale_rewards": "none",
        "loss_type": "dr_grpo",
        "remove_unused_columns": False,
        "log_completions": True,
        "use_vllm": True,
        "vllm_importance_sampling_mode": "token_truncate",
        "report_to": [],
        **WANTED[size],
    }
    assert {key: found[key] for key in wanted} == wanted
    assert found["generation_batch_size"] % found["num_generations"] == 0


@pytest.mark.parametrize("size", SIZES)
def test_every_field_is_one_that_trl_knows(bundle, size):
    yaml = pytest.importorskip("yaml")
    from trl import DatasetMixtureConfig, GRPOConfig, ModelConfig
    from trl.scripts.grpo import GRPOScriptArguments

    known = (GRPOScriptArguments, GRPOConfig, ModelConfig, DatasetMixtureConfig)
    fields = {field.name for kind in known for field in dataclasses.fields(kind)}
    assert set(yaml.safe_load((bundle / SETTINGS[size]).read_text("utf-8"))) <= fields


def test_a_field_that_trl_does_not_know_is_found(bundle, tmp_path):
    text = (bundle / SETTINGS["gpu"]).read_text("utf-8") + "\nmax_prompt_length: 512\n"
    (tmp_path / "wrong.yaml").write_text(text)
    with pytest.raises(AssertionError, match="max_prompt_length"):
        parsed("grpo", tmp_path / "wrong.yaml")


def test_the_server_takes_its_settings(bundle):
    from trl.scripts.vllm_serve import build_command, make_parser

    parser = make_parser()
    arguments = ["--config", str(bundle / SERVER)]
    found, forwarded = parser.parse_args_and_config(arguments, return_remaining_strings=True)
    assert not forwarded, "vllm serve would get what TRL does not know"
    command = build_command(found)
    assert command[command.index("--tensor-parallel-size") + 1] == "8"
    assert command[command.index("--max-model-len") + 1] == "4096"
    settings = parsed("grpo", bundle / SETTINGS["cluster"])
    assert settings["vllm_server_base_url"].endswith(f":{found.port}")
    assert found.model == settings["model"]


@pytest.mark.parametrize("size", SIZES)
def test_grpo_settings_by_tier_are_accepted(mole, tmp_path, size):
    tiers = dataclasses.replace(mole, reward=ir.Reward("tiers"))
    compile_bundle(Request((tiers,), tmp_path / "bundle"))
    found = parsed("grpo", tmp_path / "bundle" / SETTINGS[size])
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


@pytest.mark.parametrize(
    ("size", "machines", "count", "kind"),
    [("gpu", 1, 1, "NO"), ("node", 1, 8, "FSDP"), ("cluster", 2, 16, "FSDP")],
)
def test_accelerate_reads_its_configurations(bundle, size, machines, count, kind):
    config_args = pytest.importorskip("accelerate.commands.config.config_args")
    config = config_args.load_config_from_file(str(bundle / ACCELERATE[size]))
    assert (config.num_processes, config.distributed_type.value) == (count, kind)
    assert config.num_machines == machines
    assert config.mixed_precision == "bf16"
    if kind == "FSDP":
        assert config.fsdp_config["fsdp_version"] == 2


def test_the_paths_in_the_settings_lead_to_files_of_the_bundle(bundle):
    yaml = pytest.importorskip("yaml")
    for name in (*SETTINGS.values(), "reward_model/reward_model.yaml"):
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


def compiled(rubric, out, group=8, **hardware):
    options = Options(group=group, hardware=Hardware(**hardware))
    return compile_bundle(Request((rubric,), out, options=options))


def test_other_machines_are_in_every_file(mole, tmp_path):
    yaml = pytest.importorskip("yaml")
    out = tmp_path / "bundle"
    compiled(mole, out, group=6, gpus=4, machines=3, batch=288, per_device=2, tensor_parallel=2)

    def read(path):
        return yaml.safe_load((out / path).read_text("utf-8"))

    for size, world in (("gpu", 1), ("node", 4), ("cluster", 12)):
        assert read(ACCELERATE[size])["num_processes"] == world
        settings = read(SETTINGS[size])
        steps = settings["gradient_accumulation_steps"]
        assert settings["per_device_train_batch_size"] * steps * world == 288
    assert read(SETTINGS["node"])["vllm_tensor_parallel_size"] == 2
    assert read(SETTINGS["gpu"])["vllm_tensor_parallel_size"] == 1
    assert read(SERVER)["tensor_parallel_size"] == 4


def test_a_group_in_pieces_is_refused_where_it_is_ranked(mole, tmp_path):
    centred = dataclasses.replace(mole, reward=ir.Reward("centred"))
    with pytest.raises(UnfitBatches) as found:
        compiled(centred, tmp_path / "a", batch=64, machines=2)
    (told,) = found.value.found
    assert told.startswith("grpo/grpo_cluster.yaml: 2 machines of 8 GPUs: each device holds 4 ")
    assert "`reward centred` of dermatology.changing_mole ranks the answers" in told
    assert "a multiple of 128 keeps groups whole" in told
    assert not (tmp_path / "a").exists()
    compiled(centred, tmp_path / "b", batch=128, machines=2)


def test_a_group_in_pieces_is_told_where_it_does_no_harm(mole, tmp_path):
    notes = compiled(mole, tmp_path / "bundle", batch=64, machines=2).notes
    told = [note for note in notes if note.startswith("grpo/grpo_cluster.yaml: ")]
    assert ["counts pieces" in note for note in told] == [True]
    text = (tmp_path / "bundle" / SETTINGS["cluster"]).read_text("utf-8")
    assert "A group is split over GPUs" in text


def test_all_that_does_not_fit_is_told_at_once(mole, tmp_path):
    with pytest.raises(UnfitBatches) as found:
        compiled(mole, tmp_path / "bundle", batch=100, gpus=6, tensor_parallel=4, machines=1)
    told = found.value.found
    assert [line.partition(":")[0] for line in told] == [
        "grpo/grpo.yaml", "grpo/grpo_node.yaml", "grpo/grpo_cluster.yaml",
    ]  # fmt: skip
    assert "groups of 8" in told[0]
    assert told[0].endswith("a multiple of 8")
    assert "not shared out evenly over 6 GPUs with 4 at a time" in told[1]
    with pytest.raises(UnfitBatches, match=r"takes 4 GPUs, and a machine has 6.*1, 2, 3, 6"):
        compiled(mole, tmp_path / "bundle", gpus=6, tensor_parallel=4)
