"""docs/editors.md and the extension for VS Code: what they name is there."""

import importlib
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from rubricdsl.compiler.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "editors.md").read_text("utf-8")
EXTENSION = ROOT / "editors" / "vscode"
PACKAGE = json.loads((EXTENSION / "package.json").read_text("utf-8"))
GRAMMAR = ROOT / "grammars" / "rubric.tmLanguage.json"


def test_every_editor_starts_the_command():
    assert "lsp" in COMMANDS
    started = re.findall(r'"rubricc",? "lsp"', PAGE)
    assert len(started) == 3
    assert PACKAGE["contributes"]["configuration"]["properties"]["rubric.server"]["default"] == [
        "rubricc", "lsp",
    ]  # fmt: skip


def test_the_lines_for_helix_are_toml():
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    settings = tomllib.loads(text)
    server = settings["language-server"]["rubricc"]
    assert [server["command"], *server["args"]] == ["rubricc", "lsp"]
    assert settings["language"][0]["language-servers"] == ["rubricc"]


def test_the_extension_names_what_the_grammar_is_called():
    (language,) = PACKAGE["contributes"]["languages"]
    (grammar,) = PACKAGE["contributes"]["grammars"]
    made = json.loads(GRAMMAR.read_text("utf-8"))
    assert grammar["scopeName"] == made["scopeName"]
    assert grammar["language"] == language["id"]
    assert [ending.removeprefix(".") for ending in language["extensions"]] == made["fileTypes"]
    json.loads((EXTENSION / language["configuration"]).read_text("utf-8"))
    assert (EXTENSION / PACKAGE["main"]).is_file()


def test_a_folder_cannot_set_the_command():
    setting = PACKAGE["contributes"]["configuration"]["properties"]["rubric.server"]
    assert setting["scope"] == "machine"


def test_the_version_is_that_of_the_package():
    assert PACKAGE["version"] == importlib.import_module("rubricdsl.version").__version__


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_packaging_takes_the_grammar_as_it_is(tmp_path):
    subprocess.run(["node", EXTENSION / "prepare.js", tmp_path], check=True)
    assert (tmp_path / "syntaxes/rubric.tmLanguage.json").read_bytes() == GRAMMAR.read_bytes()
    assert (tmp_path / "LICENSE").is_file()
    subprocess.run(["node", "--check", EXTENSION / PACKAGE["main"]], check=True)
