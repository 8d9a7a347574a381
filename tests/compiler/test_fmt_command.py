"""`rubricc fmt` as a user runs it: what is written, what stays, exit codes."""

import os
import stat

import pytest

from rubricdsl.compiler.cli import main

UGLY = 'rubric a version "1.0.0" title "A" # why\nsafety { veto b forbids "x" }\n'
NEAT = """\
rubric a version "1.0.0"

title "A"  # why

safety {
  veto b
    forbids "x"
}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.rubric").write_text(UGLY)
    return tmp_path / "a.rubric"


def test_a_file_is_rewritten_and_then_left_alone(file, capsys):
    assert main(["fmt"]) == 0
    assert file.read_text() == NEAT
    assert capsys.readouterr().err == "1 changed\n"
    before = file.stat().st_mtime_ns
    assert main(["fmt", "a.rubric"]) == 0
    assert capsys.readouterr().err == "1 fine\n"
    assert file.stat().st_mtime_ns == before
    assert [path.name for path in file.parent.iterdir()] == ["a.rubric"]


def test_check_writes_nothing_and_fails(file, capsys):
    assert main(["fmt", "--check", "a.rubric"]) == 1
    assert file.read_text() == UGLY
    assert capsys.readouterr().err == "a.rubric would be changed\n1 would be changed\n"
    file.write_text(NEAT)
    assert main(["fmt", "--check", "a.rubric"]) == 0


def test_diff_shows_what_would_change(file, capsys):
    assert main(["fmt", "--diff", "a.rubric"]) == 0
    assert file.read_text() == UGLY
    out = capsys.readouterr().out
    assert '-rubric a version "1.0.0" title "A" # why\n' in out
    assert '+title "A"  # why\n' in out
    assert main(["fmt", "--diff", "--check", "a.rubric"]) == 1


def test_standard_input(monkeypatch, capsys, tmp_path):
    (tmp_path / "in").write_text(UGLY)
    with (tmp_path / "in").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == NEAT


def test_standard_input_stands_alone(file, capsys):
    assert main(["fmt", "-", "a.rubric"]) == 2
    assert "`-` stands alone" in capsys.readouterr().err


def test_a_file_with_errors_of_syntax_stays_and_the_others_do_not(file, capsys):
    damaged = UGLY.replace("title", "titel")
    file.with_name("b.rubric").write_text(damaged)
    assert main(["fmt", "."]) == 1
    assert file.with_name("b.rubric").read_text() == damaged
    assert file.read_text() == NEAT
    said = capsys.readouterr().err
    assert "error[R0107]: `titel` is not understood here" in said
    assert said.endswith("1 changed, 1 left as it was\n")


def test_an_include_that_is_missing_is_no_matter_of_layout(file):
    text = UGLY.replace('title "A"', 'title "A" include none.there version "1.0.0" called x')
    file.write_text(text)
    assert main(["fmt", "a.rubric"]) == 0
    assert "include none.there" in file.read_text()


def test_what_would_change_the_meaning_is_refused(file, capsys, monkeypatch):
    wrong = NEAT.replace("# why", "# how")
    monkeypatch.setattr("rubricdsl.formatting.format.render", lambda _: wrong)
    assert main(["fmt", "a.rubric"]) == 1
    assert file.read_text() == UGLY
    said = capsys.readouterr().err
    assert said.startswith("rubricc fmt: a.rubric:1:1: comment 1 would be lost or moved: # why\n")


def test_line_ends_become_lf_and_a_mark_at_the_start_goes(file):
    file.write_bytes(b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode())
    assert main(["fmt", "--check", "a.rubric"]) == 1
    assert main(["fmt", "a.rubric"]) == 0
    assert file.read_bytes() == NEAT.encode()


def test_rights_and_links_stay(file):
    file.chmod(0o640)
    link = file.with_name("link.rubric")
    link.symlink_to(file)
    assert main(["fmt", "link.rubric"]) == 0
    assert link.is_symlink()
    assert file.read_text() == NEAT
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_failed_write_leaves_the_file(file, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert main(["fmt", "a.rubric"]) == 1
    assert file.read_text() == UGLY
    assert [path.name for path in file.parent.iterdir()] == ["a.rubric"]
    assert "no space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"\xff\xfe", None])
def test_what_cannot_be_read_is_said(file, capsys, data):
    if data is None:
        file.unlink()
    else:
        file.write_bytes(data)
    assert main(["fmt", "a.rubric"]) == 1
    assert "error[R000" in capsys.readouterr().err
