"""Locks: blind to layout and comments, and to nothing that a verdict or a reward depends on."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rubricdsl.formatting import formatted
from rubricdsl.ir_json import semantic_hash
from rubricdsl.locking.against import against
from rubricdsl.locking.lock_file import LockError, read, written
from rubricdsl.locking.pins import Pin, pins, uses
from rubricdsl.passes import Checker
from rubricdsl.printing import print_rubric
from rubricdsl.source import MemoryBundle, Source

from ..strategies import rubrics

HASH = "sha256:" + "0" * 64
ASKING = 'rubric asking version "1.0.0"\ntitle "A"\npurpose evaluation\n{} r version "0.1.0"{}\n'
INCLUDES = ASKING.format("include", " called r") + 'excellence { bonus b requires "Is brief." }\n'


def used(base: str, asking: str = INCLUDES):
    """What a file uses of `r.rubric`; None where that cannot be read."""
    checker = Checker(MemoryBundle({"asking.rubric": asking, "r.rubric": base}))
    checked = checker.check("asking.rubric")
    return None if checked.rubric is None else list(uses(checker, [checked]))


comments = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=12)


@given(rubrics(max_size=2), st.lists(comments, min_size=1, max_size=3), st.booleans())
@settings(max_examples=40, deadline=None)
def test_layout_and_comments_do_not_move_a_lock(rubric, notes, neat):
    assume(rubric.criteria)
    text = print_rubric(rubric)
    before = used(text)
    assume(before is not None)
    lines = text.split("\n")
    for at, note in enumerate(notes):
        place = 1 + at * len(lines) // (len(notes) + 1)
        lines.insert(place, f"   {'#' * (1 + at)} {note}")
    loose = "\n".join(lines).replace("{\n", "{  # here\n\n\n")
    other = loose
    if neat:
        other = formatted(Source("r.rubric", loose), MemoryBundle({"r.rubric": loose})).text
        assert other is not None
    after = used(other)
    assert after is not None
    lock = written(pins(before)[0])
    assert written(pins(after)[0]) == lock
    assert list(against(after, read(lock))) == []


@given(rubrics(max_size=2), rubrics(max_size=2))
@settings(max_examples=40, deadline=None)
def test_another_meaning_is_found(one, other):
    assume(one.criteria and other.criteria)
    found = used(print_rubric(one)), used(print_rubric(other))
    assume(None not in found)
    told = [d.code for d in against(found[1], read(written(pins(found[0])[0])))]
    assert told == ([] if semantic_hash(one) == semantic_hash(other) else ["R0318"])


VETO = 'safety { veto v forbids "Does harm." }\n'
BASE = f'rubric r version "0.1.0"\ntitle "R"\npurpose evaluation\nvalueset t {{ {{}} }}\n{VETO}'
EXTENDS = ASKING.format("extends", "")


@pytest.mark.parametrize(
    ("terms", "same"),
    [('"b", "a"', True), ('"a", "c"', False), ('"a", "b" code "S" "1"', False)],
)
def test_value_sets_of_what_is_extended(terms, same):
    lock = read(written(pins(used(BASE.replace("{}", '"a", "b"'), EXTENDS))[0]))
    assert list(lock) == ["r", "r#t"]
    told = list(against(used(BASE.replace("{}", terms), EXTENDS), lock))
    assert [d.code for d in told] == ([] if same else ["R0318"])
    assert same or told[0].message.startswith("the value set `t` of `r`")


def test_what_reaches_a_file_through_another():
    """A rubric is hashed with what it takes from others."""
    middle = 'rubric r version "0.1.0"\ntitle "R"\npurpose evaluation\n'
    middle += 'include deep version "1.0.0" called deep\nsafety { use deep.v }\n'
    locks = []
    for word in ("harm", "great harm"):
        deep = f'rubric deep version "1.0.0"\ntitle "D"\npurpose evaluation\n{VETO}'
        files = {"asking.rubric": INCLUDES, "r.rubric": middle,
                 "deep.rubric": deep.replace("harm", word)}  # fmt: skip
        checker = Checker(MemoryBundle(files))
        locks.append(pins(uses(checker, [checker.check("asking.rubric")]))[0])
    assert [pin.name for pin in locks[0]] == ["r"]
    assert locks[0] != locks[1]


def test_one_name_for_two_meanings():
    one, other = used(BASE.replace("{}", '"a"'), EXTENDS), used(BASE.replace("{}", '"b"'), EXTENDS)
    found, clashes = pins([*one, *other])
    assert len(found) == 2
    assert [a.pin.name for a, _ in clashes] == ["r#t"]


@given(st.lists(st.builds(
    Pin, st.from_regex(r"[a-z]{1,3}(\.[a-z]{1,3})?(#[a-z]{1,3})?", fullmatch=True),
    st.just("1.0.0"), st.just(HASH),
), unique_by=lambda pin: pin.name))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_a_lock_reads_back_sorted_with_a_line_for_each(found):
    text = written(found)
    assert sorted(read(text).values()) == sorted(found)
    assert written(reversed(found)) == text
    assert len(text.split("[pins]\n")[1].splitlines()) == len(found)


HEAD = written([])


@pytest.mark.parametrize(
    "text",
    [
        "", "format = 2\n", "{", "format = 1\nir_version = 99\n", "a = " + "[" * 3000,
        HEAD.replace("[pins]", "pins = 3"), HEAD + '"a" = "b"\n', HEAD + '"a b" = {}\n',
        HEAD + f'"a" = {{ version = "1.0", hash = "{HASH}" }}\n',
        HEAD + '"a" = { version = "1.0.0", hash = "sha256:0" }\n',
    ],
)  # fmt: skip
def test_what_is_no_lock(text):
    with pytest.raises(LockError):
        read(text)
