"""docs/ci.md and the hooks of pre-commit: every command in them is one that rubricc takes."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import COMMANDS
from rubricdsl.compiler.commands.report import FORMATS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
IN_WORKFLOW = re.findall(r"run: rubricc (.*)$", PAGE, re.MULTILINE)
IN_HOOKS = re.findall(r"entry: rubricc (.*)$", HOOKS, re.MULTILINE)


@pytest.mark.parametrize("line", [*IN_WORKFLOW, *(f"{line} a.rubric" for line in IN_HOOKS)])
def test_the_command_is_understood(line):
    words = shlex.split(line.partition(" > ")[0])
    module = importlib.import_module(f"rubricdsl.compiler.commands.{COMMANDS[words[0]][0]}")
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.add_arguments(parser)
    assert parser.parse_args(words[1:]).paths


def test_there_is_something_to_look_at():
    assert len(IN_WORKFLOW) == 5
    assert len(IN_HOOKS) == 4


def test_every_hook_is_on_the_page():
    ids = re.findall(r"^- id: (.*)$", HOOKS, re.MULTILINE)
    assert ids == re.findall(r"^      - id: (.*)$", PAGE, re.MULTILINE)


def test_every_format_is_on_the_page():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(FORMATS)


def test_the_blocks_are_yaml():
    yaml = pytest.importorskip("yaml")
    for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        assert yaml.safe_load(block)
    hooks = yaml.safe_load(HOOKS)
    assert all(re.search(hook["files"], "rubrics/a.rubric") for hook in hooks)
