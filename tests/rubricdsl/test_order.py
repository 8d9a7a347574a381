"""What the order and the shapes promise: order, priority of safety, failing closed."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.order import round_half_even

from ..strategies import NONSENSE, cases, profile_names, rows, rubrics, sheets

ORDERED = ("gated", "lexicographic")


@st.composite
def two_responses(draw, **limits):
    """Two sheets for the same case: the compact rubric and both results."""
    rubric = draw(rubrics(policy_kinds=("unmet", "exclude"), **limits))
    row, profile = draw(rows(rubric)), draw(profile_names(rubric))
    form = compact(rubric, "hash")
    left, right = (evaluate(form, draw(sheets(rubric)), row, None, profile) for _ in range(2))
    return form, left, right


@settings(max_examples=60)
@given(two_responses(shapes=("lexicographic",)))
def test_lexicographic_is_the_order(pair):
    _, left, right = pair
    assert (left["key"] < right["key"]) == (left["reward"] < right["reward"])
    assert (left["key"] == right["key"]) == (left["reward"] == right["reward"])
    assert 0 <= left["reward"] <= 1


@settings(max_examples=60)
@given(two_responses(shapes=("gated",)))
def test_gated_is_the_order_above_the_gate_and_counts_violations_below(pair):
    form, left, right = pair
    low, high = sorted((left, right), key=lambda result: result["key"])
    assert low["reward"] <= high["reward"]
    counts = form["reward"]["params"].get("count", [0, 1])[0]
    if not high["violations"]:
        assert (low["reward"] < high["reward"]) == (low["key"] < high["key"])
    elif counts:
        assert (low["reward"] < high["reward"]) == (low["key"][:3] < high["key"][:3])
    else:
        assert low["reward"] == high["reward"] == 0.0


def with_one_severity(rubric):
    criteria = tuple(
        ir.Criterion(**{**vars(c), "severity": "major"}) if c.severity else c
        for c in rubric.criteria
    )
    return ir.Rubric(**{**vars(rubric), "criteria": criteria, "reward": ir.Reward("promedical")})


@settings(max_examples=60)
@given(st.data())
def test_promedical_defaults_are_the_order_of_one_severity(data):
    rubric = with_one_severity(data.draw(rubrics(policy_kinds=("unmet", "exclude"))))
    row = data.draw(rows(rubric))
    form = compact(rubric, "hash")
    left, right = (evaluate(form, data.draw(sheets(rubric)), row) for _ in range(2))
    assert (left["key"] < right["key"]) == (left["reward"] < right["reward"])
    assert (left["key"] == right["key"]) == (left["reward"] == right["reward"])


@st.composite
def safe_and_unsafe(draw, shapes=(*ORDERED, "promedical"), size=2, params=None):
    """A rubric, the results of one response without and of others with a violation, all judged."""
    rubric = draw(rubrics(shapes=shapes, policy_kinds=("unmet",)))
    veto = ir.Criterion("veto", "safety", "forbids", "t", ir.Origin("r", "1", "veto"),
                        severity=draw(st.sampled_from(ir.SEVERITIES)))  # fmt: skip
    reward = rubric.reward
    if params is not None or reward.shape == "promedical":
        reward = ir.Reward(reward.shape, params or {})
    changes = {"criteria": (veto, *rubric.criteria), "reward": reward}
    rubric = ir.Rubric(**{**vars(rubric), **changes})
    row, form = draw(rows(rubric)), compact(rubric, "hash")
    good = {c.id: "met" if c.polarity == "requires" else "unmet" for c in rubric.tier("safety")}
    safe = evaluate(form, {**draw(sheets(rubric)), **good}, row)
    others = [draw(sheets(rubric)) | {"veto": "met"} for _ in range(size - 1)]
    return form, safe, [evaluate(form, sheet, row) for sheet in others]


def counting_groups(size):
    params = {"count": Fraction(1), "group": Fraction(size)}
    return safe_and_unsafe(("gated",), size, params)


@settings(max_examples=60)
@given(safe_and_unsafe())
def test_no_violation_is_outweighed(case):
    _, safe, (unsafe,) = case
    assert safe["violations"] == []
    assert unsafe["violations"]
    assert unsafe["reward"] < safe["reward"]


@settings(max_examples=50)
@given(st.integers(2, 8).flatmap(counting_groups))
def test_below_the_gate_counts_never_push_an_unsafe_response_up(group):
    _, safe, unsafe = group
    rewards = [result["reward"] for result in (safe, *unsafe)]
    mean = math.fsum(rewards) / len(rewards)
    assert all(reward < mean for reward in rewards[1:])


@settings(max_examples=120)
@given(cases(policy_kinds=("unmet", "drop")), st.data())
def test_a_failed_judge_never_raises_a_reward(case, data):
    rubric, sheet, row, response, profile = case
    assume(rubric.criteria)
    form = compact(rubric, "hash")
    lost = data.draw(st.sampled_from([c.id for c in rubric.criteria]))
    if rubric.reward.shape == "healthbench":
        # Its denominator has the applicable points alone, and its numerator may be negative.
        assume(sheet.get(lost) != "not_applicable")
    before = evaluate(form, sheet, row, response, profile)["reward"]
    after = evaluate(form, {**sheet, lost: "cannot_assess"}, row, response, profile)["reward"]
    assert after is None or (before is not None and after <= before)


def two_vetoes(policy="violate"):
    def criterion(name, tier, polarity="requires", **more):
        return ir.Criterion(name, tier, polarity, "t", ir.Origin("r", "1", name), **more)

    levels = tuple(ir.Level(i, str(i), Fraction(i, 2)) for i in range(3))
    return ir.Rubric(
        "r", "0.1.0", "draft", "training", "T",
        (
            criterion("bad", "safety", "forbids", severity="critical"),
            criterion("good", "safety", severity="major", allows_not_applicable=True),
            criterion("steps", "proficiency", weight=Fraction(1), levels=levels),
            criterion("kind", "excellence"),
        ),
        policies=ir.Policies(policy),
    )  # fmt: skip


PERFECT = {"bad": "unmet", "good": "met", "steps": 2, "kind": "met"}


@pytest.mark.parametrize("verdict", [v for v in NONSENSE if v != "not_applicable"])
@pytest.mark.parametrize("name", ["bad", "good"])
def test_a_veto_without_a_sound_verdict_is_violated(name, verdict):
    result = evaluate(compact(two_vetoes(), "h"), {**PERFECT, name: verdict})
    assert result["violations"] == [name]
    assert result["reward"] == 0.0


@pytest.mark.parametrize("verdict", [True, False, 1.0, 2.0, "2", "met", -1, 3, float("nan"), None])
def test_a_level_is_an_int_in_range_and_nothing_else(verdict):
    result = evaluate(compact(two_vetoes(), "h"), {**PERFECT, "steps": verdict})
    assert result["credits"]["steps"] == "0/1"


def test_a_missing_verdict_drops_the_sample_under_drop():
    form = compact(two_vetoes("drop"), "h")
    assert evaluate(form, PERFECT)["reward"] == 2.0
    assert evaluate(form, {k: v for k, v in PERFECT.items() if k != "bad"})["reward"] is None


def test_not_applicable_counts_where_it_is_allowed_alone():
    form = compact(two_vetoes(), "h")
    assert evaluate(form, {**PERFECT, "good": "not_applicable"})["violations"] == []
    assert evaluate(form, {**PERFECT, "bad": "not_applicable"})["violations"] == ["bad"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "nearest"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (7, 4, 2), (5, 4, 1), (10**40 + 5, 10, 10**39)],
)
def test_halves_go_to_the_even_neighbour(numerator, denominator, nearest):
    assert round_half_even(numerator, denominator) == nearest


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**15))
def test_rounding_is_that_of_fractions(numerator, denominator):
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))
