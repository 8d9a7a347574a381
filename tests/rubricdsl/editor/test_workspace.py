"""Open texts before the disk, and no more checked again than has to be."""

import os

from rubricdsl.passes.check import Checker

from ...sample import CORE, SAMPLE


def codes(workspace, path):
    return [d.code for d in workspace.check(str(path)).diagnostics]


def test_an_include_reads_the_open_text_before_the_disk(desk):
    assert codes(desk.workspace, desk.sample) == []
    desk.workspace.set_text(str(desk.core), CORE.replace("veto harm ", "veto hurt "))
    assert codes(desk.workspace, desk.sample) == ["R0305"]
    desk.workspace.close(str(desk.core))
    assert codes(desk.workspace, desk.sample) == []


def test_a_file_that_changes_on_the_disk_is_read_again(desk):
    assert codes(desk.workspace, desk.sample) == []
    desk.core.write_text(CORE.replace("veto harm ", "veto hurts_people "))
    os.utime(desk.core, ns=(1, 1))
    assert codes(desk.workspace, desk.sample) == ["R0305"]


def test_a_rubric_that_is_not_there_yet_is_found_once_it_is(desk):
    path = desk.file("new/one.rubric", SAMPLE.replace("core.basics", "core.more", 1))
    assert "R0301" in codes(desk.workspace, path)
    desk.file("new/core/more.rubric", CORE.replace("core.basics", "core.more"))
    assert "R0301" not in codes(desk.workspace, path)


def test_an_open_text_without_a_file_can_be_included(desk):
    path = desk.file("new/one.rubric", SAMPLE.replace("core.basics", "core.more", 1))
    assert "R0301" in codes(desk.workspace, path)
    unsaved = str(desk.folder / "new/core/more.rubric")
    desk.workspace.set_text(unsaved, CORE.replace("core.basics", "core.more"))
    assert "R0301" not in codes(desk.workspace, path)
    assert unsaved in desk.workspace.files()


def test_only_what_builds_on_a_change_is_checked_again(desk, monkeypatch):
    read = []
    check = Checker._check
    monkeypatch.setattr(
        Checker, "_check", lambda self, path: read.append(path) or check(self, path)
    )
    desk.workspace.check(str(desk.sample))
    assert len(read) == 2
    desk.workspace.set_text(str(desk.sample), SAMPLE + "\n")
    desk.workspace.check(str(desk.sample))
    assert len(read) == 3
    desk.workspace.check(str(desk.sample))
    assert len(read) == 3
    desk.workspace.set_text(str(desk.core), CORE + "\n")
    desk.workspace.check(str(desk.sample))
    assert len(read) == 5


def test_rubrics_that_include_each_other_are_forgotten_together(desk):
    one = SAMPLE.replace("core.basics", "two", 1).replace("dermatology.sample", "one", 1)
    path = desk.file("one.rubric", one)
    desk.file("two.rubric", one.replace('"two"', "").replace(" two ", " one ").replace(
        "rubric one", "rubric two", 1))  # fmt: skip
    assert {"R0302", "R0307"} & set(codes(desk.workspace, path))
    desk.file("two.rubric", CORE.replace("core.basics", "two"))
    assert not {"R0302", "R0307"} & set(codes(desk.workspace, path))


def test_a_crash_in_a_check_leaves_the_next_one_whole(desk, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("rubricdsl.passes.check.tests", fail)
        for path in (desk.sample, desk.core):
            try:
                desk.workspace.check(str(path))
            except ZeroDivisionError:
                continue
            raise AssertionError("it was to fail")
    assert codes(desk.workspace, desk.sample) == []


def test_a_byte_order_mark_keeps_its_place(desk):
    desk.workspace.set_text(str(desk.sample), "\ufeff" + SAMPLE)
    checked = desk.workspace.check(str(desk.sample))
    assert checked.diagnostics == ()
    assert checked.tree.header.start == SAMPLE.index("rubric dermatology") + 1


def test_a_text_that_is_no_file_has_its_own_name(desk):
    desk.workspace.set_text("untitled:1", SAMPLE.replace("core.basics", "nowhere", 1))
    assert "R0301" in codes(desk.workspace, "untitled:1")
    assert "untitled:1" in desk.workspace.files()
