"""`rubricc diff`: files, folders and revisions, stored rows, versions, and wrong use."""

import json
import os
import shutil
import subprocess

import pytest

from rubricdsl.compiler.cli import main

OLD = """\
rubric a.one version "1.0.0"

title "One"
purpose evaluation

safety {
  veto harm critical
    forbids "Does harm."
}

proficiency {
  criterion left weight 3
    requires "Is left."

  criterion right weight 1
    requires "Is right."
}
"""
NEW = OLD.replace("left weight 3", "left weight 1").replace("right weight 1", "right weight 2")
ROW = {
    "id": "row 1",
    "rubric": "a.one",
    "prompt": "Where?",
    "responses": [
        {"id": "l", "text": "x", "verdicts": {"harm": "unmet", "left": "met", "right": "unmet"}},
        {"id": "r", "text": "y", "verdicts": {"harm": "unmet", "left": "unmet", "right": "met"}},
    ],
}

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.rubric").write_text(OLD)
    (tmp_path / "new.rubric").write_text(NEW)
    return tmp_path


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Two commits: a core and a rubric that uses it; then the core changed."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "r" / "a").mkdir(parents=True)
    (tmp_path / "r" / "core").mkdir()
    core = 'rubric core.b version "1.0.0" title "B" purpose evaluation\n'
    core += 'safety { veto harm forbids "Does harm." }\n'
    (tmp_path / "r" / "core" / "b.rubric").write_text(core)
    uses = OLD.replace(
        "safety {", 'include core.b version "1.0.0" called b\nsafety {\n  use b.harm'
    )
    uses = uses.replace('  veto harm critical\n    forbids "Does harm."\n', "")
    (tmp_path / "r" / "a" / "one.rubric").write_text(uses)
    git("init", "-q")
    git("add", ".")
    commit("one")
    (tmp_path / "r" / "core" / "b.rubric").write_text(core.replace("Does harm", "Does great harm"))
    git("add", ".")
    commit("two")
    return tmp_path


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit(message):
    git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", message)


def test_two_files(folder, capsys):
    assert main(["diff", "old.rubric", "new.rubric"]) == 0
    shown = capsys.readouterr()
    assert shown.out == (
        "a.one 1.0.0 → 1.0.0\n"
        "  minor  weight `left`: 3 → 1\n"
        "  minor  weight `right`: 1 → 2\n"
        "  = a minor step follows: version 1.1.0 or later, and the file says 1.0.0\n\n"
    )
    assert shown.err == "1 changed, 0 the same\n"


def test_layout_and_comments_are_nothing(folder, capsys):
    (folder / "new.rubric").write_text("# A comment.\n" + OLD.replace("\n\n", "\n"))
    assert main(["diff", "old.rubric", "new.rubric", "--require-version-step"]) == 0
    assert capsys.readouterr() == ("", "0 changed, 1 the same\n")


@pytest.mark.parametrize(("version", "code"), [("1.0.9", 1), ("1.1.0", 0), ("2.0.0", 0)])
def test_the_version_may_be_required(folder, capsys, version, code):
    (folder / "new.rubric").write_text(NEW.replace("1.0.0", version))
    assert main(["diff", "old.rubric", "new.rubric", "--require-version-step"]) == code
    told = "rubricc diff: a.one has version 1.0.9, and its changes ask for 1.1.0\n"
    assert (told in capsys.readouterr().err) == bool(code)


