"""Many files: the same findings as one after the other, with processes and with a cache."""

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricdsl.checking import cache as cache_module
from rubricdsl.checking import many, reuse
from rubricdsl.checking.cache import Cache, default_folder
from rubricdsl.checking.many import check_many
from rubricdsl.checking.record import read_report, report_json
from rubricdsl.checking.work import reports_of
from rubricdsl.passes import check_paths

from .test_diagnostics import CASES, FOLDER, divided


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few files are many, and a file may be trusted as soon as it is written."""
    monkeypatch.setattr(many, "FEW", 0)
    monkeypatch.setattr(reuse, "SHARE", 3)
    monkeypatch.setattr(reuse, "RACY", -(10**12))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r").mkdir()
    return tmp_path / "r"


def text(name, *lines, weight=2):
    body = f'criterion one weight {weight} requires "One." met "A." unmet "B."'
    return "\n".join([f'rubric {name} version "1.0.0"', 'title "T"', *lines,
                      f"proficiency {{ {body} }}", ""])  # fmt: skip


def write(folder, files):
    for name, content in files.items():
        path = folder / f"{name.replace('.', '/')}.rubric"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


def agree(folder, **options):
    """What is found, which is the same as without processes and cache; and how much was known."""
    found = check_many(["r"], folder=folder.parent / "cache", **options)
    assert found.diagnostics == check_paths(["r"]).diagnostics
    return found


LINKED = {
    "core": text("core"),
    "a": text("a", 'include core version "1.0.0" called c'),
    "b": text("b", 'include core version "1.0.0" called c', 'include a version "1.0.0" called d'),
    "d": text("d"),
    "e": text("e", "tag 5"),
}


def test_a_second_run_knows_everything(folder):
    write(folder, LINKED)
    first = agree(folder, workers=1)
    assert (first.known, first.files) == (0, 5)
    assert [d.code for d in first.diagnostics] == ["R0101"]
    second = agree(folder, workers=1)
    assert (second.known, second.files) == (5, 5)
    assert second.diagnostics == first.diagnostics


@pytest.mark.parametrize(
    ("name", "content", "known"),
    [
        ("d", text("d", weight=3), 4),
        ("core", text("core", "tag 5"), 2),
        ("core", text("core", weight=3), 2),
        ("a", text("a"), 3),
        ("f", text("f"), 5),
        ("f", text("core"), 5),
    ],
)
def test_only_what_has_changed_is_read_again(folder, name, content, known):
    write(folder, LINKED)
    agree(folder, workers=1)
    write(folder, {name: content})
    assert agree(folder, workers=1).known == known
    assert agree(folder, workers=1).known == len(list(folder.iterdir()))


def test_a_file_that_goes_or_comes_back(folder):
    write(folder, LINKED)
    agree(folder)
    (folder / "core.rubric").rename(folder / "core.away")
    assert any(d.code == "R0301" for d in agree(folder).diagnostics)
    (folder / "core.away").rename(folder / "core.rubric")
    agree(folder)


def test_an_include_that_would_lead_elsewhere(folder):
    write(folder, LINKED)
    write(folder.parent, {"more.x.lib": text("x.lib")})
    write(folder, {"u": text("u", 'include x.lib version "1.0.0" called l')})
    search = ["more"]
    options = {"folder": folder.parent / "cache", "workers": 1}
    assert check_many(["r"], search, **options).known == 0
    assert check_many(["r"], search, **options).known == 6
    write(folder, {"x.lib": text("x.lib").replace("1.0.0", "2.0.0")})
    found = check_many(["r"], search, **options)
    assert found.diagnostics == check_paths(["r"], search).diagnostics
    assert "R0303" in [d.code for d in found.diagnostics]


def test_the_same_content_with_other_times_is_known(folder):
    write(folder, LINKED)
    agree(folder)
    for file in folder.iterdir():
        os.utime(file, ns=(1, 1))
    assert agree(folder).known == 5


def test_a_change_within_the_grain_of_the_clock_is_seen(folder, monkeypatch):
    """A file that has just been written is hashed, whatever its times say."""
    monkeypatch.setattr(reuse, "RACY", 10**15)
    write(folder, LINKED)
    agree(folder)
    kept = json.loads(next((folder.parent / "cache").iterdir()).read_text())["entries"]
    assert {entry[0] for entry in kept.values()} == {None}
    assert agree(folder).known == 5


def test_circles_and_two_paths_are_left_to_one_process(folder):
    write(folder, LINKED | {
        "p": text("p", 'include q version "1.0.0" called x'),
        "q": text("q", 'include p version "1.0.0" called x'),
    })  # fmt: skip
    for _ in range(2):
        found = agree(folder)
        assert found.known == 0
        assert "R0302" in [d.code for d in found.diagnostics]
    (folder / "q.rubric").unlink()
    agree(folder)
    (folder / "link.rubric").symlink_to("a.rubric")
    assert agree(folder).known == 0


def test_a_circle_among_files_that_were_not_asked_for(folder):
    """Which of two files refuses the other depends on who is read first."""
    write(folder.parent, {
        "more.p": text("p", 'include q version "1.0.0" called x'),
        "more.q": text("q", 'include p version "1.0.0" called x'),
    })  # fmt: skip
    names = ("p", "q", "q", "p", "q", "p")
    write(folder, {
        f"u{n}": text(f"u{n}", f'include {name} version "1.0.0" called x')
        for n, name in enumerate(names)
    })  # fmt: skip
    for _ in range(2):
        found = check_many(["r"], ["more"], folder=folder.parent / "cache", workers=2)
        assert found.diagnostics == check_paths(["r"], ["more"]).diagnostics


def test_a_deep_chain(folder):
    for k in range(40):
        line = f'include n{k + 1:02} version "1.0.0" called x' if k < 39 else ""
        write(folder, {f"n{k:02}": text(f"n{k:02}", line)})
    assert "R0317" in [d.code for d in agree(folder).diagnostics]
    agree(folder)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_diagnostic_is_told_the_same(folder, workers):
    for name in CASES:
        for path, content in divided((FOLDER / f"{name}.rubric").read_text("utf-8")).items():
            target = folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, "utf-8")
    (folder / "bad.rubric").write_bytes(b"\xff")
    found = [
        check_many([f"r/{name}"], folder=folder.parent / "cache", workers=workers).diagnostics
        for name in CASES
        for _ in range(2)
    ]
    expected = [check_paths([f"r/{name}"]).diagnostics for name in CASES]
    plain = [tuple(d for d in diagnostics if d.code != "R0610") for diagnostics in found]
    assert plain[::2] == expected
    assert found[::2] == found[1::2]
    assert agree_but_promises(folder, workers=workers)


def agree_but_promises(folder, **options):
    found = check_many(["r"], folder=folder.parent / "cache", **options).diagnostics
    return tuple(d for d in found if d.code != "R0610") == check_paths(["r"]).diagnostics


@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcde"),
            st.none() | st.tuples(st.sets(st.sampled_from("abcde"), max_size=2), st.booleans()),
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_whatever_is_done_to_files(folder, changes):
    shutil.rmtree(folder)
    folder.mkdir()
    write(folder, {"z": text("z")})
    for name, change in changes:
        if change is None:
            (folder / f"{name}.rubric").unlink(missing_ok=True)
        else:
            others, is_broken = change
            lines = [f'include {o} version "1.0.0" called x_{o}' for o in sorted(others)]
            write(folder, {name: text(name, *lines, *(["tag 5"] if is_broken else []))})
        agree(folder, workers=1)


def test_reports_survive_json(folder):
    write(folder, LINKED)
    for report in reports_of(["r/a.rubric", "r/e.rubric"], []):
        assert read_report(report.path, json.loads(json.dumps(report_json(report)))) == report


# A cache that is not what it should be


def only_file(folder) -> Path:
    return next((folder.parent / "cache").glob("check-*.json"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"\xff\x00"),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_text('{"entries": []}'),
        lambda file: file.write_text('{"entries": {"r/a.rubric": 5}}'),
        lambda file: file.write_text(file.read_text()[:-40]),
        lambda file: file.write_text(file.read_text().replace('"R0101"', '"R9999"')),
        lambda file: file.write_text(file.read_text().replace("null", "true")),
        lambda file: file.chmod(0o622) or file.parent.chmod(0o777),
        lambda file: (file.rename(file.parent / "x"), file.symlink_to("x")),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), os.mkfifo(file)),
    ],
)
def test_a_damaged_cache_is_no_cache(folder, damage):
    write(folder, LINKED)
    agree(folder)
    damage(only_file(folder))
    agree(folder)


def test_a_folder_that_is_a_link_is_not_used(folder):
    write(folder, LINKED)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (folder.parent / "cache").symlink_to(elsewhere)
    agree(folder)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_cannot_be_made(folder):
    write(folder, LINKED)
    (folder.parent / "cache").write_text("a file")
    assert agree(folder).known == 0
    assert agree(folder).known == 0


def test_without_a_cache_nothing_is_kept(folder):
    write(folder, LINKED)
    assert agree(folder, cache=False).known == 0
    assert not (folder.parent / "cache").exists()


def test_a_changed_program_asks_anew(folder, monkeypatch):
    write(folder, LINKED)
    agree(folder)
    monkeypatch.setattr(cache_module, "_program", lambda: "another")
    assert agree(folder).known == 0


def test_the_cache_has_a_size(folder, monkeypatch):
    monkeypatch.setattr(cache_module, "MOST_ENTRIES", 2)
    write(folder, LINKED)
    agree(folder)
    assert agree(folder).known <= 2
    monkeypatch.setattr(cache_module, "MOST_BYTES", 10)
    only_file(folder).unlink()
    agree(folder)
    assert list((folder.parent / "cache").iterdir()) == []


def test_the_oldest_files_of_the_cache_go(folder, monkeypatch):
    monkeypatch.setattr(cache_module, "MOST_FILES", 2)
    write(folder, LINKED)
    for roots in ([], ["."], ["r"]):
        check_many(["r"], roots, folder=folder.parent / "cache")
    assert len(list((folder.parent / "cache").iterdir())) == 2


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("RUBRICC_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("RUBRICC_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "rubricc"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() is None


def test_runs_at_the_same_time_leave_a_whole_file(folder):
    write(folder, LINKED)
    agree(folder)
    store = Cache(folder.parent / "cache", [])
    entries = store.load()
    drafts = [Cache(folder.parent / "cache", []) for _ in range(3)]
    for draft in drafts:
        draft.save(entries, entries)
    assert store.load() == entries
    assert [file.name for file in (folder.parent / "cache").iterdir()] == [only_file(folder).name]


@pytest.mark.parametrize("refused", [OSError, ImportError])
def test_where_no_process_can_be_started(folder, monkeypatch, refused):
    def none(*_, **__):
        raise refused("no semaphores here")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", none)
    write(folder, LINKED)
    assert agree(folder, workers=2).known == 0
    assert agree(folder, workers=2).known == 5
