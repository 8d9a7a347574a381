"""Every example in the help of a command is one that the command understands."""

import argparse
import importlib
import re
import shlex

import pytest

from rubricdsl.compiler.cli import COMMANDS


def examples() -> list[str]:
    lines = []
    for module, _ in COMMANDS.values():
        doc = importlib.import_module(f"rubricdsl.compiler.commands.{module}").__doc__ or ""
        found = doc.partition("examples:\n")[2].replace("\\\n", " ").splitlines()
        lines += [line.strip() for line in found if line.strip().startswith("rubricc ")]
    return lines


@pytest.mark.parametrize("line", examples())
def test_the_example_is_understood(line):
    words = shlex.split(re.split(" [<>|] ", line)[0], comments=True)[1:]
    module = importlib.import_module(f"rubricdsl.compiler.commands.{COMMANDS[words[0]][0]}")
    parser = argparse.ArgumentParser(exit_on_error=False)
    module.add_arguments(parser)
    given = vars(parser.parse_args(words[1:]))
    texts = [text for value in given.values() if isinstance(value, list) for text in value]
    assert not [text for text in texts if str(text).startswith("--")]
