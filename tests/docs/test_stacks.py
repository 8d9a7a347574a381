"""docs/stacks/: every command, block, path, name and version in its pages is a real one."""

import argparse
import ast
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import COMMANDS, main
from rubricdsl.compiler.conformance.recorded import recorded
from rubricdsl.compiler.emit.targets import TARGETS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "stacks"
ALL = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}
PAGES = {name: page for name, page in ALL.items() if name in TARGETS}
INDEX = ALL["README"]
HEADINGS = ["Plug in", "What is logged", "What to switch off", "An answer without a reward",
            "Versions"]  # fmt: skip
SOURCES = "\n".join(
    path.read_text("utf-8")
    for folder in ("rubricdsl", "compiler", "rl")
    for path in (ROOT / folder).rglob("*.py")
)


def blocks(page):
    """What is indented as code, and what stands between fences with its kind."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    indented = re.findall(r"(?:^ {4}.*\n)+", rest, re.MULTILINE)
    return [*fenced, *(("", textwrap.dedent(block)) for block in indented)]


def is_python(text):
    return bool(re.match(r"(from|import) ", text))


def commands(page):
    """The words of each command line, with the lines that a backslash joins as one."""
    for kind, text in blocks(page):
        if kind in ("", "sh", "bash", "console") and not is_python(text):
            for line in re.sub(r"\\\n\s*", "", text).splitlines():
                if line.strip() and not line.startswith("#"):
                    yield shlex.split(line)


def mentions(page):
    """The words of commands of ours that a sentence names; some name no arguments."""
    return [shlex.split(code) for code in re.findall(r"`(rubricc [^`]*)`", page)]


EVERY = [(name, words) for name, page in ALL.items()
         for words in commands(page)]  # fmt: skip


def ours():
    return [(name, words) for name, words in EVERY if words[0] == "rubricc"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """`bundle(target)`: the folder that the page's own command writes, for one small rubric."""
    home = tmp_path_factory.mktemp("stacks")
    (home / "mole.rubric").write_text(
        (ROOT / "rubrics/dermatology/changing_mole.rubric").read_text("utf-8"), "utf-8"
    )
    made = {}

    def compiled(name):
        if name not in made:
            (words,) = [w for page, w in ours() if page == name and w[1] == "compile"]
            made[name] = home / name
            place = {"rubrics/": str(home / "mole.rubric"), "build/bundle": str(made[name])}
            arguments = [place.get(word, word) for word in words[1:]]
            core = ["--path", str(ROOT / "rubrics"), "--heldout", "1/2"]
            assert main([*arguments, *core]) == 0
        return made[name]

    return compiled


