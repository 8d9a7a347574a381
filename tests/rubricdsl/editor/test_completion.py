"""What is offered at a place: what fits there, by its name, and nothing else."""

import pytest

from rubricdsl.editor.completion import completion
from rubricdsl.editor.keywords import WORDS
from rubricdsl.syntax.tables import tables

from ...sample import SAMPLE

# What is put in place of what, with the cursor; what must be offered first, and what must not be.
OFFERED = [
    ("use core.harm called does_harm", "use ¦", ["core.harm"], ["core", "veto"]),
    ("use core.harm called does_harm", "use core.h¦", ["core.harm"], ["veto"]),
    ("use core.harm called does_harm", "¦", ["veto", "use", "cannot_assess"], ["criterion"][1:]),
    ("cites ng12", "cites ¦", ["ng12"], ["acts", "requires"]),
    ("cites ng12", "cites ng12, ¦", ["ng12"], ["requires"]),
    ("status draft", "status ¦", ["draft", "active", "retired"], ["title"]),
    ("purpose training", "purpose ¦", ["training", "evaluation"], []),
    ("cannot_assess means drop", "cannot_assess means ¦", ["violate", "drop"], ["unmet"]),
    ("when age >= 18 years or", "when ¦ or", ["age", "setting", "pregnant", "not"], ["acts"]),
    ("when age >= 18 years or", "when age >= 18 ¦ or", ["months", "years"], ["mg", "age"]),
    ("when age >= 18 years or", "when age >= 18 ye¦ or", ["years"], ["mg"]),
    ("setting == home", "setting == ¦", ["clinic", "home"], ["age", "true"]),
    ("setting in (clinic, home)", "setting in (clinic, ¦)", ["clinic", "home"], ["age"]),
    ("not pregnant", "ward in ¦", ["acts"], ["clinic"]),
    ("not pregnant", "drugs contains ¦", ["acts"], ["clinic"]),
    ("not pregnant", "pregnant == ¦", ["true", "false"], ["acts"]),
    ("check mentions(response, acts)", "check ¦", ["mentions", "words", "dose"], ["age"]),
    ("check mentions(response, acts)", "check mentions(¦", ["response"], ["acts"]),
    ("check mentions(response, acts)", "check mentions(response, ¦)", ["acts"], ["response"]),
    ("quantity(years)", "quantity(¦)", ["years", "mg"], ["age"]),
    ("quantity(years)", "¦", ["bool", "integer", "text", "list"], ["years"]),
    ("= clinic", "= ¦", ["clinic", "home"], ["acts"]),
    ('{ age: 9 years, drugs: ("aspirin", "zinc") }', "{ ¦ }", ["age", "drugs"], ["signs"]),
    ('{ age: 9 years, drugs: ("aspirin", "zinc") }', "{ age: 9 years, ¦ }", ["drugs"], ["age"]),
    ('{ age: 9 years, drugs: ("aspirin", "zinc") }', "{ age: 9 ¦ }", ["months", "years"], ["mg"]),
    ('{ age: 9 years, drugs: ("aspirin", "zinc") }', "{ setting: ¦ }", ["clinic", "home"], []),
    ("home_removal: met otherwise: good", "¦", ["home_removal", "signs", "otherwise"], ["age"]),
    ("home_removal: met otherwise: good", "signs: 1 ¦", ["worry"], ["signs", "age"]),
    ("home_removal: met otherwise: good", "home_removal: ¦", ["met", "unmet"], ["0", "good"]),
    ("home_removal: met otherwise: good", "signs: ¦", ["0", "1", "2"], ["met", "good"]),
    ("home_removal: met otherwise: good", "otherwise: ¦", ["good", "bad"], ["met"]),
    ("expect plain over", "expect ¦", ["fluent", "plain"], ["signs"]),
    ("expect plain over fluent because home_removal", "expect plain over ¦", ["fluent"], []),
    ("because home_removal", "because ¦", ["home_removal", "signs"], ["fluent"]),
    ("expect plain has signs: 1", "expect plain ¦", ["over", "has", "safe"], ["signs"]),
    ("expect plain has signs: 1", "expect plain has signs: ¦", ["0", "1", "2"], ["met"]),
    ("expect plain has signs: 1", "expect plain violates ¦", ["home_removal"], ["signs"]),
    ("{ weight referral 8 }", "{ weight ¦ }", ["referral", "signs"], ["home_removal", "worry"]),
    ("reward promedical alpha 1/200 penalty 3/2", "reward ¦", ["gated", "promedical"], ["alpha"]),
    ("promedical alpha 1/200 penalty 3/2", "promedical ¦", ["alpha", "beta"], ["gated"]),
    ('id "NG12" }', "¦ }", ["publisher", "doi"], ["ng12"]),
    ("include core.basics", "include ¦", ["core.basics", "core.patient_safety"], ["safety"]),
    ('include core.basics version "1.2.0"', "include core.basics version ¦", ['"1.2.0"'], []),
    ("bonus worry", "¦", ["bonus"], ["veto"][1:]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wanted", "unwanted"), OFFERED)
def test_what_fits_is_offered(desk, old, new, wanted, unwanted):
    path, at = desk.type(old, new)
    labels = [item.label for item in completion(desk.workspace, path, at).items]
    assert [word for word in wanted if word not in labels] == []
    assert [word for word in unwanted if word in labels] == []
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"Does', '"¦Does'),
        ('title "A mole', 'title "¦A mole'),
        ("purpose training", "purpose # ¦"),
        ('"Next."', '"Next.¦'),
    ],
)
def test_nothing_is_offered_in_texts_and_comments(desk, old, new):
    old = old if old in SAMPLE else '"Says'
    path, at = desk.type(old, new.replace("Does", "Says"))
    assert completion(desk.workspace, path, at).items == []


def test_the_word_under_the_cursor_is_replaced(desk):
    path, at = desk.type("use core.harm called does_harm", "use core.h¦")
    found = completion(desk.workspace, path, at)
    assert desk.text(path)[found.start : at] == "core.h"


def test_what_is_offered_can_be_read(desk):
    """Whatever keyword is offered behind a word does fit there."""
    for place in ("order {", "requires ", "veto home", "expect plain over", "weight referral"):
        path, at = desk.type(place, f"¦ {place}")
        before = desk.text(path)[:at]
        for item in completion(desk.workspace, path, at).items:
            desk.workspace.set_text(path, before + item.label + " ")
            found = desk.workspace.check(path).diagnostics
            assert at not in [d.span.start for d in found], (place, item.label)
        desk.workspace.set_text(path, SAMPLE)


def test_rubrics_come_with_their_version(desk):
    path, at = desk.type('include core.basics version "1.2.0" called core', "include core.b¦")
    items = {item.label: item.insert for item in completion(desk.workspace, path, at).items}
    assert items["core.basics"] == 'core.basics version "1.2.0" called basics'


def test_each_keyword_of_the_grammar_is_explained():
    assert set(tables().words) <= set(WORDS)
