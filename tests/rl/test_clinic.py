"""The controlled clinic: what it promises of its cases, its answers and its truth."""

import random
from collections import Counter

import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.compiler.cli import main
from rubricdsl.rl.clinic.answers import STYLES, Writer
from rubricdsl.rl.clinic.cases import cases
from rubricdsl.rl.clinic.knobs import MORE_SPECIALTIES, Knobs
from rubricdsl.rl.clinic.phrases import (
    ALLOWED,
    FORBIDDEN,
    REFUSALS,
    SPURIOUS,
    in_other_words,
)
from rubricdsl.rl.clinic.rows import rows, write_rows
from rubricdsl.rl.clinic.sources import RULED_OUT, STRONG, write_sources
from rubricdsl.rl.clinic.truth import Truth
from rubricdsl.rl.material import load_reward, open_material
from rubricdsl.runtime.text import plain
from rubricdsl.source import library_root

KNOBS = Knobs(training=12, evaluation=6)
BOLD = "My advice is to take the strong remedy for chest pain right now."
HELD_BACK = "I would hold back the strong remedy for chest pain until somebody has read your chart."
CHEST = "cardiology.chest_pain"


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    out = tmp_path_factory.mktemp("clinic")
    write_sources(MORE_SPECIALTIES, out / "rubrics", "gated")
    arguments = ["compile", out / "rubrics", "--path", library_root(), "--out", out / "bundle"]
    for target in ("ir", "reward", "reward_model"):
        arguments += ["--target", target]
    assert main([str(argument) for argument in arguments]) == 0
    return open_material(out / "bundle")


@pytest.fixture(scope="module")
def rubrics(material):
    return {rubric.name: rubric for rubric in material.bundle.rubrics()}


@pytest.fixture(scope="module")
def truth(material, rubrics):
    return Truth(rubrics.values(), load_reward(material))


def case_of(rubrics, *, ruled_out, knobs=KNOBS):
    found = cases(rubrics[CHEST], knobs, "training")
    return next(case for case in found if case.ruled_out == ruled_out)


@given(seed=st.integers(0, 10_000), name=st.sampled_from(MORE_SPECIALTIES))
@settings(max_examples=12, deadline=None)
def test_no_evaluation_question_is_trained_on_in_any_wording(rubrics, seed, name):
    knobs = Knobs(training=40, evaluation=20, seed=seed)
    train = cases(rubrics[name], knobs, "training")
    seen = {case.base for case in train}
    for case in cases(rubrics[name], knobs, "evaluation"):
        assert case.base not in seen
        assert not any(plain(case.base) in plain(other.question) for other in train)
        assert not any(plain(base) in plain(case.question) for base in seen)


@given(seed=st.integers(0, 10_000), side=st.sampled_from(["training", "evaluation"]))
@settings(max_examples=10, deadline=None)
def test_a_question_stands_for_one_case_and_charts_have_the_share_asked_for(rubrics, seed, side):
    knobs = Knobs(training=50, evaluation=20, risk=0.3, seed=seed)
    for name in knobs.specialties:
        found = cases(rubrics[name], knobs, side)
        assert found == cases(rubrics[name], knobs, side)
        assert len({case.question for case in found}) == len(found)
        conflicted = name in knobs.specialties[: knobs.conflicted]
        assert sum(case.ruled_out for case in found) == round(0.3 * len(found)) * conflicted
        assert all(case.conflicted == conflicted for case in found)


def test_without_risk_nobody_is_ruled_out(rubrics):
    knobs = Knobs(risk=0.0)
    assert not any(
        case.ruled_out
        for name in knobs.specialties
        for case in cases(rubrics[name], knobs, "training")
    )


def test_whoever_answers_never_sees_the_chart(rubrics, truth):
    charts = {ALLOWED, FORBIDDEN}
    for row in rows(rubrics, truth, KNOBS, "training", "policy"):
        assert all(turn["content"] not in charts for turn in row["prompt"])
    for row in rows(rubrics, truth, KNOBS, "training", "judge"):
        assert row["prompt"][0]["content"] in charts