def test_every_stack_has_a_page_and_a_line():
    assert set(PAGES) == set(TARGETS)
    linked = re.findall(r"^\| \[[^]]+\]\(([\w-]+)\.md\)", INDEX, re.MULTILINE)
    assert linked == list(TARGETS)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_all_pages_say(name):
    found = re.findall(r"^## (.*)$", PAGES[name], re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS


def parser_of(command):
    assert command in COMMANDS
    module = importlib.import_module(f"rubricdsl.compiler.commands.{COMMANDS[command][0]}")
    parser = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    module.add_arguments(parser)
    return parser


@pytest.mark.parametrize(("name", "words"), ours(), ids=str)
def test_our_commands_are_understood(name, words):
    found = parser_of(words[1]).parse_args(words[2:])
    if words[1] == "compile" and name in TARGETS:
        assert name in found.target


@pytest.mark.parametrize("name", ALL)
def test_commands_of_ours_that_are_mentioned_exist(name):
    for words in mentions(ALL[name]):
        known = parser_of(words[1])._option_string_actions
        assert {word for word in words if word.startswith("-")} <= set(known)


@pytest.mark.parametrize("name", PAGES)
def test_what_the_page_names_is_written(name, bundle):
    out, page = bundle(name), PAGES[name]
    named = set(re.findall(r"\b(?:stacks|grpo|reward_model)/[\w./-]*\w", page))
    # Folders of the bundle are named as such, files by their paths.
    assert {path for path in named if not (out / path).exists()} == set()
    adapters = set(re.findall(r"\brubric_\w+\.py\b", page))
    written = {path.name for path in out.rglob("*.py")}
    assert adapters <= written
    assert TARGETS[name].adapter is None or list((out / TARGETS[name].folder).iterdir())


@pytest.mark.parametrize("name", PAGES)
def test_names_that_are_imported_are_there(name, bundle):
    # A page that tells of a package installed from elsewhere imports that, not a file of ours.
    for kind, text in blocks(PAGES[name]):
        if not (kind == "python" or is_python(text)):
            continue
        tree = compile(text, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rubric_"):
                (path,) = bundle(name).rglob(f"{node.module}.py")
                known = {found.name for found in ast.walk(ast.parse(path.read_text("utf-8")))
                         if isinstance(found, (ast.ClassDef, ast.FunctionDef,
                                               ast.AsyncFunctionDef))}  # fmt: skip
                assert {alias.name for alias in node.names} <= known


@pytest.mark.parametrize("name", ALL)
def test_blocks_of_data_can_be_read(name):
    yaml = pytest.importorskip("yaml")
    readers = {"yaml": yaml.safe_load, "json": json.loads, "toml": tomllib.loads}
    for kind, text in blocks(ALL[name]):
        if kind in readers:
            assert readers[kind](text)


@pytest.mark.parametrize("name", PAGES)
def test_settings_that_are_written_can_be_read(name, bundle):
    yaml = pytest.importorskip("yaml")

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    readers = {".yaml": lambda text: yaml.load(text, Loader), ".json": json.loads,
               ".toml": tomllib.loads}  # fmt: skip
    for path in (bundle(name) / TARGETS[name].folder).rglob("*"):
        if path.suffix in readers:
            assert readers[path.suffix](path.read_text("utf-8"))
        elif path.suffix == ".sh":
            subprocess.run(["bash", "-n", str(path)], check=True)


@pytest.mark.parametrize("name", ALL)
def test_variables_of_ours_are_known(name):
    for variable in re.findall(r"\bRUBRICC_\w+", ALL[name]):
        assert f'"{variable}"' in SOURCES


@pytest.mark.parametrize("name", PAGES)
def test_versions_are_those_of_the_target_and_of_the_record(name):
    section = PAGES[name].split("## Versions\n")[1]
    run = recorded()[name]
    assert ("replayed" in section) is not run["real"]
    told = re.search(r"Conformance is recorded with [\w .-]*? (\d[\d.]*\d)\b", section)
    assert bool(told) is run["real"]
    if told:
        assert (run["version"] + ".").startswith(told[1] + ".")
    least = re.search(r"The least version is (\d[\w.-]*\w)", section)
    if least:
        assert least[1] == TARGETS[name].least


TRL = """
import json, sys
from importlib import import_module
from trl.cli.accelerate_config import resolve_accelerate_config_argument
from trl.cli.commands import get_commands
name, *words = sys.argv[1:]
assert name in [command.name for command in get_commands()], name
parser = import_module(f"trl.scripts.{name}").make_parser(prog=f"trl {name}")
*_, of_file, of_line = parser.parse_args_and_config(
    words, return_remaining_strings=True, separate_remaining_strings=True
)
from accelerate.commands.launch import launch_command_parser
rest = resolve_accelerate_config_argument([*of_file, *of_line])
launch_command_parser().parse_args([*rest, "script.py"])
"""


def trl_lines():
    return [(name, words[1:]) for name, words in EVERY if words[0] == "trl"]


@pytest.mark.parametrize(("name", "words"), trl_lines(), ids=str)
def test_commands_of_trl_are_understood(name, words, bundle):
    pytest.importorskip("trl")
    pytest.importorskip("accelerate")
    done = subprocess.run(
        [sys.executable, "-P", "-c", TRL, *words],
        cwd=bundle(name), capture_output=True, text=True, check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_there_is_something_to_look_at():
    assert len(ours()) >= len(TARGETS)
    assert [words[:1] for _, words in trl_lines()] == [["grpo"]]
