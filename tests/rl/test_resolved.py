"""Batches of a run: as TRL and accelerate deal them out, and refused where they do not fit."""

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from accelerate.data_loader import BatchSamplerShard
from torch.utils.data import BatchSampler
from trl.trainer.utils import RepeatSampler

from rubricdsl.batches import ACCELERATE, SETTINGS, Batches, misfits
from rubricdsl.compiler.cli import main
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.material import open_material
from rubricdsl.rl.resolved import check_batches, resolve
from tests.rl.conftest import rubric


@pytest.mark.parametrize(
    ("group", "per_device", "accumulation", "world"),
    [(4, 2, 2, 1), (4, 2, 2, 3), (4, 2, 1, 2), (4, 1, 6, 2), (3, 2, 3, 2), (6, 4, 3, 4)],
)
def test_whole_groups_are_those_that_a_device_is_dealt(group, per_device, accumulation, world):
    batches = Batches(group, per_device, accumulation, gpus=world)
    sampler = RepeatSampler(
        range(100), group, batches.sampled // group, repeat_count=accumulation, shuffle=False
    )
    rows = BatchSampler(sampler, batches.local, drop_last=True)
    dealt = [next(iter(BatchSamplerShard(rows, world, k))) for k in range(world)]
    whole = all(part.count(prompt) == group for part in dealt for prompt in part)
    assert whole == batches.whole
    assert whole == (not list(misfits(batches, ranked="r")))


@pytest.fixture(scope="module")
def centred(tmp_path_factory):
    """A bundle whose reward ranks the answers of a group, for two GPUs."""
    folder = tmp_path_factory.mktemp("centred")
    (folder / "burns.rubric").write_text(rubric("burns"), encoding="utf-8")
    arguments = ["compile", folder / "burns.rubric", "--out", folder / "bundle", "--group", "4"]
    arguments += ["--synthesize", "4", "--shape", "centred", "--gpus", "2", "--machines", "1"]
    assert main([str(a) for a in arguments]) == 0
    return open_material(folder / "bundle")


def running(**settings):
    """Settings as TRL has read them, in two processes."""
    usual = {
        "num_generations": 4,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 2,
        "steps_per_generation": 2,
        "world_size": 2,
        "use_vllm": False,
    }
    return SimpleNamespace(**{**usual, **settings})


def test_a_run_that_splits_ranked_groups_does_not_start(centred):
    assert check_batches(running(), centred, "node", 1000) == []
    broken = running(per_device_train_batch_size=1)
    with pytest.raises(TrainingError, match=r"`reward centred` of tests\.burns ranks") as wrong:
        check_batches(broken, centred, "node", 1000)
    assert "multiple of 8 keeps groups whole" in wrong.value.hint


def test_a_run_that_would_make_no_step_does_not_start(centred):
    with pytest.raises(TrainingError, match="1 prompt does not fill a step of 4") as wrong:
        check_batches(running(), centred, "node", 1)
    assert "at most 4 answers" in wrong.value.hint


def test_a_run_in_other_processes_than_its_file_is_for(centred, monkeypatch):
    (note,) = check_batches(running(world_size=1), centred, "node", 1000)
    assert "is for 2 processes, and this run has 1: accelerate launch" in note
    assert check_batches(running(world_size=1), centred, "gpu", 1000) == []
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "1")
    engine = {"use_vllm": True, "vllm_mode": "colocate", "vllm_tensor_parallel_size": 2}
    with pytest.raises(TrainingError, match="takes 2 GPUs, and a machine has 1"):
        check_batches(running(**engine), centred, "node", 1000)
    engine["vllm_mode"] = "server"
    assert check_batches(running(**engine), centred, "node", 1000) == []


def test_overrides_change_what_a_size_comes_to(centred):
    found = resolve(centred, "node", {}, [])
    assert (found.batches.world, found.batches.step, found.server_gpus) == (2, 32, 0)
    assert found.get("dtype", "") == "float32"
    more = resolve(centred, "cluster", {}, ["num_generations=8", "steps_per_generation=4"])
    assert (more.batches.group, more.batches.per_generation, more.server_gpus) == (8, 4, 2)
    whole = resolve(centred, "node", {}, ["generation_batch_size=64"])
    assert whole.batches.per_generation == 8
    with pytest.raises(TrainingError, match="num_generations is 'many'"):
        resolve(centred, "gpu", {}, ["num_generations=many"])
    assert resolve(centred, "gpu", {}, ["run_name=[a"]).get("run_name", "") == "[a"


@pytest.mark.parametrize("path", [ACCELERATE["gpu"], SETTINGS["gpu"]])
def test_a_file_that_is_not_as_it_was_compiled(centred, path):
    file = centred.bundle.root / path
    before = file.read_text()
    file.write_text(before + "\nseed: 7\n")
    try:
        with pytest.raises(TrainingError, match="not the file that the manifest describes") as told:
            resolve(centred, "gpu", {}, [])
    finally:
        file.write_text(before)
    assert "--set" in told.value.hint
