"""Runs of a tiny policy: how they are made, what they left, and one that is killed."""

import json
import os
import subprocess
import sys
from dataclasses import replace

from rubricdsl.rl import tiny, train_policy
from rubricdsl.rl.supervised_start import Start

SIZE = tiny.Size(hidden=32, layers=1, heads=2, kv_heads=1, inner=64)
START = Start(SIZE, steps=30, batch=16, threads=1)
PRESET = train_policy.Preset(
    start=START, steps=6, prompts=2, group=4, most_tokens=40, save_every=4, threads=1
)

# Dies in the middle of a step, after the answers were sampled and before they are judged.
KILLED = """
import os, runpy, signal, sys
from pathlib import Path
from rubricdsl.rl import train_policy
from rubricdsl.rl.policy import trainer

class Killed(trainer.PolicyTrainer):
    def _calculate_rewards(self, *arguments):
        if self.state.global_step == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._calculate_rewards(*arguments)

train_policy.PolicyTrainer = Killed
bundle, reward_model, out, runs = map(Path, sys.argv[1:])
train_policy.train(bundle, reward_model, out, preset=runpy.run_path(str(runs))["PRESET"])
"""


def run(bundle, reward_model, out, *, tell=lambda line: None, overrides=(), **more):
    """A run with the tiny preset; `steps` and `save_every` may differ."""
    own = {name: more.pop(name) for name in ("steps", "save_every", "group") if name in more}
    preset = replace(PRESET, **own)
    return train_policy.train(
        bundle, reward_model, out, preset=preset, tell=tell, overrides=overrides, **more
    )


def lines(folder, name):
    """The objects of a file of JSON Lines, each of which must be whole."""
    path = folder / name
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def without_times(rows):
    return [{name: value for name, value in row.items() if name != "step_time"} for row in rows]


def program(text, folder, *arguments, launcher=(sys.executable,)):
    """Run a Python program in processes of its own; its last argument is this file."""
    path = folder / "program.py"
    path.write_text(text)
    return subprocess.run(
        [*launcher, str(path), *map(str, arguments), __file__],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
    )  # fmt: skip
