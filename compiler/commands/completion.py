"""Print a script that completes commands and options in a shell.

examples:
  eval "$(rubricc completion bash)"
  eval "$(rubricc completion zsh)"
  rubricc completion fish | source
"""

import argparse

from ..completion import SHELLS, commands


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("shell", choices=tuple(SHELLS), help="the shell")


def run(args: argparse.Namespace) -> int:
    """Always 0."""
    from ..cli import COMMANDS

    print(SHELLS[args.shell](commands(COMMANDS)), end="")
    return 0
