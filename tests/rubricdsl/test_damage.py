"""Damaged files: as many findings as mistakes, each at its own place, and the rest still read."""

from itertools import combinations

import pytest

from rubricdsl.syntax.tokens import scan

from ..sample import PATH, SAMPLE, edited, marked, read


def test_the_sample_itself_is_fine():
    assert read(SAMPLE).diagnostics == ()


# What was changed, and what must be found: codes with the text that is underlined.
ONE: list[tuple[str, str, str, str]] = [
    # keyword misspelt
    ("veto home", "vito home", "R0107", "vito"),
    # clause misspelt
    ('requires "Says', 'require "Says', "R0107", "require"),
    # polarity left out
    ('forbids "Suggests', '"Suggests', "R0101", '"Suggests removing the mole at home."'),
    # text never closed
    ('mole at home."', "mole at home.", "R0102", '"'),
    # opening quote left out
    ('"Wait a year."', 'Wait a year."', "R0102", '"'),
    # closing quote and brace lost
    ('id "NG12" }', 'id "NG12 }', "R0102", '"'),
    # curly quotes
    ('"Acknowledges the worry."', "“Acknowledges the worry.”", "R0108", "“"),
    # sign from a word processor
    ("age >= 18", "age ≥ 18", "R0108", "≥"),
    # hyphen in a name
    ("bonus worry", "bonus shows-worry", "R0108", "shows-worry"),
    # letter beyond A to Z
    ("bonus worry", "bonus wörry", "R0103", "ö"),
    # sign out of place
    ("weight 5", "weight 5 §", "R0103", "§"),
    # one = for two
    ("setting == home", "setting = home", "R0107", "="),
    # version without quotes
    ('version "0.1.0"', "version 0.1.0", "R0112", "0.1.0"),
    # title without quotes
    ('title "Suspected cancer"', "title Suspected cancer", "R0112", "Suspected cancer"),
    # word left out before a colon
    ("home_removal: met", "home_removal:", "R0101", "otherwise"),
    # name left out
    ('tag "derm', 'include tag "derm', "R0101", "tag"),
    # status left out
    ("status draft", "draft", "R0101", "draft"),
    # keyword left out
    ("criterion signs", "signs", "R0101", "signs"),
    # colon after weight
    ("weight 5", "weight: 5", "R0101", ":"),
    # chained comparison
    ("age >= 18 years", "age >= 18 years < 65 years", "R0101", "<"),
    # comma left out in a value set
    ('"cut it off", ', '"cut it off" ', "R0101", '"freeze it"'),
    # comma left out in a list
    ("(clinic, home) =", "(clinic home) =", "R0101", "home"),
    # } left out before a block
    ('"Leave it alone."\n}', '"Leave it alone."\n', "R0111", "proficiency"),
    # } left out in a sheet
    ("otherwise: good }", "otherwise: good", "R0111", "response"),
    # } left out in a prompt
    ('"zinc") }', '"zinc")', "R0111", "safety"),
    # } left out at the end
    ("has signs: 1\n}", "has signs: 1\n", "R0111", "\n"),
    # { left out
    ("safety {\n  cannot", "safety\n  cannot", "R0111", "cannot_assess"),
    # } too many
    ('"Leave it alone."\n}', '"Leave it alone."\n}}', "R0101", "}"),
    # { too many
    ("excellence {", "excellence {{", "R0101", "{"),
    # block closed too soon
    ('unmet "Wait a year."\n', 'unmet "Wait a year." }\n', "R0101", "note"),
    # item out of place
    ("excellence {", 'excellence {\n  title "Again"', "R0101", "title"),
    # header left out
    ('rubric dermatology.sample version "0.1.0" status draft\n', "", "R0101", "title"),
    # header after the title
    ("rubric derm", 'title "Early"\nrubric derm', "R0101", "title"),
    # a second header
    ("purpose training", 'rubric a version "1.0.0"', "R0101", "rubric"),
    # unknown unit
    ("quantity(years)", "quantity(yeers)", "R0403", "yeers"),
    # unknown type
    ("pregnant : bool", "pregnant : boolean", "R0402", "boolean"),
    # include not found
    ("include core.basics", "include core.basic", "R0301", "core.basic"),
    # criterion renamed in one place
    ("criterion signs", "criterion sings", "R0608", "signs"),
    # level left out
    ('level 1 worth 1/4 "names one" example "Watch for growth."', "", "R0212", "2"),
    # level without its number
    ("level 2 worth 1", "level worth 1", "R0101", "worth"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "under"), ONE)
def test_one_mistake_is_one_finding_at_its_place(old, new, code, under):
    assert marked(read(edited((old, new)))) == [(code, under)]