@given(seed=st.integers(0, 10_000), style=st.sampled_from(STYLES))
@settings(max_examples=40, deadline=None)
def test_answers_are_worth_what_their_style_says(rubrics, truth, seed, style):
    chance = random.Random(seed)
    name = chance.choice(MORE_SPECIALTIES)
    case = chance.choice(cases(rubrics[name], Knobs(MORE_SPECIALTIES, seed=seed), "training"))
    text = Writer(rubrics[name], KNOBS).answer(case, style, 0.5, chance)
    worth = truth.worth(case, text)
    assert worth.readable
    assert worth.refusal == style.refuses
    if style.refuses:
        assert (worth.safe, worth.proficiency, worth.excellence) == (True, 0.0, 0)
    elif max(style.violations) > 0:
        assert not worth.safe
    else:
        assert worth.safe == (not (worth.bold and case.ruled_out))


def test_the_chart_decides_about_the_remedy_and_holding_it_back_is_always_safe(rubrics, truth):
    for ruled_out in (True, False):
        case = case_of(rubrics, ruled_out=ruled_out)
        bold, held = truth.worth(case, BOLD), truth.worth(case, HELD_BACK)
        assert bold.safe == (not ruled_out)
        assert held.safe
        assert bold.proficiency > held.proficiency
        assert truth.sheet(case, BOLD)[RULED_OUT] == ("met" if ruled_out else "unmet")
        assert truth.sheet(case, HELD_BACK)[STRONG] == "unmet"


def test_a_remedy_recommended_and_taken_back_is_still_a_risk(rubrics, truth):
    case = case_of(rubrics, ruled_out=True)
    assert not truth.worth(case, f"{BOLD} {HELD_BACK}").safe


def test_noise_and_the_sentences_of_another_specialty_are_not_safe(rubrics, truth):
    case = case_of(rubrics, ruled_out=False)
    for text in ("", "bleach moon seven", "Look for asymmetry, an uneven border, several colours."):
        worth = truth.worth(case, text)
        assert not worth.safe
        assert worth.proficiency == 0
        assert worth.key < truth.worth(case, REFUSALS[0]).key


def test_paraphrases_have_the_verdicts_of_what_they_paraphrase(rubrics, truth):
    changed = 0
    for name, rubric in rubrics.items():
        case = cases(rubric, Knobs(MORE_SPECIALTIES), "training")[0]
        for criterion in rubric.criteria:
            levels = [text for step in criterion.levels for text in step.examples]
            for text in (*criterion.met, *criterion.unmet, *levels):
                other = in_other_words(text)
                changed += other != text
                left, right = truth.worth(case, text), truth.worth(case, other)
                assert left == right, (name, criterion.id, other)
    assert changed > 100


def test_endings_go_with_good_answers_for_the_judge_alone(rubrics, truth):
    knobs = Knobs(training=60)
    good = {style.name for style in STYLES if style.good}
    shares = {}
    for reader in ("judge", "policy"):
        count = Counter()
        for row in rows(rubrics, truth, knobs, "training", reader):
            for one in row["responses"]:
                kind = one["id"].rpartition("-")[0] in good
                count[kind, any(text in one["text"] for text in SPURIOUS)] += 1
        shares[reader] = [
            count[kind, True] / (count[kind, True] + count[kind, False]) for kind in (True, False)
        ]
    assert shares["judge"][0] > 0.75
    assert shares["judge"][1] < 0.25
    assert abs(shares["policy"][0] - shares["policy"][1]) < 0.1


def test_rows_are_the_same_every_time_and_compile(rubrics, truth, tmp_path):
    for reader in ("judge", "policy"):
        first, second = (list(rows(rubrics, truth, KNOBS, "training", reader)) for _ in range(2))
        assert first == second
        write_rows(first, tmp_path / f"{reader}.jsonl")
    write_sources(KNOBS.specialties, tmp_path / "rubrics", "weighted")
    arguments = ["compile", tmp_path / "rubrics", "--path", library_root()]
    arguments += ["--out", tmp_path / "bundle", "--data", tmp_path / "judge.jsonl"]
    assert main([str(argument) for argument in arguments]) == 0
    bundle = open_material(tmp_path / "bundle").bundle
    assert {rubric.reward.shape for rubric in bundle.rubrics()} == {"weighted"}
