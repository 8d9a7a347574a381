"""Changes between versions: each kind once, nothing for nothing, and all that the hash sees."""

from dataclasses import fields, replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.changes import Change, changes
from rubricdsl.changes.flips import Case, Sheet, compared
from rubricdsl.changes.versions import is_enough, needed, next_version
from rubricdsl.compact import compact
from rubricdsl.formatting import formatted
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import Checker
from rubricdsl.printing import print_rubric
from rubricdsl.source import MemoryBundle, Source

from ..sample import CORE, SAMPLE
from ..strategies import rubrics


def read(text: str, core: str = CORE) -> ir.Rubric:
    files = {"dermatology/sample.rubric": text, "core/basics.rubric": core}
    checked = Checker(MemoryBundle(files)).check("dermatology/sample.rubric")
    assert checked.rubric is not None, checked.diagnostics
    return checked.rubric


def told(text: str, core: str = CORE) -> list[tuple[str, str, str]]:
    return [(c.kind, c.about, c.step) for c in changes(read(SAMPLE), read(text, core))]


def swapped(old: str, new: str) -> str:
    assert SAMPLE.count(old) >= 1, old
    return SAMPLE.replace(old, new, 1)


BONUS = "excellence {"
EXTRA = 'excellence {\n  bonus extra requires "Is brief."\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (swapped("weight 5", "weight 6"), ("weight", "referral", "minor")),
        (swapped("weight 5", "weight 5.0"), None),
        (swapped('"Says to be seen', '"Advises to be seen'), ("reworded", "referral", "minor")),
        (swapped('"Says to be seen within two weeks."', '"Says to be seen, within two weeks"'),
         ("reworded", "referral", "patch")),
        (swapped("home_removal major", "home_removal critical"),
         ("severity", "home_removal", "minor")),
        (swapped("home_removal major", "home_removal moderate"),
         ("severity", "home_removal", "major")),
        (swapped("age >= 18 years or", "age >= 16 years or"),
         ("condition", "home_removal", "major")),
        (swapped("when setting in (clinic, home)", "when setting in (clinic)"),
         ("condition", "signs", "minor")),
        (swapped("words(response) < 200", "words(response) < 300"),
         ("check", "home_removal", "minor")),
        (swapped("worth 1/4", "worth 1/2"), ("levels", "signs", "minor")),
        (swapped('"names one"', '"names just one"'), ("anchors", "signs level 1", "minor")),
        (swapped("    allows not_applicable\n", ""), ("not_applicable", "signs", "minor")),
        (swapped("cannot_assess means drop", ""), ("policy", "safety", "major")),
        (swapped(BONUS, EXTRA), ("added", "extra", "minor")),
        (swapped('unmet "Wait a year."', 'unmet "Wait two years."'),
         ("examples", "referral", "patch")),
        (swapped('"A shorter time counts."', '"A shorter one counts."'),
         ("note", "referral", "patch")),
        (swapped("    cites ng12\n", ""), ("cites", "referral", "patch")),
        (swapped('"advice to a member', '"for a member'), ("title", "", "patch")),
        (swapped("children : integer", "children : integer = 1"), ("input", "children", "minor")),
        (swapped("children : integer", "children : text"), ("input", "children", "major")),
        (swapped("(clinic, home) = clinic", "(clinic, home, ward) = clinic"),
         ("input", "setting", "minor")),
        (swapped("of my son", "of my daughter"), ("prompt", "child", "patch")),
        (swapped('publisher "NICE"', 'publisher "N"'), ("source", "ng12", "patch")),
        (swapped('tag "dermatology"', 'tag "skin"'), ("tags", "", "patch")),
        (swapped("status draft", "status retired"), ("status", "", "minor")),
        (swapped("## A mole that changes.", "## Another note."), None),
        (swapped("safety {", "safety { # a comment\n\n"), None),
    ],
)  # fmt: skip
def test_each_kind(text, found):
    all_told = told(text)
    # A prompt that changes is one that goes and one that comes.
    assert set(all_told) == ({found} if found else set())


