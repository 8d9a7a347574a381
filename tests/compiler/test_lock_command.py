"""`rubricc lock` and `--locked`, from a first lock to a change that is looked at."""

import pytest

from rubricdsl.compiler.cli import main

CORE = """\
rubric core.base version "1.0.0"
title "Base"
purpose evaluation
safety { veto harm forbids "Does harm." }
"""
ONE = """\
rubric a.one version "1.0.0"
title "One"
purpose evaluation
include core.base version "1.0.0" called base
safety { use base.harm }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("core/base", CORE), ("a/one", ONE)):
        path = tmp_path / "r" / f"{name}.rubric"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return tmp_path


def change(folder, old, new):
    path = folder / "r" / "core" / "base.rubric"
    path.write_text(path.read_text().replace(old, new))


def test_a_lock_from_beginning_to_end(folder, capsys):
    assert main(["check", "r", "--locked"]) == 1
    assert "error[R0320]: the lock file cannot be used: no such file" in capsys.readouterr().err
    assert main(["lock", "r"]) == 0
    assert capsys.readouterr().err == "rubrics.lock: 1 pin, 1 changed\n"
    lines = (folder / "rubrics.lock").read_text().splitlines()
    assert lines[-1].startswith('"core.base" = { version = "1.0.0", hash = "sha256:')
    for command in (["check", "r"], ["test", "r"], ["compile", "r", "--out", "out"]):
        assert main([*command, "--locked"]) == 0, command
    change(folder, "safety {", "# A comment.\nsafety {\n\n")
    assert main(["check", "r", "--locked"]) == 0
    assert main(["lock", "r", "--check"]) == 0
    change(folder, "Does harm", "Does great harm")
    capsys.readouterr()
    for command in (["check", "r"], ["test", "r"], ["compile", "r", "--out", "out"]):
        assert main([*command, "--locked"]) == 1, command
        assert "error[R0318]: `core.base` means something else" in capsys.readouterr().err
    assert main(["check", "r"]) == 0
    capsys.readouterr()
    assert main(["lock", "r", "--check"]) == 1
    assert capsys.readouterr().err == "core.base has changed\n"
    assert main(["lock", "r"]) == 0
    assert main(["check", "r", "--locked"]) == 0


def test_what_is_new_and_what_is_not_needed(folder, capsys):
    (folder / "r" / "core" / "base.rubric").rename(folder / "r" / "core" / "root.rubric")
    path = folder / "r" / "core" / "root.rubric"
    path.write_text(CORE.replace("core.base", "core.root"))
    one = folder / "r" / "a" / "one.rubric"
    one.write_text(ONE.replace("core.base", "core.root"))
    assert main(["lock", "r", "--lock", "my.lock"]) == 0
    one.write_text(ONE.replace("core.base", "core.new"))
    (folder / "r" / "core" / "new.rubric").write_text(CORE.replace("core.base", "core.new"))
    capsys.readouterr()
    assert main(["lock", "r", "--check", "--lock", "my.lock"]) == 1
    assert capsys.readouterr().err == "core.new is new\ncore.root is not needed\n"
    assert main(["check", "r", "--locked", "--lock", "my.lock"]) == 1
    assert "error[R0319]: `core.new` is not in the lock file" in capsys.readouterr().err


def test_nothing_is_locked_where_there_are_errors(folder, capsys):
    change(folder, "forbids", "forbid")
    assert main(["lock", "r"]) == 1
    assert not (folder / "rubrics.lock").exists()


def test_a_lock_that_was_changed_by_hand(folder, capsys):
    assert main(["lock", "r"]) == 0
    lock = folder / "rubrics.lock"
    lock.write_text(lock.read_text() + "\n# mine\n")
    assert main(["check", "r", "--locked"]) == 0
    assert main(["lock", "r", "--check"]) == 1
    assert capsys.readouterr().err.endswith("rubrics.lock is not as it would be written\n")
    lock.write_text("no lock")
    assert main(["lock", "r", "--check"]) == 1
    assert "it is not TOML" in capsys.readouterr().err
    assert main(["lock", "r"]) == 0
    assert main(["lock", "r", "--check"]) == 0
