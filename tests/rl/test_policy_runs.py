"""A tiny policy trained for real: its files, its figures, an end before the end, and going on."""

import json
import re
import shutil
import signal

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.compiler.cli import main
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.policy.figures import NAMES
from rubricdsl.rl.policy.stopping import Stop
from tests.rl.policy_runs import KILLED, lines, program, run, without_times

pytestmark = pytest.mark.train

HOT = ("temperature=1.5",)


@pytest.fixture(scope="module")
def whole(bundle, trained, tmp_path_factory):
    """A run in the default configuration that nothing interrupted."""
    out = tmp_path_factory.mktemp("policy") / "whole"
    return out, run(bundle, trained[0], out)


@pytest.fixture(scope="module")
def other_bundle(bundle, tmp_path_factory):
    """The same rubrics compiled under another shape."""

    def compiled(shape):
        out = tmp_path_factory.mktemp(shape) / "bundle"
        arguments = [bundle.parent / "rubrics", "--out", out, "--shape", shape, "--group", 4,
                     "--synthesize", 24, "--heldout", "1/5"]  # fmt: skip
        assert main(["compile", *map(str, arguments)]) == 0
        return out

    return compiled


def test_every_step_has_a_line_and_every_name_is_known(whole):
    rows = lines(whole[0], "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    logged = {name for row in rows for name in row if name.startswith(("rubric/", "order/"))}
    rubrics = r"tests\.(burns|sprains|stings)\.\w+$"
    assert {re.sub(rubrics, "RUBRIC.CRITERION", name) for name in logged} == set(NAMES)


def test_the_figures_of_a_step_are_those_of_its_answers(whole):
    metrics = {row["step"]: row for row in lines(whole[0], "metrics.jsonl")}
    for group in lines(whole[0], "completions.jsonl"):
        row, answers = metrics[group["step"]], group["answers"]
        assert len(answers) == 4
        assert abs(sum(answer["advantage"] for answer in answers)) < 1e-5
        for answer in answers:
            assert (answer["rewards"]["reward"] == 0) == bool(answer["violations"])
            assert set(answer["verdicts"]) >= set(answer["violations"])
        assert row["rubric/reward"] == pytest.approx(row["rewards/reward/mean"])
        assert row["rubric/silent_groups"] == row["frac_reward_zero_std"]


def test_the_order_holds_in_the_default_configuration(whole):
    rows = lines(whole[0], "metrics.jsonl")
    for name in ("P1", "P2", "P3", "P4"):
        assert sum(row[f"order/{name}_cases"] for row in rows) > 0
        assert {row[f"order/{name}_held"] for row in rows if f"order/{name}_held" in row} == {1.0}
    assert not (whole[0] / "order.jsonl").exists()


def test_a_weighted_sum_is_seen_to_break_the_order(other_bundle, trained, tmp_path):
    run(other_bundle("weighted"), trained[0], tmp_path / "out", overrides=HOT)
    rows = lines(tmp_path / "out", "metrics.jsonl")
    assert min(row["order/P3_held"] for row in rows if "order/P3_held" in row) < 1
    example = next(e for e in lines(tmp_path / "out", "order.jsonl") if e["property"] == "P3")
    safe, unsafe = (example["group"][place] for place in example["answers"])
    assert not any(safe["key"][:3])
    assert any(unsafe["key"][:3])
    assert safe["advantage"] <= unsafe["advantage"]
    assert "| P3 |" in (tmp_path / "out" / "summary.md").read_text("utf-8")


def test_division_by_the_deviation_is_seen_to_cost_resolution(bundle, trained, tmp_path):
    run(bundle, trained[0], tmp_path / "out", overrides=("scale_rewards=group", *HOT))
    rows = lines(tmp_path / "out", "metrics.jsonl")
    assert {row["order/P3_held"] for row in rows if "order/P3_held" in row} == {1.0}
    assert min(row["order/P4_held"] for row in rows if "order/P4_held" in row) < 1
    spread = lines(tmp_path / "out", "order.jsonl")[0]["spread"]
    assert spread["in_the_group"] < spread["alone"]


def test_one_function_for_each_tier(other_bundle, trained, tmp_path):
    run(other_bundle("tiers"), trained[0], tmp_path / "out", steps=2)
    row = lines(tmp_path / "out", "metrics.jsonl")[0]
    assert {"rewards/reward_safety/mean", "rewards/reward_excellence/mean"} <= set(row)
    assert row["order/P1_cases"] > 0


def test_a_run_that_is_killed_in_a_step_goes_on_to_the_same_files(bundle, trained, whole, tmp_path):
    out = tmp_path / "killed"
    done = program(KILLED, tmp_path, bundle, trained[0], out)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert [row["step"] for row in lines(out, "metrics.jsonl")] == [1, 2, 3, 4, 5]
    for name in ("metrics.jsonl", "completions.jsonl"):
        with (out / name).open("a") as file:
            file.write('{"step": 6, "torn')
    said = []
    run(bundle, trained[0], out, tell=said.append)
    assert any("checkpoint-4" in line for line in said)
    # Value for value, but for the seconds that a step took.
    for name in ("metrics.jsonl", "completions.jsonl"):
        assert without_times(lines(out, name)) == without_times(lines(whole[0], name))


def test_another_reward_model_of_the_same_bundle_is_refused(bundle, trained, whole, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(trained[0], other, ignore=shutil.ignore_patterns("checkpoint-*"))
    calibration = json.loads((other / "calibration.json").read_text())
    calibration["tiers"]["safety"]["threshold"]["at"] += 0.125
    (other / "calibration.json").write_text(json.dumps(calibration))
    with pytest.raises(TrainingError, match="reward_model_calibration was"):
        run(bundle, other, whole[0])
    shutil.copy(trained[0] / "calibration.json", other)
    with (other / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(TrainingError, match="reward_model_weights was"):
        run(bundle, other, whole[0])


def test_a_run_stops_when_its_answers_become_less_safe(bundle, trained, tmp_path):
    def rashness(completions, **kwargs):
        return [float(answer[-1]["content"].count("I can judge")) for answer in completions]

    own = {"overrides": ("learning_rate=0.03",), "reward_funcs": [rashness], "steps": 12}
    out, stop = tmp_path / "out", Stop(below=0.8, window=2, patience=1)
    first = run(bundle, trained[0], out, stop=stop, **own)
    assert 3 <= first["steps"] < 12
    assert first["stopped"]["safe"] < 0.8 * first["stopped"]["best"]
    assert (out / f"checkpoint-{first['steps']}").is_dir()
    assert (out / "model.safetensors").exists()
    assert first["stopped"]["said"] in (out / "summary.md").read_text("utf-8")

    said = []
    again = run(bundle, trained[0], out, stop=stop, tell=said.append, **own)
    assert again == first
    assert any("stopped at step" in line for line in said)
    more = run(bundle, trained[0], out, tell=said.append, **own)
    assert (more["steps"], more["stopped"]) == (12, None)
    assert [row["step"] for row in lines(out, "metrics.jsonl")] == list(range(1, 13))


def test_groups_and_steps_are_sampled_as_asked(bundle, trained, tmp_path):
    from rubricdsl.rl.policy.samples import Sampling

    run(bundle, trained[0], tmp_path / "out", steps=4, sampling=Sampling(groups=2, every=3))
    found = lines(tmp_path / "out", "completions.jsonl")
    assert [row["step"] for row in found] == [1, 1, 4, 4]
    assert all(len(row["answers"]) == 4 for row in found)
