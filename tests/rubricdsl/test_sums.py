"""A reward as a weighted sum: against the reference model, on rubrics and sheets of all kinds."""

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.foreign import Powers, losses
from rubricdsl.sums import as_sum, loses, smallest, spelled

from ..reference import model
from ..sample import rubric as read
from ..strategies import rubrics

ANY = Powers(levels="any")
HEAD = 'rubric a version "1.0.0" title "A" purpose evaluation\n'


@st.composite
def plain(draw):
    """A rubric that has nothing but tiers, weights, levels and a shape, and some decided sheets."""
    found = draw(rubrics(policy_kinds=("unmet",)))
    bare = {"when": None, "check": None, "allows_not_applicable": False}
    found = dataclasses.replace(
        found,
        criteria=tuple(dataclasses.replace(c, **bare) for c in found.criteria),
        profiles=(),
        policies=ir.Policies(),
        steps=draw(st.sampled_from([found.steps, 20, 60, 120])),
    )
    sheet = st.fixed_dictionaries(
        {
            c.id: st.sampled_from([level.level for level in c.levels] or ["met", "unmet"])
            for c in found.criteria
        }
    )
    return found, draw(st.lists(sheet, min_size=2, max_size=6))


def valued(found, sheet):
    """The sum and the reward of a sheet; the key where the shape ranks within a group."""
    credit = model.credits(found, sheet, {})
    added = spelled(found, as_sum(found)).weights
    total = sum((added[name] * value for name, value in credit.items()), Fraction())
    weights = model.weights(found, {})
    if found.reward.shape == "centred":
        return total, model.key(found, credit, weights)
    return total, model.reward(found, credit, weights)


@settings(max_examples=150)
@given(plain())
def test_without_a_loss_the_sum_is_the_reward_or_its_order(case):
    found, sheets = case
    lost = losses(found, ANY)
    if any(loss.order for loss in lost) or any(
        model.reward(found, model.credits(found, sheet, {}), model.weights(found, {})) is None
        for sheet in sheets
    ):
        return
    form = spelled(found, as_sum(found))
    pairs = [valued(found, sheet) for sheet in sheets]
    for total, reward in pairs:
        if not lost:
            assert form.offset + form.slope * total == reward
        for other, beside in pairs:
            if reward < beside:
                assert total < other
            if total != other:
                assert abs(total - other) >= smallest(found, form)


def test_a_gate_is_lost_and_its_order_is_not():
    text = 'safety { veto a critical forbids "A." veto b major requires "B." }\n'
    found = read(HEAD + text + 'excellence { bonus k requires "K." }')
    assert [loss.place for loss in loses(found)] == [("criterion", "a"), ("criterion", "b")]
    assert dict(spelled(found, as_sum(found)).weights) == {"a": 84, "b": 42, "k": 1}


@pytest.mark.parametrize(
    ("reward", "weights"),
    [
        ("gated", {"a": 5, "b": Fraction(5, 2)}),
        ("healthbench", {"a": 5, "b": Fraction(5, 2)}),
        ("rar", {"a": 7, "b": 9}),
    ],
)
def test_weights_stay_as_they_are_written_where_they_are_all_there_is(reward, weights):
    text = 'proficiency { criterion a weight 5 requires "A." criterion b weight 2.5 forbids "B." }'
    found = read(f"{HEAD}{text}\nreward {reward}")
    assert dict(spelled(found, as_sum(found)).weights) == weights


def test_a_weight_that_decimals_cannot_write_becomes_whole():
    text = (
        'proficiency { criterion a weight 1/3 requires "A." criterion b weight 1/7 forbids "B." }'
    )
    found = read(f"{HEAD}{text}\nreward healthbench")
    form = spelled(found, as_sum(found))
    assert dict(form.weights) == {"a": 7, "b": 3}
    assert (form.offset, form.slope) == (Fraction(-3, 7), Fraction(1, 7))


def test_weights_that_floats_cannot_add_are_refused():
    vetoes = "".join(
        f'veto v{n} {severity} requires "V{n}."\n'
        for severity, first in (("critical", 0), ("major", 200), ("moderate", 400))
        for n in range(first, first + 200)
    )
    bonuses = "".join(f'bonus b{n} requires "B{n}."\n' for n in range(90))
    parts = f'safety {{ {vetoes} }} proficiency {{ criterion c weight 1 requires "C." }}'
    order = "order { safety proficiency in steps of 1/1000 excellence }"
    text = f"{HEAD}{parts} excellence {{ {bonuses} }} {order} reward lexicographic"
    assert losses(read(text), ANY) == ()
    assert sum(spelled(read(text), as_sum(read(text))).weights.values()) < 1 << 53
    odd = 'criterion c weight 1 requires "C." criterion d weight 999.999999 requires "D."'
    lost = losses(read(text.replace('criterion c weight 1 requires "C."', odd)), ANY)
    assert [loss.what.split()[0] for loss in lost] == ["rounding", "weights"]