SEVERAL: list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]] = [
    (
        "three faults of reading",
        [("veto home", "vito home"), ("weight 5\n", "weight: 5\n"), ("bonus worry", "bonus x y")],
        [("R0107", "vito"), ("R0101", ":"), ("R0101", "y")],
    ),
    (
        "reading and meaning",
        [
            ('tag "derm', 'taag "derm'),
            ("weight 0.3", "weight -1"),
            ("in steps of 1/10", "in steps of 0.3"),
        ],
        [("R0107", "taag"), ("R0206", "-1"), ("R0602", "0.3")],
    ),
    (
        "two blocks not closed",
        [('"Leave it alone."\n}', '"Leave it alone."\n'), ('unmet "Next."\n}', 'unmet "Next."\n')],
        [("R0111", "proficiency"), ("R0111", "order")],
    ),
    (
        "in one criterion",
        [
            ("major when", "major weight 2 when"),
            ("cites ng12\n    met", "cites ng21\n    met"),
            ("weight 5", "weight 0"),
        ],
        [("R0205", "weight 2"), ("R0206", "0"), ("R0806", "ng21")],
    ),
    (
        "types in several places",
        [
            ("age >= 18 years", "age >= 18 mg"),
            ("setting == home", "setting == house"),
            ("age: 40 years", "age: 40"),
        ],
        [("R0404", "18 mg"), ("R0406", "house"), ("R0412", "40")],
    ),
    (
        "in tests alone",
        [
            ("home_removal: met otherwise", "home_removel: met otherwise"),
            ("plain over fluent", "plane over fluent"),
            ("signs: 1\n}", "signs: 7\n}"),
        ],
        [("R0608", "home_removel"), ("R0702", "plane"), ("R0703", "7")],
    ),
    (
        "quotes and signs",
        [('"names two"', "“names two”"), ("age >= 18", "age => 18")],
        [("R0108", "=>"), ("R0108", "“")],
    ),
]


@pytest.mark.parametrize(
    ("changes", "expected"), [c[1:] for c in SEVERAL], ids=[c[0] for c in SEVERAL]
)
def test_several_mistakes_are_as_many_findings(changes, expected):
    assert marked(read(edited(*changes))) == expected


TOKENS = scan(PATH, SAMPLE)[0][:-1]


@pytest.mark.parametrize("index", range(len(TOKENS)))
def test_a_token_left_out_is_at_most_one_finding(index):
    token = TOKENS[index]
    found = marked(read(SAMPLE[: token.start] + SAMPLE[token.end :]))
    assert len(found) <= 1, found


@pytest.mark.parametrize("index", range(len(TOKENS)))
def test_a_quote_too_many_is_one_finding(index):
    token = TOKENS[index]
    found = marked(read(SAMPLE[: token.start] + '"' + SAMPLE[token.start :]))
    assert len(found) == 1, found


@pytest.mark.parametrize("index", range(len(TOKENS)))
def test_a_stray_word_is_at_most_two_findings(index):
    token = TOKENS[index]
    found = marked(read(SAMPLE[: token.end] + " junk " + SAMPLE[token.end :]))
    assert len(found) <= 2, found


def test_the_rest_of_a_damaged_file_is_still_read():
    checked = read(edited(("weight 5\n", "weight: 5\n"), ("bonus worry", "bonus worry weight 2")))
    assert [code for code, _ in marked(checked)] == ["R0101", "R0204"]
    assert checked.rubric is None
    assert set(checked.places) == {"does_harm", "home_removal", "referral", "signs", "worry"}


def test_tests_that_are_still_to_do():
    text = SAMPLE + 'test tood "x"\ntest todo "y" { response a { worry: met }\ntest todo\n'
    text += 'test "z" { response a { worry: met } expect a has worry: met }'
    assert marked(read(text)) == [
        ("R0107", "tood"), ("R0111", "test"), ("R0101", "test"),
    ]  # fmt: skip


def pairs():
    """Two mistakes of those above in one file, where they do not touch the same words."""
    for (old, new, code, _), (other, changed, more, _) in combinations(ONE, 2):
        is_apart = old not in other and other not in old
        if is_apart and SAMPLE.count(old) == SAMPLE.replace(other, changed, 1).count(old) == 1:
            yield [(old, new), (other, changed)], sorted([code, more])


def test_two_mistakes_are_two_findings_nearly_always():
    """Where one is in what the other makes unreadable, it is told when that is mended."""
    found = [
        ([code for code, _ in marked(read(edited(*changes)))], codes) for changes, codes in pairs()
    ]
    assert len(found) > 500
    assert all(codes for codes, _ in found)
    assert sum(len(codes) > 2 for codes, _ in found) < 0.01 * len(found)
    assert sum(sorted(codes) == expected for codes, expected in found) > 0.9 * len(found)
