"""Places in the code units of each encoding; lines as the protocol ends them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.editor.positions import Change, Position, Positions, applied

TEXT = "a\U0001f9d1b\r\nä\u20ac\n\u2028c\rlast"


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 5), ("utf-16", 3), ("utf-32", 2)])
def test_a_character_beyond_the_first_plane_takes_its_units(encoding, column):
    at = Positions(TEXT, encoding)
    assert at.position(TEXT.index("b")) == (0, column)
    assert at.offset(0, column) == TEXT.index("b")


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 5), ("utf-16", 2), ("utf-32", 2)])
def test_the_end_of_a_line_is_before_its_sign(encoding, column):
    at = Positions(TEXT, encoding)
    assert at.position(TEXT.index("\n\u2028")) == (1, column)
    assert at.offset(1, 99) == TEXT.index("\n\u2028")


def test_lines_end_at_three_signs_and_no_others():
    at = Positions(TEXT, "utf-16")
    assert at.lines == 4
    assert at.position(TEXT.index("c")) == (2, 1)
    assert at.position(TEXT.index("last")) == (3, 0)


def test_between_cr_and_lf_is_the_end_of_the_line():
    at = Positions("ab\r\nc", "utf-16")
    assert at.position(3) == (0, 2)
    assert at.offset(0, 3) == 2


def test_half_a_character_is_its_beginning():
    at = Positions("x\U0001f9d1y", "utf-16")
    assert at.offset(0, 2) == 1
    assert at.offset(0, 3) == 2


def test_what_is_beyond_the_text_is_its_end():
    at = Positions("ab\nc", "utf-16")
    assert at.offset(7, 0) == 4
    assert at.offset(1, 9) == 4
    assert at.offset(-1, 3) == 0
    assert at.position(99) == (1, 1)


PIECES = st.text(alphabet="ab\n\r\u2028é€\U0001f9d1", max_size=30)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@settings(max_examples=60, deadline=None)
@given(PIECES, ENCODINGS)
def test_there_and_back(text, encoding):
    at = Positions(text, encoding)
    for offset in range(len(text) + 1):
        back = at.offset(*at.position(offset))
        within = text[max(0, offset - 1) : offset + 1] == "\r\n"
        assert back == (offset - 1 if within else offset)


@settings(max_examples=60, deadline=None)
@given(PIECES, PIECES, st.integers(0, 30), st.integers(0, 30), ENCODINGS)
def test_a_change_takes_the_place_of_its_range(text, new, one, other, encoding):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    at = Positions(text, encoding)
    first, last = at.position(start), at.position(end)
    change = Change(new, first, last)
    expected = text[: at.offset(*first)] + new + text[at.offset(*last) :]
    assert applied(text, [change], encoding) == expected


def test_changes_build_on_each_other():
    changes = [
        Change("one\ntwo"),
        Change("", Position(0, 3), Position(1, 0)),
        Change("\U0001f9d1", Position(0, 0), Position(0, 0)),
        Change("!", Position(0, 2), Position(0, 5)),
    ]
    assert applied("gone", changes, "utf-16") == "\U0001f9d1!two"
