"""Completion scripts for shells, made from the commands and their arguments."""

import argparse
import importlib
import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Command(NamedTuple):
    """`options` with what each may be followed by, where that is a choice; `words` the choices of
    its first argument."""

    name: str
    about: str
    options: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]


def commands(table: Mapping[str, tuple[str, str]]) -> list[Command]:
    """What can be completed, from `cli.COMMANDS`."""
    return [_command(name, module, about) for name, (module, about) in table.items()]


def _command(name: str, module: str, about: str) -> Command:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"{__package__}.commands.{module}").add_arguments(parser)
    options: dict[str, tuple[str, ...]] = {}
    words: list[str] = []
    waiting = [parser]
    while waiting:
        for action in waiting.pop()._actions:
            choices = tuple(map(str, action.choices or ()))
            options |= {option: choices for option in action.option_strings if option[:2] == "--"}
            words += () if action.option_strings else choices
            if isinstance(action, argparse._SubParsersAction):  # commands within the command
                waiting += action.choices.values()
    return Command(name, about, options, tuple(words))


def bash(known: list[Command]) -> str:
    """A function for `complete`: options where a dash begins the word, else choices or files."""
    names = " ".join(command.name for command in known)
    lines = [
        '# bash completion: eval "$(rubricc completion bash)"',
        "_rubricc() {",
        '  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
        "  local words= options=",
        "  COMPREPLY=()",
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        f'    words="{names}" options="--help --version"',
        "  else",
        '    case "${COMP_WORDS[1]} $before" in',
    ]
    for command in known:
        for option, choices in command.options.items():
            if choices:
                lines.append(f'      "{command.name} {option}") words="{" ".join(choices)}" ;;')
        words, options = " ".join(command.words), " ".join(command.options)
        lines.append(f'      "{command.name} "*) words="{words}" options="{options}" ;;')
    lines += [
        "    esac",
        "  fi",
        '  case "$current" in -*) words="$options" ;; esac',
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        '  if [ "${#COMPREPLY[@]}" -eq 0 ] && [ "$COMP_CWORD" -gt 1 ]; then',
        '    COMPREPLY=($(compgen -f -- "$current"))',
        "    compopt -o filenames 2>/dev/null",
        "  fi",
        "}",
        "complete -F _rubricc rubricc",
    ]
    return "\n".join([*lines, ""])


def zsh(known: list[Command]) -> str:
    """The same with what each command does."""
    lines = [
        '# zsh completion, behind compinit: eval "$(rubricc completion zsh)"',
        "_rubricc() {",
        "  if (( CURRENT == 2 )); then",
        "    local -a known=(",
        *(f"      {shlex.quote(f'{command.name}:{command.about}')}" for command in known),
        "    )",
        "    _describe command known",
        "    return",
        "  fi",
        '  case "$words[2] $words[CURRENT-1]" in',
    ]
    for command in known:
        for option, choices in command.options.items():
            if choices:
                lines.append(
                    f'    "{command.name} {option}") compadd {" ".join(choices)}; return ;;'
                )
        words, options = " ".join(command.words), " ".join(command.options)
        lines.append(f'    "{command.name} "*) compadd -- {f"{words} {options}".strip()} ;;')
    return "\n".join([*lines, "  esac", "  _files", "}", "compdef _rubricc rubricc", ""])


def fish(known: list[Command]) -> str:
    """One line a command, a choice and an option; fish adds files by itself."""
    lines = ["# fish completion: rubricc completion fish | source"]
    for command in known:
        about = shlex.quote(command.about)
        lines.append(f"complete -c rubricc -n __fish_use_subcommand -a {command.name} -d {about}")
        seen = f"-n '__fish_seen_subcommand_from {command.name}'"
        for word in command.words:
            lines.append(f"complete -c rubricc {seen} -a {word}")
        for option, choices in command.options.items():
            given = f" -x -a '{' '.join(choices)}'" if choices else ""
            lines.append(f"complete -c rubricc {seen} -l {option.removeprefix('--')}{given}")
    return "\n".join([*lines, ""])


SHELLS: dict[str, Callable[[list[Command]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