def test_folders_are_paired_by_name(folder, capsys):
    for name, files in (("x", {"a": OLD, "b": OLD.replace("a.one", "a.two")}),
                        ("y", {"c": NEW, "d": OLD.replace("a.one", "a.three")})):  # fmt: skip
        (folder / name).mkdir()
        for file, text in files.items():
            (folder / name / f"{file}.rubric").write_text(text)
    assert main(["diff", "x", "y", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["added"], found["removed"]) == (["a.three"], ["a.two"])
    (one,) = found["rubrics"]
    assert one["old"]["name"] == "a.one"
    assert one["old"]["hash"] != one["new"]["hash"]
    assert one["changes"][0] == {
        "kind": "weight", "about": "left", "step": "minor", "old": "3", "new": "1",
    }  # fmt: skip
    assert (one["step"], one["needed_version"], one["version_is_enough"]) == (
        "minor", "1.1.0", False,
    )  # fmt: skip


def test_stored_rows_that_change_places(folder, capsys):
    other = {**ROW, "id": "row 2", "rubric": "another.rubric"}
    (folder / "rows.jsonl").write_text(f"{json.dumps(ROW)}\n{json.dumps(other)}\n")
    command = ["diff", "old.rubric", "new.rubric", "--data", "rows.jsonl"]
    assert main(command) == 0
    assert capsys.readouterr().out.endswith(
        "  data: 1 rows with 2 sheets; 2 have another key or reward, 1 pairs compare otherwise\n"
        "    row 1: l and r, by order and reward\n"
        "      l: key (0, 0, 0, 15, 0), reward 7/4 → key (0, 0, 0, 7, 0), reward 27/20\n"
        "      r: key (0, 0, 0, 5, 0), reward 5/4 → key (0, 0, 0, 13, 0), reward 33/20\n\n"
    )
    assert main([*command, "--format", "json"]) == 0
    (flip,) = json.loads(capsys.readouterr().out)["rubrics"][0]["data"]["flips"]
    assert flip["row"] == "row 1"
    assert [r["id"] for r in flip["responses"]] == ["l", "r"]
    assert flip["responses"][0]["old"] == {"key": [0, 0, 0, 15, 0], "reward": "7/4"}


def test_rows_for_the_newer_version_are_read_too(folder, capsys):
    new = OLD.replace("criterion right", "criterion straight")
    (folder / "new.rubric").write_text(new)
    (folder / "rows.jsonl").write_text(json.dumps(ROW).replace('"right"', '"straight"') + "\n")
    assert main(["diff", "old.rubric", "new.rubric", "--data", "rows.jsonl"]) == 0
    assert "1 rows with 2 sheets; 1 have another" in capsys.readouterr().out


def test_rows_that_fit_neither_are_told(folder, capsys):
    (folder / "rows.jsonl").write_text(json.dumps(ROW).replace('"right"', '"wrong"') + "\n")
    assert main(["diff", "old.rubric", "new.rubric", "--data", "rows.jsonl"]) == 1
    assert "a.one has no criterion `wrong`" in capsys.readouterr().err


def test_a_rubric_with_errors_is_told(folder, capsys):
    (folder / "new.rubric").write_text(NEW.replace("weight 2", ""))
    assert main(["diff", "old.rubric", "new.rubric"]) == 1
    assert "error[R0203]" in capsys.readouterr().err


@pytest.mark.parametrize("what", [["old.rubric"], ["old.rubric", "gone.rubric"],
                                  ["old.rubric", "empty"],
                                  ["old.rubric", "new.rubric", "old.rubric"]])  # fmt: skip
def test_what_is_no_pair(folder, capsys, what):
    assert main(["diff", *what]) == 2
    assert capsys.readouterr().err.startswith("rubricc diff: ")


@needs_git
def test_a_revision_and_what_is_there_now(repository, capsys):
    assert main(["diff", "HEAD~1", "--", "r"]) == 0
    out = capsys.readouterr().out
    assert "  minor  reworded `harm`: Does harm. → Does great harm.\n" in out
    # The include as it was then, too:
    assert out.count("reworded `harm`") == 2
    assert main(["diff", "--require-version-step", "HEAD", "--", "r/a/one.rubric"]) == 0


@needs_git
def test_two_revisions_a_file_that_is_gone_and_another_folder(repository, capsys, monkeypatch):
    (repository / "r" / "a" / "one.rubric").unlink()
    git("add", "-A")
    commit("three")
    assert main(["diff", "HEAD~2", "HEAD~1", "--", "r/a/one.rubric"]) == 0
    assert "Does great harm" in capsys.readouterr().out
    assert main(["diff", "HEAD~1", "HEAD", "--", "r/a/one.rubric"]) == 0
    assert capsys.readouterr().out == "removed a.one\n"
    monkeypatch.chdir(repository / "r" / "core")
    assert main(["diff", "HEAD~2", "--", "."]) == 0
    assert "core.b 1.0.0 → 1.0.0" in capsys.readouterr().out


@needs_git
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (["HEAD~9", "--", "r"], "there is no revision 'HEAD~9'"),
        (["HEAD~1", "--", "../x"], "'../x' is outside the repository"),
        (["HEAD~1", "--", "nothing"], "there are no rubrics at 'nothing'"),
        (["HEAD", "HEAD~1", "HEAD", "--", "r"], "there are no rubrics at 'HEAD'"),
        (["HEAD~1"], "name the paths behind the revision"),
    ],
)
def test_git_that_is_used_wrongly(repository, capsys, what, said):
    assert main(["diff", *what]) == 2
    assert said in capsys.readouterr().err


@needs_git
def test_outside_of_a_repository(folder, capsys, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    assert main(["diff", "HEAD~1", "--", "old.rubric"]) == 2
    assert "this folder is in no Git repository" in capsys.readouterr().err


def test_without_git(folder, capsys, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    assert main(["diff", "HEAD~1", "--", "old.rubric"]) == 2
    assert "the program `git` was not found" in capsys.readouterr().err


@needs_git
def test_links_of_a_revision_are_not_followed(repository, capsys):
    outside = repository.parent / f"{repository.name}.rubric"
    outside.write_text(OLD)
    (repository / "r" / "link.rubric").symlink_to(outside)
    git("add", ".")
    commit("a link")
    assert main(["diff", "HEAD~1", "HEAD", "--", "r"]) == 0
    assert capsys.readouterr().err == "0 changed, 2 the same\n"
