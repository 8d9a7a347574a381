"""Formatting: the same rubric and the same comments in one style, and a second time nothing."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.formatting import Formatted, formatted
from rubricdsl.formatting.document import Group, Line, Nest, Word, render, row
from rubricdsl.formatting.pieces import comments, pieces
from rubricdsl.formatting.safety import difference, meaning_changes
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import Checker
from rubricdsl.printing import WIDTH, print_rubric
from rubricdsl.source import DiskBundle, MemoryBundle, Source, library_root
from rubricdsl.syntax.parser import parse

from .. import strategies
from .test_printing import rubrics

CASES = Path(__file__).parent / "formatting"
LIBRARY = sorted(library_root().rglob("*.rubric"))


def run(text: str) -> Formatted:
    bundle = MemoryBundle({"r.rubric": text})
    return formatted(Source("r.rubric", text), bundle)


def made(text: str) -> str:
    result = run(text)
    assert result.text is not None, f"{result.refusal}\n{result.diagnostics}\n{text}"
    return result.text


def checked(text: str):
    return Checker(MemoryBundle({"r.rubric": text})).check("r.rubric")


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.rubric")))
def test_the_style(name, golden):
    text = (CASES / f"{name}.rubric").read_text("utf-8")
    result = made(text)
    golden(f"formatting/{name}.rubric", result)
    assert made(result) == result


# Properties

TESTS = """
test "a title" { given { adult: true setting: met, } response a { otherwise: good }
response longer_name { met: unmet, otherwise: 1 x: 2 } response text "Some" "words." expect a over b
because x, y expect a has x: 1 expect a ties b expect a safe expect a violates x, y }
test todo "a title" "alone" test todo "not yet" { } test todo "nearly" { expect a safe }
"""
GAPS = (" ", " ", " ", "\n", "\n\n", "\n\n\n   ", "\t", "\r\n")
COMMENTS = (" # a\n", "#b \n", "\n# c\n", "\n\n  # d\n\n", "\n## e\n", "\n## f\n# g\n", " ## h\n")


@st.composite
def messy(draw, written):
    """A text with its tokens apart in other ways, and with comments between them."""
    found = pieces(draw(written))
    parts = [draw(st.sampled_from(["", "# first\n", "\n\n## first\n"]))]
    for piece, after in pairwise(found):
        number = re.fullmatch(r"[-0-9./]+", piece.text)
        seldom = draw(st.integers(0, 7)) == 0
        gap = draw(st.sampled_from(COMMENTS if seldom else GAPS))
        # A unit stands on the line of its number.
        is_unit = number and re.match(r"[A-Za-z/]", after.text)
        parts += [piece.text, " " if is_unit else gap]
    return "".join(parts)


def without_default_lists(rubric: ir.Rubric) -> ir.Rubric:
    """The language has no way to write these."""
    kept = (replace(i, default=None) if i.type.endswith("list") else i for i in rubric.inputs)
    return replace(rubric, inputs=tuple(kept))


texts = rubrics().map(lambda rubric: print_rubric(rubric) + TESTS)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(messy(texts))
def test_any_layout_becomes_one_with_the_same_meaning_and_comments(text):
    result = made(text)
    assert made(result) == result
    assert comments(result) == comments(text)
    before, after = parse(Source("r", text)), parse(Source("r", result))
    assert after.syntax == after.lexical == ()
    assert difference(before.tree, after.tree, text, result) is None
    assert checked(result).rubric == checked(text).rubric
    assert all(line == line.rstrip() for line in result.split("\n"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts)
def test_layout_alone_decides_nothing(text):
    on_one_line = " ".join(piece.text for piece in pieces(text) if not piece.text.startswith("#"))
    apart = made(on_one_line)
    # Only where a brace was followed by a line end is one kept.
    assert re.sub(r"\s+", "", apart).replace(",}", "}") == re.sub(r"\s+", "", made(apart)).replace(
        ",}", "}"
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.rubrics().map(without_default_lists))
def test_from_rubric_to_text_and_back(rubric):
    text = print_rubric(rubric)
    result = made(text)
    back, read = checked(result).rubric, checked(text).rubric
    assert back == read
    assert back is None or semantic_hash(back) == semantic_hash(read)
    if all(len(line) <= WIDTH for line in text.split("\n")):
        assert result == text


# Real files


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_is_formatted(path):
    source = DiskBundle().read(str(path))
    assert formatted(source, DiskBundle()).text == source.text


# What it refuses


def test_a_file_with_faults_is_left_alone():
    result = run('rubric a version "1.0.0" titel "A"')
    assert result.text is None
    assert [d.code for d in result.diagnostics] == ["R0107"]


def test_a_file_with_other_errors_is_formatted():
    assert made('rubric a version "1.0.0" safety { veto b forbids "x" when nothing }')


SMALL = 'rubric a version "1.0.0"\ntitle "A"\n# one\nsafety { veto b forbids "x" }\n'


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("# one", "# two", "comment 1 would be lost or moved: # one"),
        ("# one\n", "", "comment 1 would be lost or moved: # one"),
        ('"x"', '"y"', "the result would be read as something else"),
        ("veto b", "veto c", "the result would be read as something else"),
        ("veto b", "veto b critical", "the result would be read as something else"),
    ],
)
def test_a_change_of_anything_but_the_layout_is_noticed(old, new, reason):
    other = SMALL.replace(old, new)
    one, two = parse(Source("a", SMALL)).tree, parse(Source("a", other)).tree
    found = difference(one, two, SMALL, other)
    assert found is not None
    assert found[0] == reason


def test_a_change_of_the_rubric_is_noticed():
    noted = SMALL.replace("# one\nsafety {", "safety {\n## A note.\n")
    bundle = MemoryBundle({"a.rubric": SMALL})
    changed = meaning_changes(Source("a.rubric", SMALL), Source("a.rubric", noted), bundle)
    assert changed == "the rubric would mean something else"


def test_a_refusal_names_a_place(monkeypatch):
    other = SMALL.replace("veto b", "veto c")
    monkeypatch.setattr("rubricdsl.formatting.format.render", lambda _: other)
    result = run(SMALL)
    assert result.text is None
    assert SMALL[result.place.start :].startswith("b forbids")


# The algebra


def test_a_group_ends_its_lines_only_where_it_does_not_fit():
    doc = row(Word("head"), Nest(2, Group(row(Line(), Word("x" * 60), Line(), Word("y" * 60)))))
    assert render(doc) == f"head\n  {'x' * 60}\n  {'y' * 60}"
    doc = row(Word("head"), Nest(2, Group(row(Line(), Word("x"), Line(), Word("y")))))
    assert render(doc) == "head x y"
