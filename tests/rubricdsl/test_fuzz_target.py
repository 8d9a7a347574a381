"""The fuzz target itself: it finds what is wrong, and a little of it runs with the tests."""

import random

import pytest

from rubricdsl.source import library_root

from ..fuzz import target
from ..fuzz.damage import damaged, made_of_words, pieces, random_bytes
from ..sample import CORE, SAMPLE

LIBRARY = {"core/basics.rubric": CORE}


def test_a_sound_rubric_goes_through_everything():
    assert {"sound", "formatted"} <= target.examine(SAMPLE.encode(), LIBRARY)


@pytest.mark.parametrize("file", sorted(library_root().rglob("*.rubric")), ids=lambda f: f.stem)
def test_the_library_goes_through_everything(file):
    root = library_root()
    library = {f.relative_to(root).as_posix(): f.read_text("utf-8") for f in root.rglob("*.rubric")}
    assert {"sound", "formatted"} <= target.examine(file.read_bytes(), library)


@pytest.mark.parametrize("seed", range(12))
def test_a_few_damaged_files(seed):
    dice = random.Random(seed)
    for data in (
        damaged(SAMPLE, [SAMPLE, CORE], dice).encode("utf-8", "surrogatepass"),
        made_of_words(dice).encode(),
        random_bytes(dice),
    ):
        target.examine(data, LIBRARY)


def test_the_pieces_are_the_text():
    assert "".join(pieces(SAMPLE)) == SAMPLE


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("print_rubric", lambda rubric: 'rubric a version "1.0.0"'),
        ("load", lambda data: None),
        ("paint", lambda file: ()),
        ("to_text", lambda *_: "\x1b[2J"),
    ],
)
def test_a_planted_fault_is_found(monkeypatch, name, planted):
    monkeypatch.setattr(target, name, planted)
    with pytest.raises(target.Fault):
        target.examine(SAMPLE.replace("0.3", "0.30 note").encode() if name == "to_text"
                       else SAMPLE.encode(), LIBRARY)  # fmt: skip


def test_what_takes_too_long_is_found(monkeypatch):
    def forever(*_):
        while True:
            pass

    monkeypatch.setattr(target, "SECONDS", 1)
    monkeypatch.setattr(target, "formatted", forever)
    with pytest.raises(target.Fault, match="1 seconds"):
        target.examine(SAMPLE.encode(), LIBRARY)
