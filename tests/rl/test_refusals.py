"""What cannot be trained on is said, with a way out; nothing is written."""

import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.rl import train_policy, train_reward_model
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.material import open_material
from rubricdsl.rl.settings import grpo_settings, machine, reward_settings


def test_no_bundle(tmp_path):
    with pytest.raises(TrainingError, match="no such folder"):
        train_reward_model.train(tmp_path / "none", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="not a bundle"):
        train_policy.train(tmp_path / "empty", tmp_path / "rm", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_rows(tmp_path):
    from tests.rl.conftest import compiled

    bundle = compiled(tmp_path, ("burns",), rows=0)
    with pytest.raises(TrainingError, match="has no rows") as refused:
        train_reward_model.train(bundle, tmp_path / "out")
    assert "--synthesize" in refused.value.hint
    assert not (tmp_path / "out").exists()


def test_a_changed_file(bundle, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    with (copy / "reward_model" / "criteria.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(TrainingError, match=r"criteria\.jsonl"):
        open_material(copy)


def test_no_reward_model(bundle, tmp_path):
    (tmp_path / "rm").mkdir()
    with pytest.raises(TrainingError, match="no reward model"):
        train_policy.train(bundle, tmp_path / "rm", tmp_path / "out")


def test_a_folder_with_other_files(bundle, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(TrainingError, match=r"has no run\.json"):
        train_reward_model.train(bundle, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_model_that_is_not_there(bundle, tmp_path):
    with pytest.raises(TrainingError, match="cannot be loaded"):
        train_reward_model.train(bundle, tmp_path / "out", model=str(tmp_path / "nothing"))
    # A slip of the pen does not claim the folder.
    with pytest.raises(TrainingError, match="cannot be loaded"):
        train_reward_model.train(bundle, tmp_path / "out", model=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "setting", ["learning_rate", "no_such_option=1", "learning_rate=fast", "--config=x", "=1"]
)
def test_wrong_settings(material, setting, tmp_path):
    file = material.bundle.path("grpo/grpo.yaml")
    values = {**machine(), "output_dir": tmp_path}
    with pytest.raises(TrainingError):
        grpo_settings(file, values, [setting])


def test_the_files_of_the_bundle_are_what_a_large_model_gets(material, tmp_path):
    values = {**machine(), "output_dir": tmp_path}
    config, model = grpo_settings(
        material.bundle.path("grpo/grpo.yaml"), values, ["learning_rate=3e-6", "use_peft=true"]
    )
    assert (config.num_generations, config.beta, config.scale_rewards) == (8, 0.04, "none")
    assert (config.learning_rate, model.use_peft) == (3e-6, True)
    config, _ = reward_settings(material.bundle.path("reward_model/reward_model.yaml"), values, [])
    assert (config.max_length, config.num_train_epochs) == (8192, 2)
