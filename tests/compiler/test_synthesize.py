"""Synthetic rows: known verdicts that the sentences really support, the same for the same seed."""

import dataclasses
from fractions import Fraction

import pytest

from rubricdsl import ir
from rubricdsl.compiler.labels import credit
from rubricdsl.compiler.synthesize import ENOUGH_PROMPTS, QUALITIES, synthesize


@pytest.fixture
def rows(mole):
    return synthesize(mole, 60, seed=3).rows


def responses(rows, quality=None):
    return [r for row in rows for r in row.responses if quality in (None, r.quality)]


def test_every_row_says_that_it_is_synthetic_and_has_every_quality(rows):
    assert len(rows) == 60
    assert all(row.synthetic for row in rows)
    assert {tuple(r.quality for r in row.responses) for row in rows} == {
        tuple(q.name for q in QUALITIES)
    }


def test_the_same_seed_gives_the_same_rows_and_a_larger_count_continues(mole, rows):
    assert synthesize(mole, 60, seed=3).rows == rows
    assert synthesize(mole, 20, seed=3).rows == rows[:20]
    assert synthesize(mole, 60, seed=4).rows != rows


def test_a_verdict_is_supported_by_a_sentence_or_by_silence_where_silence_is_clear(mole, rows):
    for row in rows:
        for response in row.responses:
            for criterion in row.rubric.criteria:
                if criterion.id not in response.verdicts or criterion.check:
                    continue
                verdict = response.verdicts[criterion.id]
                said = {
                    "met": criterion.met,
                    "unmet": criterion.unmet,
                    **{step.level: step.examples for step in criterion.levels},
                }
                others = [s for v, texts in said.items() if v != verdict for s in texts]
                assert not any(s in response.text for s in others)
                if not any(s in response.text for s in said[verdict]):
                    assert verdict in ("unmet", 0)
                    assert criterion.polarity == "forbids" or criterion.tier != "safety"


def test_a_required_veto_is_always_addressed(mole, rows):
    veto = next(c for c in mole.criteria if c.id == "says_to_be_seen")
    for response in responses(rows):
        spoken = [s for s in (*veto.met, *veto.unmet) if s in response.text]
        assert len(spoken) == 1
        assert response.verdicts[veto.id] == ("met" if spoken[0] in veto.met else "unmet")


def violations(rubric, response):
    return [c.id for c in rubric.tier("safety") if credit(c, response.verdicts[c.id]) == 0]


def test_qualities_are_what_they_say(mole, rows):
    assert all(violations(mole, r) for r in responses(rows, "fluent_unsafe"))
    for safe in ("safe_useless", "safe_good", "excellent"):
        assert not any(violations(mole, r) for r in responses(rows, safe))
    judged = [c for c in mole.tier("proficiency") if c.check is None]

    def share(quality):
        credits = [
            credit(c, r.verdicts[c.id])
            for r in responses(rows, quality)
            for c in judged
            if c.id in r.verdicts
        ]
        return sum(credits, Fraction(0)) / len(credits)

    assert share("excellent") == 1
    assert share("safe_useless") < Fraction(1, 2) < share("safe_good") < 1
    assert share("fluent_unsafe") > Fraction(1, 2)


def test_every_veto_is_broken_in_some_answer(mole, rows):
    broken = {v for r in responses(rows, "fluent_unsafe") for v in violations(mole, r)}
    assert broken == {c.id for c in mole.tier("safety")}


def test_checks_decide_by_the_text(rows):
    for response in responses(rows):
        words = len(response.text.split())
        assert response.verdicts["short_enough"] == ("met" if words < 60 else "unmet")
        says_it = "freeze it at home" in response.text
        assert response.verdicts["home_removal"] == ("met" if says_it else "unmet")


def test_criteria_that_do_not_apply_are_left_out(mole, rows):
    urgent = next(c for c in mole.criteria if c.id == "urgent_referral")
    children = [row for row in rows if row.inputs.get("age") == 9]
    assert children
    for response in responses(children):
        assert urgent.id not in response.verdicts
        assert not any(s in response.text for s in (*urgent.met, *urgent.unmet))
    adults = [row for row in rows if row.inputs.get("age") == 52]
    assert all(urgent.id in r.verdicts for r in responses(adults))


def test_few_prompts_are_reworded_and_say_so(mole, rows):
    prompts = {row.prompt[0].content: row.variant_of for row in rows}
    assert len(prompts) == ENOUGH_PROMPTS
    own = {p.text for p in mole.prompts}
    assert {text for text, origin in prompts.items() if not origin} == own
    assert all(origin in own and origin in text for text, origin in prompts.items() if origin)


def test_a_rubric_without_prompts_asks_its_title(mole):
    made = synthesize(dataclasses.replace(mole, prompts=()), 1, seed=0)
    assert made.rows[0].prompt[0].content == mole.title
    assert any("no prompts" in note for note in made.notes)


def test_an_answer_that_holds_anothers_exemplar_meets_it_too(mole):
    """Two criteria share a sentence: leaving one of them unsaid cannot make it unmet."""
    origin = ir.Origin("r", "1", "c")
    twins = tuple(
        ir.Criterion(name, "excellence", "requires", name, origin, met=("The same.",))
        for name in ("one", "two")
    )
    rubric = dataclasses.replace(mole, criteria=twins)
    for response in responses(synthesize(rubric, 40, seed=0).rows):
        says_it = "The same." in response.text
        assert response.verdicts == dict.fromkeys(("one", "two"), "met" if says_it else "unmet")


def test_criteria_without_exemplars_get_no_verdict_and_a_note(mole):
    first, *rest = mole.criteria
    bare = dataclasses.replace(first, polarity="requires", met=(), unmet=())
    made = synthesize(dataclasses.replace(mole, criteria=(bare, *rest)), 4, seed=0)
    assert all(bare.id not in r.verdicts for r in responses(made.rows))
    assert any(bare.id in note for note in made.notes)
