"""lint beyond its pages: precision of the rules, suppressions, and fixes that keep the meaning."""

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rubricdsl.codes import CODES
from rubricdsl.ir_json import semantic_hash
from rubricdsl.lint import lint
from rubricdsl.lint.fixing import edited, fixed
from rubricdsl.lint.lint import ALL, RULES
from rubricdsl.lint.similar import MOST_COMPARED, alike, gist
from rubricdsl.passes import Checker
from rubricdsl.printing import print_rubric
from rubricdsl.source import MemoryBundle, Source

from ..strategies import rubrics
from .test_diagnostics import HEAD

PATH = "sample.rubric"
FACTS = '\n  criterion facts weight 1 forbids "Says something false."\n'


def linted(text: str, **files: str):
    """The codes that lint gives for a file, and what they stand at."""
    checked = Checker(MemoryBundle({PATH: text, **files})).check(PATH)
    assert checked.rubric is not None, checked.diagnostics
    found = lint(checked).diagnostics
    return [(d.code, text[d.span.start : d.span.end]) for d in found]


def of(*sentences: str, polarity: str = "requires"):
    """What lint says about criteria with these sentences, beside one about facts."""
    lines = [f'  criterion c{i} weight 1 {polarity} "{s}"\n' for i, s in enumerate(sentences)]
    return linted(f"{HEAD}proficiency {{{FACTS}{''.join(lines)}}}\n")


@pytest.mark.parametrize(
    "sentence",
    [
        "Says that rest and/or ice help.",
        "Recommends ice or explains why not.",
        "Names a test that confirms the cause and identifies its stage.",
        "Explains how the drug works and what it costs.",
        "Says that appropriate care is needed.",
        "Gives age-appropriate advice.",
        "Says to have someone drive, if possible.",
        "Names a reasonable time, which is one year.",
        "Gives an adequate dose (5 mg for each kilogram).",
        'Quotes \\"as appropriate, etc.\\" from the leaflet.',
        "Asks about warning signs (fever, rash, etc.).",
        "Recommends a detailed examination by a doctor.",
        "Is not too detailed.",
    ],
)
def test_rules_are_silent_about(sentence):
    assert of(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "code", "phrase"),
    [
        ("Recommends rest and / or ice.", "L0101", "and / or"),
        ("Explains the cause, and clearly recommends a doctor.", "L0102", "recommends"),
        ("Explains the cause. Asks about fever.", "L0102", "Asks"),
        ("Refers to a doctor, where appropriate.", "L0103", "where appropriate"),
        ("Asks about fever, rash and so on.", "L0104", "and so on"),
        ("Answers in great detail.", "L0105", "Answers in great detail"),
        ("Writes at least 300 words.", "L0105", "at least 300 words"),
    ],
)
def test_rules_speak_at_the_words(sentence, code, phrase):
    assert of(sentence) == [(code, phrase)]


def test_a_phrase_is_found_across_the_pieces_of_a_text_and_behind_escapes():
    written = 'requires "Gives \\"good\\"" "and \\u0061ppropriate advice."'
    text = f"{HEAD}proficiency {{{FACTS}  criterion c weight 1 {written}\n}}\n"
    assert linted(text) == [("L0103", "\\u0061ppropriate")]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("Mentions rest and ice.", "States rest, and ice.", ["L0203"]),
        ("Says to return within 2 days.", "Says to return within 6 days.", []),
        ("Recommends an MRI of the head.", "Recommends a CT of the head.", []),
        ("Recommends surgery of the knee.", "Recommends no surgery of the knee.", ["L0206"]),
    ],
)
def test_what_is_alike(one, other, found):
    assert [code for code, _ in of(one, other)] == found


def test_criteria_of_different_cases_are_not_compared():
    text = (
        f"{HEAD}input {{ adult : bool }}\nproficiency {{{FACTS}"
        '  criterion a weight 1 when adult requires "Calls a doctor at home."\n'
        '  criterion b weight 1 when not adult forbids "Calls a doctor at home."\n}\n'
    )
    assert linted(text) == []
    both = linted(text.replace("when adult ", "").replace("when not adult ", ""))
    assert both == [("L0204", "b")]


CORE_TEXT = 'rubric core version "1.0.0"\ntitle "C"\npurpose evaluation\n' + (
    'safety { veto harm forbids "Tells the person to stop the insulin at home." }\n'
)


