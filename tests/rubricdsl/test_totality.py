"""Whatever a file holds, checking it ends, in time linear in its size, and raises nothing."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.codes import CODES
from rubricdsl.ir_rules import broken
from rubricdsl.passes import Checked
from rubricdsl.printing import print_rubric
from rubricdsl.render import to_json, to_text
from rubricdsl.source import MAX_BYTES
from rubricdsl.syntax.tables import tables
from rubricdsl.syntax.tokens import MAX_FAULTS, scan
from rubricdsl.testing import run_tests

from ..sample import PATH, SAMPLE, edited, marked, read, rubric

TOKENS = scan(PATH, SAMPLE)[0][:-1]


def is_told(text: str) -> Checked:
    """Check and render a text; every finding lies within it."""
    checked = read(text)
    sources = {PATH: checked.source}
    for diagnostic in checked.diagnostics:
        assert diagnostic.code in CODES
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text) + 1
        assert to_text(diagnostic, sources.get).startswith(diagnostic.level)
    to_json(checked.diagnostics, sources.get)
    if checked.rubric is not None:
        assert broken(checked.rubric) == ()
        run_tests(checked.rubric, checked.tests)
    return checked


@given(st.text())
def test_any_text(text):
    is_told(text)


@given(st.text())
def test_any_text_behind_a_header(text):
    is_told('rubric a version "1.0.0" title "A" ' + text)


WORDS = st.sampled_from([*tables().words, "a", "home_removal", "age", "response", "mentions", "mg"])
PIECES = st.one_of(
    WORDS,
    WORDS,
    st.sampled_from(['"t"', "{", "}", "(", ")", ",", ":", "=", "==", ">=", "0", "1/20", "5 mg"]),
    st.sampled_from(['"', "“a”", "§", "a-b", "é", "\x00", "\u202e", "# c\n", "\n", "1.5/3"]),
)  # fmt: skip


@given(st.lists(PIECES, max_size=120), st.booleans())
def test_any_soup_of_pieces(pieces, with_header):
    header = 'rubric a version "1.0.0" title "A" ' if with_header else ""
    is_told(header + " ".join(pieces))


@st.composite
def mutations(draw) -> str:
    """The sample with tokens left out, moved, repeated, replaced, or cut off."""
    text = SAMPLE
    for _ in range(draw(st.integers(1, 5))):
        spans = scan(PATH, text)[0]
        one, other = draw(st.sampled_from(spans)), draw(st.sampled_from(spans))
        match draw(st.sampled_from(["drop", "insert", "replace", "cut", "piece"])):
            case "drop":
                text = text[: one.start] + text[one.end :]
            case "insert":
                text = text[: one.end] + " " + other.text + " " + text[one.end :]
            case "replace":
                text = text[: one.start] + other.text + text[one.end :]
            case "cut":
                text = text[: max(one.start, 1)]
            case "piece":
                text = text[: one.end] + " " + draw(PIECES) + " " + text[one.end :]
    return text


@settings(max_examples=200)
@given(mutations())
def test_any_mutation_of_a_valid_file(text):
    is_told(text)


# Size

DEEP = {
    "open brackets": ("age >= 18 years", "(" * 100_000),
    "brackets": ("age >= 18 years", "(" * 100_000 + "pregnant" + ")" * 100_000),
    "not": ("age >= 18 years", "not " * 100_000 + "pregnant"),
    "mixed": ("age >= 18 years", "not pregnant and (" * 50_000),
    "in a check": ("mentions(response, acts)", "not (" * 50_000 + "mentions(response, acts)"),
    "types": ("list of text", "list of " * 100_000 + "text"),
}


@pytest.mark.parametrize("case", DEEP)
def test_what_is_nested_without_end_is_one_finding(case):
    assert [code for code, _ in marked(is_told(edited(DEEP[case])))] == ["R0109"]


def test_what_a_person_might_nest_is_read():
    inside = "pregnant and not (age is given or (" * 19 + "pregnant" + "))" * 19
    assert is_told(edited(("age >= 18 years", inside))).rubric is not None


def test_as_many_levels_as_are_read_can_be_written_out_and_read_again():
    nots = edited(("age >= 18 years", "not " * 57 + "pregnant"))
    made = is_told(nots).rubric
    assert rubric(print_rubric(made)).criteria[1].when == made.criteria[1].when
    too_many = edited(("age >= 18 years", "not " * 60 + "pregnant"))
    assert [code for code, _ in marked(read(too_many))] == ["R0109"]


def test_long_chains_are_flat():
    checked = is_told(edited(("age >= 18 years", " and ".join(["pregnant"] * 20_000))))
    assert checked.rubric is not None


LARGE = {
    "braces": "{" * 300_000,
    "closing braces": SAMPLE + "}" * 300_000,
    "signs": SAMPLE + "§ " * 200_000,
    "controls": SAMPLE + "\x00" * 300_000,
    "quotes": SAMPLE + '"' * 300_001,
    "curly quotes": SAMPLE + "“ " * 150_000,
    "an endless text": SAMPLE + 'tag "' + "a" * 3_000_000,
    "an endless word": SAMPLE + "a" * 3_000_000,
    "hyphens": SAMPLE + "a-" * 500_000,
    "dots": SAMPLE + "a." * 500_000,
    "digits": SAMPLE + "1" * 3_000_000,
    "escapes": SAMPLE + 'tag "' + "\\q" * 500_000 + '"',
    "keywords": SAMPLE + "veto " * 100_000,
    "headers": 'rubric a version "1.0.0" ' * 20_000,
    "unknown names": SAMPLE + "profile q {" + "weight c 1 " * 20_000 + "}",
    "open tests": SAMPLE + 'test "t" { response r ' * 20_000,
}


@pytest.mark.parametrize("case", LARGE)
def test_large_nonsense_ends_with_few_findings(case):
    checked = read(LARGE[case])
    assert 1 <= len(checked.diagnostics) <= MAX_FAULTS + 1


def test_reading_takes_steps_in_proportion_to_size():
    def calls(copies: int) -> int:
        body = "".join(f'bonus b{i} requires "Is kind." met "k" unmet "u"\n' for i in range(copies))
        text, counted = SAMPLE + "excellence {\n" + body + "}\n", 0

        def count(frame, event, argument):
            nonlocal counted
            counted += event == "call" or event == "c_call"

        sys.setprofile(count)
        try:
            read(text)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(800) < 8 * 1.1 * calls(100)


def test_a_valid_file_close_to_the_limit():
    line = "# " + "x" * 997 + "\n"
    room = (MAX_BYTES - len(SAMPLE.encode())) // len(line)
    assert read(SAMPLE + line * room).diagnostics == ()
    assert [code for code, _ in marked_without_source(line * (room + 1))] == ["R0002"]


def marked_without_source(more: str) -> list[tuple[str, str]]:
    return [(d.code, "") for d in read(SAMPLE + more).diagnostics]


MANY = {
    "criteria": "excellence {" + "".join(f'bonus b{i} requires "x" ' for i in range(1100)) + "}",
    "inputs": "input {" + "".join(f"i{i} : bool\n" for i in range(1100)) + "}",
    "responses in tests": 'test "t" { expect a0 safe '
    + "".join(f'response a{i} "x" ' for i in range(1100))
    + "}",
    "characters in a name": "excellence { bonus " + "b" * 201 + ' requires "x" }',
    "terms and characters of patterns in checks": "valueset many {"
    + ",".join(f'"t{i}"' for i in range(9_000))
    + "} safety { veto v check "
    + " or ".join(["mentions(response, many)"] * 3)
    + ' forbids "x" }',
}


@pytest.mark.parametrize("what", MANY)
def test_limits_are_one_finding_each(what):
    checked = read(edited(("purpose training", "purpose evaluation")) + MANY[what])
    errors = [d for d in checked.diagnostics if d.level == "error"]
    assert [d.code for d in errors] == ["R0223"]
    assert errors[0].message.startswith(f"too many {what}: ")
