"""A policy trained in two processes: one set of files, with the figures of both."""

import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from tests.rl.policy_runs import lines, program, run

pytestmark = pytest.mark.train

PROGRAM = """
import runpy, sys
from pathlib import Path
from rubricdsl.rl.policy.samples import Sampling
bundle, reward_model, out, model, runs = sys.argv[1:]
tiny = runpy.run_path(runs)
# Four answers to a process and eight to a group: each group is in both.
split = ("per_device_train_batch_size=4",)
found = tiny["run"](Path(bundle), Path(reward_model), Path(out), model=model, overrides=split,
                    group=8, steps=3, save_every=2, sampling=Sampling(groups=99))
print("returned", bool(found))
"""


def test_figures_and_groups_are_those_of_both_processes(bundle, trained, tmp_path):
    start = tmp_path / "one" / "start"
    run(bundle, trained[0], tmp_path / "one", steps=1)
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
    out = tmp_path / "both"
    done = program(PROGRAM, tmp_path, bundle, trained[0], out, start, launcher=launcher)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("returned True") == done.stdout.count("returned False") == 1
    steps, groups = lines(out, "metrics.jsonl"), lines(out, "completions.jsonl")
    assert [row["step"] for row in steps] == [group["step"] for group in groups] == [1, 2, 3]
    for row, group in zip(steps, groups, strict=True):
        answers = group["answers"]
        assert len(answers) == 8
        rewards = [answer["rewards"]["reward"] for answer in answers]
        mean = sum(rewards) / 8
        assert [a["advantage"] for a in answers] == pytest.approx(
            [reward - mean for reward in rewards], abs=1e-5
        )
        assert row["rubric/safe"] == sum(not a["violations"] for a in answers) / 8
        assert row["rubric/proficiency"] == pytest.approx(
            sum(answer["proficiency"] for answer in answers) / 8
        )
        assert row.get("order/P1_held", 1.0) == 1.0