@pytest.mark.parametrize(
    ("polarity", "code"), [("forbids", ["L0203"]), ("requires", ["L0204", "L0903"])]
)
def test_what_is_used_from_elsewhere_is_compared_and_a_veto_is_safety(polarity, code):
    text = f'{HEAD}include core version "1.0.0" called core\nsafety {{ use core.harm }}\n'
    text += f'proficiency {{{FACTS}  # lint: allow L0204 because "so"\n'
    text += (
        f'  criterion c weight 1 {polarity} "Tells the person to stop the insulin at home."\n}}\n'
    )
    checked = Checker(MemoryBundle({PATH: text, "core.rubric": CORE_TEXT})).check(PATH)
    found = lint(checked, ALL - {"L0902"}).diagnostics
    assert sorted(d.code for d in found) == code


def test_many_like_sentences_are_compared_with_few():
    gists = [gist(f"Names the first sign, the second sign, and thing{i}.") for i in range(400)]
    assert list(alike(gists)) == []
    same = list(alike([gist("Names the first sign of shock.")] * 400))
    assert len(same) == 399
    assert MOST_COMPARED < 400


BODY = ["head", "neck", "arm", "hand", "chest", "back", "knee", "foot"]


@given(st.sets(st.sampled_from(BODY), min_size=4), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_near_sets_are_found_whatever_else_there_is(base, more):
    """The index leaves out no pair: one set within another of at most a quarter more."""
    added = ["rash", "fever"][: min(more, len(base) // 4)]
    others = [gist(f"{word} {' '.join(sorted(base)[:2])}") for word in ("sight", "sound", "smell")]
    pairs = alike([gist(" ".join(base)), *others, gist(" ".join([*base, *added]))])
    assert [(p.earlier, p.later) for p in pairs] == [(0, 4)]


# Suppressions

AND_OR = '  criterion c weight 1 requires "Recommends rest and/or ice."'


@pytest.mark.parametrize(
    "lines",
    [
        f'{AND_OR}  # lint: allow L0101 because "as the source has it"',
        f'  # lint: allow L0101 because "as the source has it"\n{AND_OR}',
        f'  #lint:allow L0102,L0101 because "so"  \n  # another comment\n{AND_OR}'.replace(
            "rest", "rest. Asks about it"
        ),
        AND_OR.replace(" requires", '\n  # lint: allow L0101 because "so"\n requires'),
    ],
)
def test_a_directive_allows(lines):
    assert linted(f"{HEAD}proficiency {{{FACTS}{lines}\n}}\n") == []


def test_a_directive_is_about_its_item_alone():
    text = f'{HEAD}proficiency {{{FACTS}  # lint: allow L0101 because "so"\n{AND_OR}\n'
    text += AND_OR.replace("criterion c", "criterion d").replace("ice", "heat") + "\n}\n"
    assert linted(text) == [("L0101", "and/or")]


def test_a_directive_above_the_first_line_is_about_the_rubric_as_a_whole():
    text = f'# lint: allow L0201 because "nothing to forbid"\n{HEAD}excellence {{\n'
    text += '  bonus b requires "Names facts and/or gaps."\n}\n'
    assert linted(text) == [("L0101", "and/or")]
    assert [code for code, _ in linted(text.partition("\n")[2])] == ["L0201", "L0101"]


@pytest.mark.parametrize(
    "comment",
    [
        '# lint: allow because "so"',
        "# lint: allow L0101 because so",
        '# lint: allow L0101, L9999 because "so"',
        '# lint: allow L0101 because "so" or so',
        "# lint:",
    ],
)
def test_a_directive_that_cannot_be_read_is_an_error_and_allows_nothing(comment):
    found = linted(f"{HEAD}proficiency {{{FACTS}{AND_OR}  {comment}\n}}\n")
    assert found == [("L0101", "and/or"), ("L0901", comment)]


def test_comments_that_speak_of_lint_are_no_directives():
    text = f"{HEAD}proficiency {{{FACTS}{AND_OR}  # lint finds this\n}}\n"
    assert linted(text) == [("L0101", "and/or")]


def test_a_directive_for_a_rule_that_was_not_asked_for_is_not_unused():
    text = f'{HEAD}proficiency {{{FACTS}  # lint: allow L0102 because "so"\n{AND_OR}\n}}\n'
    checked = Checker(MemoryBundle({PATH: text})).check(PATH)
    asked = frozenset({"L0101", "L0902"})
    assert [d.code for d in lint(checked, asked).diagnostics] == ["L0101"]


# Fixes

UNUSED = """\
rubric a.sample version "1.0.0"

title "A sample"  # lint: allow L0101 because "an old reason"
purpose evaluation

## Nothing names it.
valueset none { "a", "b" }

source cited { title "One" } source idle { title "Two" }
include core.base called core
include core.idle called idle

safety {
  use core.harm
  # lint: allow L0103 because "another"
  veto lies critical
    forbids "Says something false."
    cites cited
}
"""
CORE = 'rubric core.{} version "2.0.1"\ntitle "C"\npurpose evaluation\n' + (
    'safety {{ veto harm forbids "Does harm." }}\n'
)
MENDED = """\
rubric a.sample version "1.0.0"

title "A sample"
purpose evaluation

source cited { title "One" } 
include core.base version "2.0.1" called core

safety {
  use core.harm
  veto lies critical
    forbids "Says something false."
    cites cited
}
"""


def bundle(text: str) -> MemoryBundle:
    files = {f"core/{name}.rubric": CORE.format(name) for name in ("base", "idle")}
    return MemoryBundle({PATH: text, **files})


def test_fixes_are_made_and_none_is_left():
    result = fixed(Source(PATH, UNUSED), bundle(UNUSED))
    assert result.text == MENDED
    assert (result.made, result.refused) == (6, ())
    assert fixed(Source(PATH, MENDED), bundle(MENDED)) == (MENDED, 0, ())


def test_only_what_is_asked_for_is_mended():
    result = fixed(Source(PATH, UNUSED), bundle(UNUSED), frozenset({"R0810"}))
    assert result.made == 2
    assert result.text == UNUSED.replace("base called", 'base version "2.0.1" called').replace(
        "idle called", 'idle version "2.0.1" called'
    )


def test_a_fix_that_would_change_something_is_refused():
    # Without the include, the note that this suppression is about would be gone: nothing is lost,
    # but a suppression that is not used is new.
    text = UNUSED.replace(
        "include core.idle", '# lint: allow R0810 because "so"\ninclude core.idle'
    )
    result = fixed(Source(PATH, text), bundle(text), frozenset({"L0304", "R0810", "L0902"}))
    assert [reason.partition(":")[0] for _, reason in result.refused] == ["it would give L0902"]
    assert "include core.idle" in result.text


def as_comment(code: str) -> str:
    return f'  # lint: allow {code} because "a reason"\n'


@given(rubrics(max_size=2), st.sampled_from(["L0101", "L0304", "R0904"]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_fixes_keep_the_meaning(rubric, code, spare):
    assume(rubric.criteria)
    text = print_rubric(rubric).replace("{\n", "{\n" + as_comment(code), 1)
    text += 'valueset spare_terms { "a" }\n' if spare else ""
    before = Checker(MemoryBundle({PATH: text})).check(PATH)
    assume(before.rubric is not None)  # a list has no default in a file
    result = fixed(Source(PATH, text), MemoryBundle({PATH: text}))
    after = Checker(MemoryBundle({PATH: result.text})).check(PATH)
    assert after.rubric is not None
    assert semantic_hash(after.rubric) == semantic_hash(before.rubric)
    left = [f for d in lint(after).diagnostics for f in d.fixes if f.keeps_meaning]
    assert len(left) == len(result.refused)
    counts = Counter(d.code for d in lint(before).diagnostics)
    assert not Counter(d.code for d in lint(after).diagnostics) - counts


@given(rubrics(max_size=2))
@settings(max_examples=25, deadline=None)
def test_every_fix_is_within_its_file_and_has_no_overlap(rubric):
    assume(rubric.criteria)
    text = print_rubric(rubric)
    for found in lint(Checker(MemoryBundle({PATH: text})).check(PATH)).diagnostics:
        for fix in found.fixes:
            assert edited(text, [fix]) != text
            places = sorted((e.span.start, e.span.end) for e in fix.edits)
            assert all(0 <= a <= b <= len(text) for a, b in places)


def test_every_rule_has_codes_of_the_table():
    given_by = [code for codes in RULES for code in codes]
    assert len(given_by) == len(set(given_by))
    assert set(CODES) >= ALL
    assert {code for code in CODES if code[0] == "L"} <= ALL


def test_a_file_with_errors_gives_those_alone():
    text = HEAD + 'excellence { bonus b weight 1 requires "Gives appropriate advice." }\n'
    result = lint(Checker(MemoryBundle({PATH: text})).check(PATH))
    assert ([d.code for d in result.diagnostics], result.is_sound) == (["R0204"], False)
