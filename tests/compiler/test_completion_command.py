"""`rubricc completion`: scripts that the shells read, and that know every command."""

import shutil
import subprocess

import pytest

from rubricdsl.compiler.cli import COMMANDS, main
from rubricdsl.compiler.commands.report import FORMATS
from rubricdsl.compiler.completion import SHELLS, commands


@pytest.fixture
def script(request, capsys):
    assert main(["completion", request.param]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("script", "shell"), [(name, name) for name in SHELLS], indirect=["script"], ids=SHELLS
)
def test_the_shell_reads_it(script, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in script for name in COMMANDS)


def test_what_can_be_completed():
    known = {command.name: command for command in commands(COMMANDS)}
    assert set(known) == set(COMMANDS)
    assert known["check"].options["--format"] == FORMATS
    assert known["train"].words == ("reward-model", "policy")
    assert "--lora" in known["train"].options
    assert known["completion"].words == tuple(SHELLS)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rubricc ex", ["explain", "export", "experiment"]),
        ("rubricc check --format ", list(FORMATS)),
        ("rubricc check --form", ["--format"]),
        ("rubricc train ", ["reward-model", "policy"]),
        ("rubricc check a_f", ["a_file.rubric"]),
    ],
)
def test_bash_offers(script, line, offered, tmp_path):
    (tmp_path / "a_file.rubric").touch()
    words = " ".join(f"'{word}'" for word in line.split(" "))
    asked = f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _rubricc\n"
    text = f'{script}{asked}printf "%s\\n" "${{COMPREPLY[@]}}"\n'
    done = subprocess.run(
        ["bash"], input=text, capture_output=True, text=True, timeout=30, cwd=tmp_path
    )
    assert done.stdout.split() == offered
