"""A file that is being written is damaged nearly always: no question about it may fail."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.editor.actions import actions
from rubricdsl.editor.completion import completion
from rubricdsl.editor.hover import hover
from rubricdsl.editor.inlays import inlays
from rubricdsl.editor.layout import layout
from rubricdsl.editor.lenses import lenses, run_test
from rubricdsl.editor.outline import folds, outline, search
from rubricdsl.editor.references import definition, in_file, references
from rubricdsl.editor.rename import Refused, renameable, renamed
from rubricdsl.editor.tokens import tokens
from rubricdsl.editor.workspace import Workspace
from rubricdsl.source import library_root

from ...sample import CORE, SAMPLE

FOLDER = Path("/nowhere/at/all")
SAMPLES = {"dermatology/sample.rubric": SAMPLE, "core/basics.rubric": CORE}
LIBRARY = "dermatology/changing_mole.rubric"


def opened(files):
    workspace = Workspace()
    for name, text in files.items():
        workspace.set_text(str(FOLDER / name), text)
    return workspace


def ask_everything(workspace, path, offset):
    text = workspace.text(path)
    completion(workspace, path, offset)
    hover(workspace, path, offset)
    definition(workspace, path, offset)
    in_file(workspace, path, offset)
    references(workspace, path, offset)
    found = renameable(workspace, path, offset)
    if not isinstance(found, Refused):
        assert 0 <= found.start < found.end <= len(text)
    for painted in tokens(workspace, path):
        assert "\n" not in text[painted.start : painted.end]
    for action in actions(workspace, path, 0, len(text)):
        assert all(0 <= span.start <= span.end <= len(text) for span, _ in action.edits)
    for fold in folds(workspace, path):
        assert 0 <= fold.start < fold.end <= len(text)
    outline(workspace, path)
    search(workspace, "a")
    inlays(workspace, path, 0, len(text))
    layout(workspace, path)
    for lens in lenses(workspace, path):
        run_test(workspace, path, lens.number)


@pytest.mark.parametrize("first", range(4))
def test_every_beginning_of_the_sample(first):
    workspace = opened(SAMPLES)
    path = str(FOLDER / "dermatology/sample.rubric")
    for end in range(first * 3, len(SAMPLE), 12):
        workspace.set_text(path, SAMPLE[:end])
        ask_everything(workspace, path, end)


def test_beginnings_of_a_file_of_the_library():
    text = (library_root() / LIBRARY).read_text("utf-8")
    workspace = opened({LIBRARY: text})
    path = str(FOLDER / LIBRARY)
    for end in range(0, len(text), 97):
        workspace.set_text(path, text[:end])
        ask_everything(workspace, path, end)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_files_with_parts_cut_out_and_put_in(data):
    text = SAMPLE
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        new = data.draw(
            st.sampled_from(["", "{", "}", '"', "(", "\r", "\U0001f9d1", "\u2028", "#"])
        )
        text = text[:start] + new + text[start + length :]
    workspace = opened(SAMPLES | {"dermatology/sample.rubric": text})
    path = str(FOLDER / "dermatology/sample.rubric")
    offset = data.draw(st.integers(0, len(text)))
    ask_everything(workspace, path, offset)
    found = renamed(workspace, path, offset, "another_name")
    assert isinstance(found, Refused) or found.edits


def test_a_file_that_cannot_be_read_has_nothing_in_it():
    workspace = Workspace()
    ask_everything(workspace, "/nowhere/at/all.rubric", 0)
    workspace.set_text("/nowhere/big.rubric", "x" * 4_000_001)
    assert [d.code for d in workspace.check("/nowhere/big.rubric").diagnostics] == ["R0002"]
    assert tokens(workspace, "/nowhere/big.rubric") == []
