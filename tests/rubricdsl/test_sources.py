"""Files: encodings, line ends, sizes, and what an include may and may not reach."""

import os

import pytest

from rubricdsl.passes import check_paths
from rubricdsl.source import MAX_BYTES, DiskBundle, MemoryBundle, Source, Unreadable, decode
from rubricdsl.syntax.nodes import Tree
from rubricdsl.syntax.parser import parse

from ..sample import CORE, PATH, SAMPLE, marked, read, rubric


def test_a_byte_order_mark_is_dropped():
    with_mark = read("\ufeff" + SAMPLE)
    assert with_mark.diagnostics == ()
    assert with_mark.source.text == SAMPLE


def test_windows_line_ends_change_nothing_but_places():
    assert rubric(SAMPLE.replace("\n", "\r\n")) == rubric(SAMPLE)
    checked = read(SAMPLE.replace("\n", "\r\n").replace("vito", "veto").replace("veto", "vito", 1))
    found = checked.diagnostics[0]
    assert checked.source.line(checked.source.position(found.span.start)[0]).startswith("  vito")


def test_lines_and_columns_count_from_one():
    source = Source("x", "ab\n\ncd")
    assert [source.position(i) for i in range(7)] == [
        (1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3),
    ]  # fmt: skip
    assert [source.line(n) for n in (1, 2, 3)] == ["ab", "", "cd"]


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x00", "\x1b", "\x85", "\u2028", "\r"])
@pytest.mark.parametrize("place", ["# a comm", 'tag "derm', "purpose "])
def test_characters_that_mislead_a_reader_are_refused_everywhere(mark, place):
    text = SAMPLE.replace("## A mole", "# a comment\n## A mole")
    at = text.index(place) + len(place)
    assert marked(read(text[:at] + mark + text[at:])) == [("R0106", mark)]


def test_the_same_characters_may_be_written_as_escapes():
    tags = rubric(SAMPLE.replace('tag "derm', 'tag "\\u202e\\u0000derm')).tags
    assert tags == ("\u202e\x00dermatology",)


def test_joiners_and_accents_may_stand_in_texts():
    text = "Café, naïve, 🧑\u200d⚕️, नहीं"
    assert rubric(SAMPLE.replace('dermatology"', f'{text}"')).tags == (text,)


def test_spaces_of_other_widths_are_spaces():
    wide = SAMPLE.replace("weight 5", "weight\u00a0\u20095")
    assert rubric(wide) == rubric(SAMPLE)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"ok\n\xe9t\xe9", b"\xc0\x80", b"\xed\xa0\x80"])
def test_bytes_that_are_not_utf8(data):
    with pytest.raises(Unreadable) as fault:
        decode("x", data)
    assert fault.value.code == "R0001"
    assert fault.value.detail == str(data[:3].count(b"\n") + 1)


def test_docs_belong_to_the_line_below_them():
    tree = parse(Source("x", "## one\n##  two \nrubric a\n##\n\n## lost\n")).tree
    assert isinstance(tree, Tree)
    assert tree.docs == {3: "one\ntwo", 5: "", 7: "lost"}


# On disk


@pytest.fixture
def library(tmp_path):
    """A root with the basics in it, and a specialty beside them."""
    for path, text in {"core/basics.rubric": CORE, PATH: SAMPLE}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    return tmp_path


def codes(*paths, search=()) -> list[str]:
    return [
        d.code for d in check_paths([str(p) for p in paths], [str(s) for s in search]).diagnostics
    ]


def test_an_include_is_found_from_the_root_that_the_name_implies(library, monkeypatch):
    assert codes(library / PATH) == []
    monkeypatch.chdir(library / "dermatology")
    assert codes("sample.rubric") == []
    monkeypatch.chdir(library)
    assert codes(PATH) == []


def test_an_include_is_found_in_a_search_folder(library, tmp_path):
    alone = tmp_path / "elsewhere.rubric"
    alone.write_text(SAMPLE, "utf-8")
    (library / "other").mkdir()
    moved = library / "other" / "sample.rubric"
    alone.rename(moved)
    (library / "dermatology" / "sample.rubric").unlink()
    assert "R0301" in codes(moved)
    assert codes(moved, search=[library]) == []


def test_the_installed_library_is_found_last(tmp_path):
    file = tmp_path / "mine.rubric"
    file.write_text(
        'rubric mine version "1.0.0" title "Mine" purpose evaluation\n'
        "include core.patient_safety called core\nsafety { use core.false_reassurance }\n"
    )
    assert codes(file) == ["R0810"]