def test_what_comes_from_an_include_counts():
    assert told(SAMPLE, CORE.replace("Does harm.", "Does great harm.")) == [
        ("reworded", "does_harm", "minor")
    ]


def test_names_and_tiers():
    assert told(SAMPLE.replace("referral", "sent_on")) == [
        ("renamed", "sent_on", "major"),
        ("profile", "urgent", "minor"),
    ]
    old = ir.Rubric("a", "1.0.0", "draft", "evaluation", "A", (kind("x"), kind("y")))
    moved = replace(kind("y"), tier="proficiency", weight=Fraction(2))
    assert [c[:3] for c in changes(old, replace(old, criteria=(moved, kind("x"))))] == [
        ("moved", "y", "major")
    ]
    assert changes(old, replace(old, criteria=(kind("y"), kind("x")))) == (
        Change("sequence", "", "patch", "x, y", "y, x"),
    )
    assert changes(old, replace(old, criteria=(kind("x"),))) == (
        Change("removed", "y", "major", "bonus requires: Is y.", ""),
    )


def kind(name: str) -> ir.Criterion:
    return ir.Criterion(
        name, "excellence", "requires", f"Is {name}.", ir.Origin("a", "1.0.0", name)
    )


@given(rubrics())
@settings(max_examples=40, deadline=None)
def test_nothing_has_changed_in_the_same(rubric):
    assert changes(rubric, rubric) == ()


OF_A_TIER = ("severity", "weight", "levels")
"""Fields that mean nothing in another tier; no rubric that was checked has them there."""


@given(rubrics(max_size=2), rubrics(max_size=2), st.data())
@settings(max_examples=120, deadline=None)
def test_whatever_moves_the_hash_is_told(rubric, other, data):
    """One field, of the rubric or of a criterion, taken from another rubric."""
    name = data.draw(st.sampled_from([f.name for f in fields(ir.Rubric)]))
    mixed = replace(rubric, **{name: getattr(other, name)})
    if rubric.criteria and other.criteria and data.draw(st.booleans()):
        part = data.draw(st.sampled_from([f.name for f in fields(ir.Criterion)]))
        mine = data.draw(st.sampled_from(rubric.criteria))
        theirs = data.draw(st.sampled_from(other.criteria))
        assume(mine.tier == theirs.tier or part not in OF_A_TIER)
        made = replace(mine, **{part: getattr(theirs, part)})
        mixed = replace(
            rubric, criteria=tuple(made if c is mine else c for c in rubric.criteria)
        )  # fmt: skip
    known = {i.id for i in mixed.inputs}
    assume({i.id for i in rubric.inputs} | {i.id for i in other.inputs} <= known)
    assume(len({c.id for c in mixed.criteria}) == len(mixed.criteria))
    if semantic_hash(mixed) != semantic_hash(rubric):
        assert changes(rubric, mixed)
    else:
        assert all(c.step == "patch" or c.kind in WITHOUT_HASH for c in changes(rubric, mixed))


WITHOUT_HASH = ("name", "status", "purpose")


@given(rubrics(max_size=2), st.text(" ax\n", max_size=6))
@settings(max_examples=25, deadline=None)
def test_layout_and_comments_are_no_change(rubric, noise):
    assume(rubric.criteria)
    text = print_rubric(rubric)
    before = Checker(MemoryBundle({"a.rubric": text})).check("a.rubric").rubric
    assume(before is not None)
    comment = "# " + noise.replace("\n", "\n# ") + "\n"
    loose = comment + text.replace("{\n", f"{{ {comment}\n").replace("  ", " \t ")
    neat = formatted(Source("a.rubric", loose), MemoryBundle({"a.rubric": loose})).text
    for other in (loose, neat):
        after = Checker(MemoryBundle({"a.rubric": other})).check("a.rubric").rubric
        assert after is not None
        assert [c for c in changes(before, after) if c.kind != "prompt" or noise == ""] == []


