"""docs/policy.md: its commands are taken, its tables and defaults are those of the program."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.compiler.commands import train
from rubricdsl.compiler.commands.policy_arguments import STOPPED
from rubricdsl.rl.policy.figures import NAMES
from rubricdsl.rl.policy.judge import JudgeChoice
from rubricdsl.rl.policy.logs import FILES
from rubricdsl.rl.policy.samples import Sampling
from rubricdsl.rl.policy.stopping import Stop

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
         for line in block.splitlines() if " train " in line]  # fmt: skip
LAUNCHED = re.findall(
    r"```\naccelerate launch .*? -m rubricdsl\.compiler (.*?)```", PAGE, re.DOTALL
)


def parsed(line):
    program, *arguments = shlex.split(line.replace("\\\n", " "))
    assert program in ("rubricc", "train")
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return parser.parse_args(arguments[program == "rubricc" :])


@pytest.mark.parametrize("line", [*LINES, *LAUNCHED])
def test_a_command_is_one_that_the_program_takes(line):
    assert parsed(line).bundle == Path("build/bundle")


def test_there_are_commands_of_both_kinds():
    assert (len(LINES), len(LAUNCHED)) == (3, 1)


def test_the_table_of_figures_is_that_of_the_program():
    rows = dict(re.findall(r"^\| `((?:rubric|order)/\S+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert rows == dict(NAMES)


def test_the_options_and_defaults_are_those_of_the_program():
    options = set(re.findall(r"`(--[a-z-]+)", PAGE))
    usual = parsed("train policy build/bundle --reward-model r --out o")
    known = {f"--{name.replace('_', '-')}" for name in vars(usual)} | {"--set"}
    assert options <= known
    assert f"`--judge-tokens` ({JudgeChoice().tokens})" in PAGE
    assert (
        f"`--log-groups` ({Sampling().groups}) groups of every `--log-every` ({Sampling().every})"
        in PAGE
    )
    stop = Stop(0.9)
    assert f"`--stop-window` ({stop.window})" in PAGE
    assert f"`--stop-patience` ({stop.patience})" in PAGE
    assert f"never before step {stop.window + stop.patience}" in " ".join(PAGE.split())
    assert f"exit code is {STOPPED}" in " ".join(PAGE.split())


@pytest.mark.parametrize("name", [*FILES, "summary.md", "metrics.json", "run.json"])
def test_every_file_of_a_run_is_in_the_table(name):
    assert f"| `{name}` |" in PAGE
