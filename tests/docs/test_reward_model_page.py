"""docs/reward_model.md: its commands are ones that the program takes, its defaults those it has."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import COMMANDS
from rubricdsl.rl.calibration.fit import (
    ISOTONIC_LABELS,
    ISOTONIC_RARER,
    TIMES_CHANCE,
    usual_precision,
)

PAGE = (Path(__file__).parents[2] / "docs" / "reward_model.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_a_command_is_one_that_the_program_takes(line):
    program, name, *arguments = shlex.split(line)
    assert program == "rubricc"
    module = importlib.import_module(f"rubricdsl.compiler.commands.{COMMANDS[name][0]}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    parser.parse_args(arguments)


def test_the_numbers_of_the_page():
    assert f"{ISOTONIC_LABELS:,} labels or more, and at least {ISOTONIC_RARER}" in PAGE
    assert {4: "four"}[TIMES_CHANCE] in PAGE
    labels = [(float(k), float(k >= 47)) for k in range(1000)]
    assert usual_precision(labels) == pytest.approx(0.188)
    assert usual_precision(labels[:60]) == 0.5


def test_the_table_is_that_of_the_benchmark():
    results = Path(__file__).parents[2] / "benchmarks" / "results" / "safety_precision.md"
    rows = PAGE.partition("<!-- results: safety_precision -->\n")[2].partition("\n\n")[0]
    assert len(rows.splitlines()) == 7
    assert rows in results.read_text("utf-8")