@pytest.mark.parametrize(
    ("old", "step", "least"),
    [
        ("1.2.3", "major", "2.0.0"), ("1.2.3", "minor", "1.3.0"), ("1.2.3", "patch", "1.2.4"),
        ("0.2.3", "major", "0.3.0"), ("0.2.3", "minor", "0.2.4"), ("0.2.3", "patch", "0.2.4"),
    ],
)  # fmt: skip
def test_versions(old, step, least):
    assert next_version(old, step) == least
    assert is_enough(least, least)
    assert not is_enough(old, least)
    assert is_enough("10.0.0", least)
    assert needed(old, ()) == old


# Stored sheets

VETO = replace(kind("v"), tier="safety", severity="critical", polarity="forbids")
ONE = replace(kind("a"), tier="proficiency", weight=Fraction(3))
TWO = replace(kind("b"), tier="proficiency", weight=Fraction(1))
BASE = ir.Rubric("a", "1.0.0", "draft", "evaluation", "A", (VETO, ONE, TWO))
SHEETS = [
    Sheet("left", "", {"v": "unmet", "a": "met", "b": "unmet"}),
    Sheet("right", "", {"v": "unmet", "a": "unmet", "b": "met"}),
    Sheet("bad", "", {"v": "met", "a": "met", "b": "met"}),
]


def case(rubric: ir.Rubric) -> Case:
    return Case(compact(rubric, "x"), {}, None)


def test_a_pair_that_changes_places():
    heavier = replace(TWO, weight=Fraction(9))
    new = replace(BASE, criteria=(VETO, ONE, heavier))
    moved, flips = compared("r1", case(BASE), case(new), SHEETS)
    assert [m.sheet for m in moved] == ["left", "right"]
    (flip,) = flips
    assert (flip.row, flip.first, flip.second, flip.by) == (
        "r1", "left", "right", ("order", "reward"),
    )  # fmt: skip
    assert [w.key for w in flip.old] == [(0, 0, 0, 15, 0), (0, 0, 0, 5, 0)]
    assert [w.reward for w in flip.old] == [1 + Fraction(15, 20), 1 + Fraction(5, 20)]
    assert [w.key for w in flip.new] == [(0, 0, 0, 5, 0), (0, 0, 0, 15, 0)]


def test_a_reward_that_tells_apart_what_the_order_does_not():
    new = replace(BASE, reward=ir.Reward("weighted", {"safety": Fraction(0)}))
    moved, flips = compared("r1", case(BASE), case(new), SHEETS)
    assert [m.sheet for m in moved] == ["left", "right", "bad"]
    assert [(f.first, f.second, f.by) for f in flips] == [
        ("left", "bad", ("reward",)),
        ("right", "bad", ("reward",)),
    ]
    assert [[w.reward for w in f] for f in (flips[0].old, flips[0].new)] == [
        [Fraction(7, 4), 0],
        [Fraction(3, 4), 1],
    ]


def test_sheets_that_do_not_count():
    new = replace(BASE, policies=ir.Policies(safety="drop"))
    sheets = [SHEETS[0], Sheet("empty", "", {})]
    moved, flips = compared("r1", case(BASE), case(new), sheets)
    assert [(m.sheet, m.new) for m in moved] == [("empty", (None, None))]
    assert [(f.first, f.second, f.by) for f in flips] == [("left", "empty", ("order", "reward"))]


@given(rubrics(max_size=2))
@settings(max_examples=20, deadline=None)
def test_no_sheet_moves_without_a_change(rubric):
    verdicts = {c.id: 0 if c.levels else "met" for c in rubric.criteria}
    sheets = [Sheet("met", "", verdicts), Sheet("none", "", {})]
    assert compared("r", case(rubric), case(rubric), sheets) == ([], [])
