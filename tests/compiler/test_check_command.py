"""`rubricc check` and `rubricc test` as a user runs them: exit codes, what is printed, how fast."""

import json
import os
import subprocess
import sys

import pytest

FINE = """\
rubric fine version "1.0.0"
title "Fine"
safety {
  veto harm critical
    forbids "Does harm."
    met "This does harm." unmet "This does none."
}
test "harm loses" {
  response bad { harm: met }
  response good { harm: unmet }
  expect good over bad because harm
}
"""
RUN = "import sys; from rubricdsl.compiler.cli import main; sys.exit(main())"


@pytest.fixture
def rubricc(tmp_path):
    """Run the command in a folder of its own."""

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", RUN, *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    (tmp_path / "fine.rubric").write_text(FINE)
    return run


def test_a_fine_file(rubricc):
    done = rubricc("check", "fine.rubric")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 file fine\n")


def test_errors_are_told_and_fail(rubricc, tmp_path):
    (tmp_path / "bad.rubric").write_text(FINE.replace("critical", "critical weight 3"))
    done = rubricc("check", ".")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error[R0205]: a veto carries no weight\n  ┌─ bad.rubric:4:22\n")
    assert done.stderr.endswith("1 error\n")


def test_a_reward_that_loses_its_order(rubricc, tmp_path):
    for penalty, code in (("0", 1), ("2", 0)):
        text = FINE + f"reward promedical penalty {penalty}\n"
        (tmp_path / "fine.rubric").write_text(text)
        done = rubricc("check", "fine.rubric", "--format", "json")
        assert done.returncode == code
        told = json.loads(done.stdout)
        assert [d["code"] for d in told] == ["R0610"] * code


def test_other_rewards_are_not_proved_by_check(tmp_path):
    """The time of a check goes into reading; `compile` proves."""
    rewards = ("gated", "promedical", "weighted safety 3")
    paths = [tmp_path / f"r{place}.rubric" for place in range(len(rewards))]
    for place, reward in enumerate(rewards):
        text = FINE.replace("rubric fine", f"rubric r{place}") + f"reward {reward}\n"
        paths[place].write_text(text)
    program = (
        "import sys; from rubricdsl.compiler.cli import main; code = main(['check', *sys.argv[1:]])"
        "; sys.exit(code or 'rubricdsl.analysis.certify' in sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-P", "-c", program, *map(str, paths)],
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


def test_warnings_fail_only_when_strict(rubricc, tmp_path):
    (tmp_path / "fine.rubric").write_text(FINE.replace(' unmet "This does none."', ""))
    assert rubricc("check", "fine.rubric").returncode == 0
    strict = rubricc("check", "fine.rubric", "--strict")
    assert strict.returncode == 1
    assert strict.stderr.startswith("warning[R0217]")


def test_json_goes_to_standard_output(rubricc, tmp_path):
    assert json.loads(rubricc("check", "fine.rubric", "--format", "json").stdout) == []
    (tmp_path / "bad.rubric").write_text(FINE.replace("safety", "safty").replace("fine", "bäd"))
    done = rubricc("check", "bad.rubric", "fine.rubric", "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    assert [(d["code"], d["path"], d["line"]) for d in json.loads(done.stdout)] == [
        ("R0103", "bad.rubric", 1), ("R0107", "bad.rubric", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("args", [[], ["check"], ["check", "--format", "xml", "x"], ["chekc", "x"]])
def test_wrong_use(rubricc, args):
    done = rubricc(*args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "path", ["nowhere.rubric", "empty", "\udcff.rubric", "fine.rubric/x", "/dev/zero"]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_files_that_cannot_be_read(rubricc, tmp_path, path, form):
    (tmp_path / "empty").mkdir()
    done = rubricc("check", path, "--format", form)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ("R0003" in done.stderr + done.stdout) != (path == "empty")


def test_a_terminal_that_cannot_show_everything(rubricc, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (tmp_path / "bad.rubric").write_text(FINE.replace("harm critical", "schädlich critical"))
    for form in ("text", "json"):
        done = rubricc("check", "bad.rubric", "--format", form)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_help_shows_examples(rubricc):
    assert "rubricc check rubrics/" in rubricc("check", "--help").stdout
    assert rubricc("check", "--help").returncode == 0


def test_passing_tests(rubricc):
    done = rubricc("test", "fine.rubric")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 passed, 0 failed\n")
    told = rubricc("test", "fine.rubric", "--verbose").stdout
    assert told.splitlines() == [
        "ok   fine.rubric: harm loses",
        "       `good` is better than `bad` because of harm",
    ]


def test_failing_tests(rubricc, tmp_path):
    (tmp_path / "fine.rubric").write_text(FINE.replace("good over bad", "bad over good"))
    done = rubricc("test", ".")
    assert done.returncode == 1
    assert done.stderr.startswith(
        'error[R0705]: the test "harm loses" fails: `good` is better than'
    )
    assert done.stderr.endswith("0 passed, 1 failed\n")
    value = json.loads(rubricc("test", ".", "--format", "json").stdout)
    assert value["diagnostics"] == []
    (test,) = value["tests"]
    assert (test["test"], test["passed"], test["path"], test["line"]) == (
        "harm loses", False, "fine.rubric", 11,
    )  # fmt: skip


def test_tests_of_a_rubric_with_errors_fail(rubricc, tmp_path):
    (tmp_path / "fine.rubric").write_text(FINE.replace("critical", "crucial"))
    done = rubricc("test", ".")
    assert done.returncode == 1
    assert "R0107" in done.stderr or "R0101" in done.stderr


def test_a_check_loads_no_heavy_library():
    code = (
        "import sys, rubricdsl.compiler.commands.check, rubricdsl.compiler.commands.test\n"
        "heavy = {'torch', 'pydantic', 'jinja2', 'lark', 'numpy', 'pyarrow', 'transformers'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_formats_for_machines(rubricc, tmp_path):
    (tmp_path / "bad.rubric").write_text(FINE.replace("critical", "critical weight 3"))
    for command in ("check", "test"):
        done = rubricc(command, "bad.rubric", "--format", "sarif")
        assert (done.returncode, done.stderr.partition("\n")[0]) in (
            (1, ""),
            (1, "0 passed, 0 failed; 1 file has errors"),
        )
        assert [r["ruleId"] for r in json.loads(done.stdout)["runs"][0]["results"]] == ["R0205"]
        done = rubricc(command, "bad.rubric", "--format", "github")
        assert done.returncode == 1
        assert done.stdout.startswith("::error title=R0205,file=bad.rubric,line=4,")
        assert done.stdout.count("\n") == 1


def test_a_test_that_fails_is_an_annotation(rubricc, tmp_path):
    (tmp_path / "bad.rubric").write_text(FINE.replace("good over bad", "bad over good"))
    done = rubricc("test", "bad.rubric", "--format", "github")
    assert done.returncode == 1
    assert done.stdout.startswith("::error title=R0705,file=bad.rubric,line=11,")
