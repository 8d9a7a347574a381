"""Rewards by rank within a group, and columns by tier: the reference, and what they promise."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.groups import group_rewards
from rubricdsl.runtime.shapes import columns_of

from ..reference import model
from ..strategies import cases, profile_names, rows, rubrics, sheets

KEYS = st.tuples(st.integers(-2, 0), st.integers(-1, 0), st.integers(-1, 0),
                 st.integers(0, 3), st.integers(0, 2))  # fmt: skip
SAFE_KEYS = st.tuples(*[st.just(0)] * 3, st.integers(0, 3), st.integers(0, 2))


def centred_rubric(**params):
    reward = ir.Reward("centred", {name: Fraction(value) for name, value in params.items()})
    return ir.Rubric("r", "1", "draft", "training", "T", (), reward=reward)


def advantages(rewards):
    """What a trainer makes of them that subtracts the mean of the group; exact. None stays out."""
    present = [value for value in rewards if value is not None]
    mean = sum(present) / len(present) if present else 0
    return [None if value is None else value - mean for value in rewards]


@st.composite
def groups(draw, **limits):
    """(rubric, keys of one group under it): one case, 1 to 8 sheets, some dropped."""
    rubric = draw(rubrics(shapes=("centred",), **limits))
    row, profile = draw(rows(rubric)), draw(profile_names(rubric))
    form = compact(rubric, "hash")
    written = draw(st.lists(sheets(rubric), min_size=1, max_size=8))
    return rubric, [evaluate(form, sheet, row, None, profile)["key"] for sheet in written]


@settings(max_examples=80)
@given(groups())
def test_a_group_is_rewarded_as_the_reference_says(group):
    rubric, keys = group
    exact = model.centred(rubric, keys)
    wanted = [None if value is None else value.numerator / value.denominator for value in exact]
    assert group_rewards(compact(rubric, "h"), keys) == wanted


@settings(max_examples=60)
@given(cases(shapes=("centred",)))
def test_one_sheet_is_a_group_of_one(case):
    rubric, *rest = case
    form = compact(rubric, "h")
    result = evaluate(form, *rest)
    assert group_rewards(form, [result["key"]]) == [result["reward"]]


mixed_keys = st.lists(st.none() | KEYS | SAFE_KEYS, min_size=1, max_size=10)
parameters = st.fixed_dictionaries(
    {},
    optional={"a0": st.fractions(1, 8, max_denominator=7), "silent": st.sampled_from([0, 1])},
)


@settings(max_examples=150)
@given(mixed_keys, parameters)
def test_centring_keeps_order_veto_and_separation(keys, params):
    rubric = centred_rubric(**params)
    found = advantages(model.centred(rubric, keys))
    pairs = [(k, a) for k, a in zip(keys, found, strict=True) if k is not None]
    safe = [a for k, a in pairs if not any(k[:3])]
    unsafe = [a for k, a in pairs if any(k[:3])]
    # P1: a better key never gets less, and among the safe always more.
    for one, its in pairs:
        for other, their in pairs:
            if one > other:
                assert its >= their
                assert its > their or any(other[:3])
    if safe:
        # P2: no sample with a violation gains. P3: every safe one gets more than every unsafe one.
        assert all(a < 0 for a in unsafe)
        assert all(a > b for a in safe for b in unsafe)
    else:
        # P2: where none is safe, what the sample says beyond its violations changes nothing.
        blind = [k and (*k[:3], 0, 0) for k in keys]
        assert advantages(model.centred(rubric, blind)) == found
        if params.get("silent"):
            assert not any(unsafe)


@settings(max_examples=100)
@given(st.lists(SAFE_KEYS, min_size=1, max_size=6), st.lists(KEYS, max_size=6), parameters)
def test_the_spread_among_the_safe_is_the_same_whoever_joins(safe, others, params):
    rubric = centred_rubric(**params)
    unsafe = [k for k in others if any(k[:3])]
    alone = advantages(model.centred(rubric, safe))
    joined = advantages(model.centred(rubric, [*safe, *unsafe]))[: len(safe)]
    assert [a - alone[0] for a in alone] == [a - joined[0] for a in joined]


@settings(max_examples=150)
@given(mixed_keys, parameters, KEYS, st.data())
def test_a_worse_key_gains_nothing_for_its_sample(keys, params, worse, data):
    """P5, for the reward and for what is left of it after centring."""
    rubric = centred_rubric(**params)
    place = data.draw(st.sampled_from(range(len(keys))))
    assume(keys[place] is not None and worse <= keys[place])
    changed = [worse if i == place else k for i, k in enumerate(keys)]
    before, after = model.centred(rubric, keys), model.centred(rubric, changed)
    assert after[place] <= before[place]
    assert advantages(after)[place] <= advantages(before)[place]


@settings(max_examples=100)
@given(st.data())
def test_a_lost_verdict_gains_nothing_for_its_sample(data):
    """P5 from the sheet on: for the reward, for what centring leaves of it, and for each column."""
    rubric = data.draw(rubrics(shapes=("centred",), policy_kinds=("unmet", "drop")))
    assume(rubric.criteria)
    row, form = data.draw(rows(rubric)), compact(rubric, "h")
    written = data.draw(st.lists(sheets(rubric), min_size=1, max_size=6))
    place = data.draw(st.sampled_from(range(len(written))))
    lost = {data.draw(st.sampled_from([c.id for c in rubric.criteria])): "cannot_assess"}

    def keys(sheets):
        return [evaluate(form, sheet, row)["key"] for sheet in sheets]

    before = keys(written)
    after = keys([{**s, **lost} if i == place else s for i, s in enumerate(written)])
    if after[place] is None:
        return
    exact = [model.centred(rubric, found) for found in (before, after)]
    assert exact[1][place] <= exact[0][place]
    assert advantages(exact[1])[place] <= advantages(exact[0])[place]
    columns = [columns_of(form, found[place]) for found in (before, after)]
    assert all(b <= a for a, b in zip(*columns, strict=True))


@settings(max_examples=60)
@given(groups(policy_kinds=("unmet", "drop")), st.data())
def test_a_dropped_sample_is_outside_the_group(group, data):
    rubric, keys = group
    form = compact(rubric, "h")
    place = data.draw(st.integers(0, len(keys)))
    assert group_rewards(form, [*keys[:place], None, *keys[place:]]) == [
        *(found := group_rewards(form, keys))[:place], None, *found[place:]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "rewards"),
    [
        ([(0, 0, 0, 5, 0), (0, 0, 0, 9, 0), (-1, 0, 0, 9, 1)], [0.5, 1.5, 0.0]),
        ([(0, 0, 0, 5, 0), (0, 0, 0, 5, 0)], [1.0, 1.0]),
        ([(-1, 0, 0, 9, 1), (0, -1, 0, 0, 0), None], [-0.5, 0.5, None]),
        ([(0, 0, -1, 0, 0), (0, 0, -1, 9, 1), (0, 0, -2, 9, 9)], [0.25, 0.25, -0.5]),
        ([None, None], [None, None]),
        ([], []),
    ],
)
def test_small_groups_by_hand(keys, rewards):
    assert group_rewards(compact(centred_rubric(), "h"), keys) == rewards


@settings(max_examples=80)
@given(cases(policy_kinds=("unmet",)))
def test_columns_are_those_of_the_reference(case):
    rubric, *rest = case
    form = compact(rubric, "h")
    key = evaluate(form, *rest)["key"]
    exact = model.columns(rubric, key)
    assert columns_of(form, key) == tuple(v.numerator / v.denominator for v in exact)


@settings(max_examples=150)
@given(
    st.lists(KEYS | SAFE_KEYS, min_size=2, max_size=8),
    st.tuples(*[st.fractions(Fraction(1, 9), 5, max_denominator=9)] * 3),
    st.tuples(*[st.fractions(Fraction(1, 9), 5, max_denominator=9)] * 3),
)
def test_no_positive_weights_put_an_unsafe_sample_above_a_safe_one(keys, weights, scales):
    """Each column centred and scaled by itself, as trainers do that normalise before they add."""
    bonuses = tuple(
        ir.Criterion(f"b{i}", "excellence", "requires", "t", ir.Origin("r", "1", "b"))
        for i in range(2)
    )
    rubric = ir.Rubric("r", "1", "draft", "training", "T", bonuses, steps=3)
    table = [model.columns(rubric, key) for key in keys]
    columns = [advantages(column) for column in zip(*table, strict=True)]
    totals = [
        sum(w * s * a for w, s, a in zip(weights, scales, row, strict=True))
        for row in zip(*columns, strict=True)
    ]
    for one, its in zip(keys, totals, strict=True):
        for other, their in zip(keys, totals, strict=True):
            if not any(one[:3]) and any(other[:3]):
                assert its > their
                assert their < 0
