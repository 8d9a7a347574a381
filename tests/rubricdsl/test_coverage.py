"""What tests cover: each goal and what reaches it; table, colours and JSON from one record."""

from fractions import Fraction

import pytest

from rubricdsl.coverage import Coverage, Tally, cover
from rubricdsl.coverage.data import to_json
from rubricdsl.coverage.paint import paint
from rubricdsl.coverage.table import table
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle
from rubricdsl.testing import run_cases

HEAD = """\
rubric a version "1.0.0"
title "A"
purpose evaluation
input {
  age     : quantity(years) optional
  setting : one of (clinic, home) = clinic
  asked   : bool
}
safety {
  veto harm critical forbids "Does harm."
  veto acts major when age >= 18 years and (asked or age is given) forbids "Acts."
    check mentions(response, "cut it off")
}
proficiency {
  criterion signs weight 1 when setting == home
    requires "Names signs." level 0 "none" level 1 "one" level 2 "two"
}
excellence { bonus kind requires "Is kind." allows not_applicable }
profile home when setting == home { weight signs 9 }
profile named { weight signs 2 }
"""
WHOLE = "age >= 18 years and (asked == true or age is given)"


def covered(*tests, head=HEAD, more=None):
    files = {"a.rubric": head + "\n".join(tests), **(more or {})}
    file = Checker(MemoryBundle(files)).check("a.rubric")
    assert file.rubric is not None, file.diagnostics
    found = cover(file, run_cases(file.rubric, file.tests))
    assert found is not None
    return found


def reached(file, part):
    """The goals of a part that some case reached, conditions with their text."""
    return {
        f"{goal.about}: {goal.name}" if goal.about else goal.name
        for one in file.parts
        if one.id == part
        for goal in one.goals
        if goal.times
    }


def asked(file, part):
    return {
        f"{goal.about}: {goal.name}" if goal.about else goal.name
        for one in file.parts
        if one.id == part
        for goal in one.goals
        if goal.asked
    }


def test_the_goals_of_a_rubric():
    file = covered()
    assert asked(file, "harm") == {"met", "unmet", "decides"}
    assert asked(file, "kind") == {"met", "unmet", "not_applicable", "decides"}
    assert asked(file, "signs") == {
        "level 0", "level 1", "level 2", "decides",
        "setting == home: true", "setting == home: false",
    }  # fmt: skip
    assert asked(file, "home") == {"chosen", "setting == home: true", "setting == home: false"}
    assert asked(file, "named") == set()
    assert asked(file, "acts") == {
        "met", "unmet", "decides",
        f"{WHOLE}: true", f"{WHOLE}: false", f"{WHOLE}: unknown",
        "age >= 18 years: true", "age >= 18 years: false", "age >= 18 years: unknown",
        "asked: true", "asked: false", "age is given: true", "age is given: false",
    }  # fmt: skip
    assert file.tally() == Tally(0, 29)


@pytest.mark.parametrize(
    ("when", "outcomes"),
    [
        ("age is given and age < 18 years", {"true", "false"}),
        ("not (age is given) or age < 18 years", {"true", "false"}),
        ("age < 18 years", {"true", "false", "unknown"}),
        ("setting == home", {"true", "false"}),
        ("asked", {"true", "false"}),
        ("asked is given", {"true"}),
        ("setting is given and age < 1 years", {"true", "false", "unknown"}),
    ],
)
def test_an_outcome_that_cannot_be_is_not_asked_for(when, outcomes):
    head = HEAD.replace("bonus kind", f"bonus kind when {when}")
    whole = [g for p in covered(head=head).parts if p.id == "kind" for g in p.goals]
    first = next(g.about for g in whole if g.kind == "branch")
    assert {g.name for g in whole if g.about == first and g.asked} == outcomes


def test_what_a_case_reaches():
    file = covered(
        """test "t" {
  given { setting: home  asked: true }
  response a { harm: met  signs: 2  otherwise: good }
  response b { harm: unmet  signs: 1  kind: not_applicable  otherwise: bad }
  response c { otherwise: good }
  expect b over a
}"""
    )
    assert reached(file, "harm") == {"met", "unmet", "decides"}
    assert reached(file, "signs") == {"level 1", "level 2", "setting == home: true"}
    assert reached(file, "kind") == {"met", "not_applicable"}
    assert reached(file, "home") == {"chosen", "setting == home: true"}
    assert reached(file, "acts") == {
        "met", "unmet", f"{WHOLE}: unknown", "age >= 18 years: unknown",
        "asked: true", "age is given: false",
    }  # fmt: skip


