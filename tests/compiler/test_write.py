"""The folder: whole or not at all, and never over anything that was not ours."""

import hashlib
import json
import os

import pytest

from rubricdsl.compiler.write import MANIFEST, WriteError, whole_folder


def make(out, **files):
    with whole_folder(out) as draft:
        for path, text in files.items():
            draft.append(path, text.encode())
        draft.append(MANIFEST, json.dumps({"files": {path: {} for path in files}}).encode())


def stopped(out, error):
    with whole_folder(out) as draft:
        draft.append("a.txt", b"half")
        raise error


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_files_grow_in_any_order_and_are_described(tmp_path):
    with whole_folder(tmp_path / "out") as draft:
        for n in range(3):
            for i in range(50):  # more files than are kept open
                draft.append(f"d/{i}.jsonl", f"{n}\n".encode())
        draft.append("empty.txt", b"")
        entries = draft.entries()
    assert (tmp_path / "out" / "d" / "7.jsonl").read_text() == "0\n1\n2\n"
    assert entries["d/7.jsonl"].sha256 == hashlib.sha256(b"0\n1\n2\n").hexdigest()
    assert (entries["d/7.jsonl"].bytes, entries["d/7.jsonl"].rows) == (6, 3)
    assert (entries["empty.txt"].bytes, entries["empty.txt"].rows) == (0, None)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError, WriteError])
def test_a_run_that_stops_leaves_nothing(tmp_path, stop):
    with pytest.raises(stop):
        stopped(tmp_path / "out", stop)
    assert names(tmp_path) == []


def test_a_run_that_stops_leaves_the_old_bundle(tmp_path):
    make(tmp_path / "out", **{"a.txt": "old"})
    with pytest.raises(RuntimeError):
        stopped(tmp_path / "out", RuntimeError)
    assert names(tmp_path) == ["out", "out/a.txt", "out/manifest.json"]
    assert (tmp_path / "out" / "a.txt").read_text() == "old"


def test_a_bundle_is_replaced_as_a_whole(tmp_path):
    make(tmp_path / "out", **{"a.txt": "old", "b/c.txt": "old"})
    (tmp_path / "out" / "__pycache__").mkdir()
    (tmp_path / "out" / "__pycache__" / "reward.pyc").write_bytes(b"")
    make(tmp_path / "out", **{"a.txt": "new"})
    assert names(tmp_path / "out") == ["a.txt", "manifest.json"]
    assert names(tmp_path) == ["out", "out/a.txt", "out/manifest.json"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    make(tmp_path / "out", **{"a.txt": "new"})
    assert names(tmp_path / "out") == ["a.txt", "manifest.json"]


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        ({"thesis.txt": "years of work"}, "not a bundle"),
        ({"manifest.json": "{}"}, "not a bundle"),
        ({"manifest.json": "[]"}, "not a bundle"),
        ({"manifest.json": '{"files": {}}', "run/model.bin": "x"}, "run/model.bin"),
    ],
)
def test_what_is_not_ours_is_never_touched(tmp_path, present, reason):
    for path, text in present.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_text(text)
    before = names(tmp_path)
    with pytest.raises(WriteError, match=reason):
        make(tmp_path / "out", **{"a.txt": "new"})
    assert names(tmp_path) == before


def test_a_file_in_the_way_and_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(WriteError, match="is a file"):
        make(tmp_path / "out")
    with pytest.raises(WriteError, match="cannot write beside"):
        make(tmp_path / "out" / "inside")


@pytest.mark.parametrize("path", ["../a", "/a", "a/../../b", "a\\b", "a\0b", ""])
def test_a_path_cannot_leave_the_folder(tmp_path, path):
    with pytest.raises(WriteError, match="not a path inside"):
        make(tmp_path / "out", **{path: "x"})
    assert names(tmp_path) == []


def test_two_names_that_some_systems_hold_for_one(tmp_path):
    with pytest.raises(WriteError, match="one file on some systems"):
        make(tmp_path / "out", **{"judge/A.json": "x", "judge/a.json": "y"})


def test_what_a_killed_run_left_is_removed(tmp_path):
    gone = 2**22 + 12345  # above the largest process id
    for pid in (gone, os.getppid()):
        (tmp_path / f".out.draft-{pid}").mkdir()
    make(tmp_path / "out")
    assert not (tmp_path / f".out.draft-{gone}").exists()
    assert (tmp_path / f".out.draft-{os.getppid()}").exists()
