"""Training in two processes is training in one with batches of twice the size."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

pytestmark = pytest.mark.train

PROGRAM = """
import json, sys
from pathlib import Path
from rubricdsl.rl.train_reward_model import Preset, train
bundle, out, batch, steps = sys.argv[1:]
preset = Preset(steps=int(steps), batch=int(batch), heldout_answers=8, threads=1)
still = ["learning_rate=0", "logging_steps=1"]
told = train(Path(bundle), Path(out), preset=preset, overrides=still)
print("returned", sorted(told) != [])
"""


def losses(output):
    return [
        float(line.split("loss ")[1].split()[0]) for line in output.splitlines() if " loss " in line
    ]


def test_two_processes_share_a_step(bundle, tmp_path):
    def run(*launcher, out, steps):
        command = [*launcher, tmp_path / "program.py", bundle, tmp_path / out, "2", str(steps)]
        done = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    (tmp_path / "program.py").write_text(PROGRAM)
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
    both = run(*launcher, out="both", steps=4)
    alone = losses(run(sys.executable, out="alone", steps=4))
    assert both.count("returned True") == both.count("returned False") == 1
    pairs = [(a + b) / 2 for a, b in zip(alone[::2], alone[1::2], strict=True)]
    # Lines have three digits.
    assert losses(both)[:2] == pytest.approx(pairs, abs=0.011)
    assert json.loads((tmp_path / "both" / "metrics.json").read_text())["train"]["steps"] == 4