def test_a_criterion_that_is_set_aside_is_not_tried():
    file = covered('test "t" { response a { otherwise: good } expect a safe }')
    assert reached(file, "signs") == {"setting == home: false"}
    assert reached(file, "home") == {"setting == home: false"}


def test_only_what_an_expectation_names_counts():
    file = covered(
        'test todo "later" { response a { otherwise: good } expect a safe }',
        'test todo "much later"',
        'test "t" { response a { otherwise: good } response b { harm: met } expect a safe }',
    )
    assert reached(file, "harm") == {"unmet"}
    assert file.cases == 1


def test_an_expectation_that_fails_decides_nothing():
    file = covered(
        'test "t" { response a { harm: met  otherwise: good } response b { otherwise: good }'
        " expect a over b expect a violates acts }"
    )
    assert reached(file, "harm") == {"met", "unmet"}


def test_of_a_text_the_checks_judge_alone():
    file = covered('test "t" { response a "Just cut it off." expect a violates acts }')
    assert reached(file, "harm") == set()
    assert {"met", "decides"} <= reached(file, "acts")


def test_what_is_not_assessed_is_shown_and_not_asked_for():
    file = covered('test "t" { response a { kind: not_applicable } expect a has kind: met }')
    assert "cannot_assess" in reached(file, "harm")
    assert "cannot_assess" not in asked(file, "harm")


BASE = """\
rubric b version "1.0.0"
title "B"
purpose evaluation
input { asked : bool }
safety { veto harm critical when asked forbids "Does harm." }
excellence { bonus kind requires "Is kind." }
profile quiet when asked { }
"""


@pytest.mark.parametrize(
    ("text", "part", "line"),
    [
        ('include b version "1.0.0" called base\nsafety { use base.harm called hurt }', "hurt", 6),
        ('extends b version "1.0.0"', "harm", 5),
        ('extends b version "1.0.0"', "quiet", 5),
        ('extends b version "1.0.0"\nexcellence { override kind when asked }', "kind", 6),
    ],
)
def test_what_comes_from_another_rubric_counts_where_it_comes_in(text, part, line):
    inputs = "input { asked : bool }" if "include" in text else ""
    head = f'rubric a version "1.0.0"\ntitle "A"\npurpose evaluation\n{inputs}\n{text}\n'
    file = covered(head=head, more={"b.rubric": BASE})
    found = next(one for one in file.parts if one.id == part)
    assert file.source.position(found.span.start)[0] == line
    assert {g.name for g in found.goals if g.kind == "branch"} == {"true", "false"}


def test_the_renderers_agree():
    file = covered('test "t" { response a { otherwise: good } expect a safe }')
    coverage = Coverage((file,))
    tally = coverage.tally()
    rows = table(coverage)
    assert rows[-1].split()[:4] == ["all", "3/10", "0/4", "5/15"]
    assert tally.shown in rows[-1]
    data = to_json(coverage)
    assert (data["reached"], data["goals"]) == tally
    tried = [goal for part in data["files"][0]["parts"] for goal in part["tried"]]
    assert sum(goal["cases"] > 0 for goal in tried if goal["asked"]) == tally.reached


def test_the_coloured_source_is_the_source():
    file = covered('test "t" { response a { otherwise: good } expect a safe }')
    lines = paint(file)
    text = "\n".join("".join(piece.text for piece in line.pieces) for line in lines)
    assert text == file.source.text
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    told = {piece.text: (piece.part, piece.branch) for line in lines for piece in line.pieces}
    assert told['veto harm critical forbids "Does harm."'] == ("some", "")
    assert told["asked"] == ("some", "none")
    assert told["setting == home"] == ("some", "some")
    assert {part.id for line in lines for part in line.parts} == {p.id for p in file.parts}


@pytest.mark.parametrize(
    ("reached", "total", "shown"),
    [
        (0, 0, "100.0 %"),
        (0, 7, "0.0 %"),
        (2, 3, "66.6 %"),
        (9999, 10000, "99.9 %"),
        (5, 5, "100.0 %"),
    ],
)
def test_percent_are_rounded_down(reached, total, shown):
    assert Tally(reached, total).shown == shown


def test_the_threshold_is_exact():
    file = covered('test "t" { response a { otherwise: good } expect a safe }')
    share = Fraction(800, 29)
    assert Coverage((file,)).reaches(share)
    assert not Coverage((file,)).reaches(share + Fraction(1, 10**9))


def test_a_file_with_errors_has_no_coverage():
    file = Checker(MemoryBundle({"a.rubric": "rubric"})).check("a.rubric")
    assert cover(file, ()) is None
