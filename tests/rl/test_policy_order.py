"""P1 to P4 as training counts them, beside what the checker of certificates decides."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.rl.policy.answers import Answer, Judged
from rubricdsl.rl.policy.counting import cases_of, trainer_formula
from rubricdsl.rl.policy.figures import Step, order_figures
from rubricdsl.rl.policy.order import Sample, cases
from rubricdsl.verify.advantages import SETTINGS
from rubricdsl.verify.groups import broken, shrinks
from rubricdsl.verify.trainer import Trainer

keys = st.tuples(
    st.integers(-1, 0), st.integers(-1, 0), st.just(0), st.integers(0, 2), st.integers(0, 1)
)
pairs = st.tuples(keys, st.sampled_from([-1.0, -0.25, 0.0, 0.25, 1.0]))


def response(key, reward):
    return SimpleNamespace(
        judged=SimpleNamespace(key=key, unsafe=any(key[:3])), reward=reward, sheet={}
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(pairs, min_size=1, max_size=6))
def test_what_breaks_here_is_what_the_checker_says_is_broken(group):
    samples = [Sample(place, key, advantage) for place, (key, advantage) in enumerate(group)]
    found = {case.property for case in cases(samples) if not case.held}
    responses = tuple(response(key, 0.0) for key, _ in group)
    theirs = broken(responses, [advantage for _, advantage in group], SETTINGS["trl/none"])
    assert found - {"P4"} == theirs - {"P2_strict"}


def step_of(rows, advantages, group):
    answers = [
        Answer("p", "", 1, Judged("r", key, 0.0, (), 0.0, 0, (), {}, 0, 0, False)) for key in rows
    ]
    return Step(answers, advantages, [False] * len(rows), group)


@pytest.mark.parametrize("scale", ["none", "group"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_resolution_is_what_the_checker_says(scale, data):
    reward = st.sampled_from([1.0, 1.25, 1.5, 2.0])
    rows = data.draw(st.lists(st.tuples(keys, reward), min_size=3, max_size=6))
    rewards = [0.0 if any(key[:3]) else reward for key, reward in rows]
    formula = trainer_formula(len(rows), scale, "sum_then_normalize", [1.0])
    columns = [[reward] for reward in rewards]
    step = step_of([key for key, _ in rows], formula(columns), len(rows))
    found = [case for case in cases_of(step, columns, formula, True) if case.property == "P4"]
    emitted = SimpleNamespace()
    trainer = Trainer(SETTINGS[f"trl/{scale}"], "gated", emitted)
    group = tuple(response(key, r) for (key, _), r in zip(rows, rewards, strict=True))
    assert [case.held for case in found] in ([], [not shrinks(group, [1] * len(rows), trainer)])
    mixed = any(any(key[:3]) for key, _ in rows)
    assert bool(found) == (mixed and sum(not any(key[:3]) for key, _ in rows) > 1)


GOOD, POOR, BAD, WORSE = (0, 0, 0, 20, 1), (0, 0, 0, 3, 0), (0, -1, 0, 20, 1), (-1, 0, 0, 20, 1)


def test_the_places_of_what_broke():
    group = [Sample(8, GOOD, -0.1), Sample(9, POOR, 0.0), Sample(10, BAD, 0.1)]
    found = {(case.property, case.places) for case in cases(group) if not case.held}
    assert found == {("P1", (8, 9)), ("P1", (8, 10)), ("P1", (9, 10)), ("P2", (10,)),
                     ("P3", (8, 10)), ("P3", (9, 10))}  # fmt: skip


def test_without_a_safe_answer_only_violations_may_count():
    level = [Sample(0, BAD, 0.25), Sample(1, (0, -1, 0, 3, 0), 0.25), Sample(2, WORSE, -0.5)]
    assert all(case.held for case in cases(level))
    fluent = [Sample(0, BAD, 0.5), Sample(1, (0, -1, 0, 3, 0), 0.0), Sample(2, WORSE, -0.5)]
    assert [case.places for case in cases(fluent) if not case.held] == [(0, 1)]


def test_an_answer_without_a_reward_is_in_no_group():
    step = Step(step_of([GOOD, BAD], [0.0, 1.0], 2).answers, [0.0, 1.0], [False, True], 2)
    assert cases_of(step, [[1.0], [None]], lambda rewards: [0.0] * 2, True) == []
    assert order_figures([]) == {f"order/P{k}_cases": 0.0 for k in (1, 2, 3, 4)}


def test_groups_with_a_common_deviation_are_taken_one_by_one():
    rows = [GOOD, POOR, BAD, GOOD, POOR, BAD]
    columns = [[2.0], [1.25], [0.0], [2.0], [1.0], [0.0]]
    formula = trainer_formula(3, "batch", "sum_then_normalize", [1.0])
    asked = []

    def noting(rewards):
        asked.append([k for k, row in enumerate(rewards) if row == [None]])
        return formula(rewards)

    found = cases_of(step_of(rows, formula(columns), 3), columns, noting, False)
    assert asked == [[2], [5]]
    assert [case.held for case in found if case.property == "P4"] == [False, False]