def test_a_file_of_100_megabytes_is_refused_without_reading_it(tmp_path, monkeypatch):
    file = tmp_path / "huge.rubric"
    with open(file, "wb") as huge:
        huge.truncate(100_000_000)
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(Unreadable) as fault:
        DiskBundle().read(str(file))
    assert (fault.value.code, fault.value.detail) == ("R0002", "100,000,000")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "grows.rubric"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    monkeypatch.setattr("rubricdsl.source.MAX_BYTES", MAX_BYTES + 1)
    assert len(DiskBundle().read(str(file)).text) == MAX_BYTES + 1
    monkeypatch.setattr("rubricdsl.source.MAX_BYTES", 10)
    with pytest.raises(Unreadable):
        DiskBundle().read(str(file))


def test_pipes_devices_and_folders_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.rubric")
    (tmp_path / "folder.rubric").mkdir()
    for name in ("pipe.rubric", "folder.rubric"):
        with pytest.raises(Unreadable) as fault:
            DiskBundle().read(str(tmp_path / name))
        assert fault.value.code == "R0003"
    with pytest.raises(Unreadable):
        DiskBundle().read("/dev/zero")


def test_a_link_out_of_the_root_is_not_followed(library, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "basics.rubric"
    outside.write_text(CORE)
    inside = library / "core" / "basics.rubric"
    inside.unlink()
    inside.symlink_to(outside)
    assert codes(library / PATH) == ["R0301"]
    assert codes(library / PATH, search=[outside.parent]) == ["R0301"]


def test_a_link_within_the_root_is_followed(library):
    target = library / "core" / "original.rubric"
    (library / "core" / "basics.rubric").rename(target)
    (library / "core" / "basics.rubric").symlink_to(target)
    assert codes(library / PATH) == []


@pytest.mark.parametrize(
    "name", ["core.." + "basics", "../core/basics", "/etc/passwd", "core.basics.", ".core", "a-b"]
)
def test_an_include_is_a_name_and_never_a_path(library, name):
    (library / PATH).write_text(SAMPLE.replace("include core.basics", f"include {name}"))
    assert set(codes(library / PATH)) <= {"R0101", "R0103", "R0108", "R0301"}
    assert codes(library / PATH)


@pytest.mark.parametrize(
    "name", ["x" * 300, ".".join("x" * 60 for _ in range(100)), "core." * 9 + "x"]
)
def test_names_longer_than_a_path_may_be_are_not_found(library, name):
    (library / PATH).write_text(SAMPLE.replace("include core.basics", f"include {name}"))
    assert codes(library / PATH) == ["R0223"] * (len(name) > 200) + ["R0301"]


def test_a_folder_that_may_not_be_entered_holds_nothing(library):
    if os.geteuid() == 0:
        pytest.skip("root may enter every folder")
    (library / "core").chmod(0)
    assert codes(library / PATH) == ["R0301"]
    (library / "core").chmod(0o700)


def test_two_files_with_one_name(library):
    (library / "copy.rubric").write_text(CORE)
    outcome = check_paths([str(library)])
    assert [(d.code, os.path.basename(d.span.path)) for d in outcome.diagnostics] == [
        ("R0201", "basics.rubric")
    ]
    assert "copy.rubric" in outcome.diagnostics[0].message


def test_a_file_given_in_two_ways_is_checked_once(library, monkeypatch):
    monkeypatch.chdir(library)
    outcome = check_paths([PATH, f"./{PATH}", str(library / PATH)])
    assert outcome.diagnostics == ()
    assert len({id(file) for file in outcome.files}) == 1


def test_hidden_folders_are_left_alone(library):
    (library / ".venv" / "core").mkdir(parents=True)
    (library / ".venv" / "core" / "basics.rubric").write_text(CORE)
    assert codes(library) == []
    assert codes(library / ".venv") == []


def test_a_search_folder_that_is_not_there(library):
    assert codes(library / PATH, search=["nowhere"]) == ["R0003"]


def test_a_bundle_in_memory_never_looks_at_the_disk(library, monkeypatch):
    monkeypatch.chdir(library)
    assert MemoryBundle({}).find("core.basics", PATH) is None
    with pytest.raises(Unreadable):
        MemoryBundle({}).read(PATH)
