"""TRL's own statements, and the checker's replica of each of its scalings beside them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.rl import trl_advantages as trl
from rubricdsl.verify.advantages import SETTINGS

rewards = st.floats(-3, 5, width=32) | st.sampled_from([0.0, 1.0, 1.05, 2.0])
batches = st.integers(2, 6).flatmap(
    lambda size: st.lists(st.lists(rewards, min_size=size, max_size=size), min_size=1, max_size=4)
)


@pytest.mark.parametrize("name", trl.FORMULAS)
@settings(max_examples=40, deadline=None)
@given(batch=batches)
def test_the_replica_is_what_trl_computes(name, batch):
    lengths = [[100] * len(group) for group in batch]
    theirs = trl.FORMULAS[name](batch, lengths)
    ours = SETTINGS[name].formula(batch, lengths)
    for left, right in zip(theirs, ours, strict=True):
        for a, b in zip(left, right, strict=True):
            assert math.isclose(a, b, rel_tol=2e-3, abs_tol=2e-3)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_replica_of_columns_is_what_trl_computes(data):
    gated = st.tuples(st.just(1.0), st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([0.0, 0.5]))
    size = data.draw(st.integers(2, 6))
    group = st.lists(gated | st.just((0.0, 0.0, 0.0)), min_size=size, max_size=size)
    batch = data.draw(st.lists(group, min_size=1, max_size=4))
    lengths = [[100] * size for _ in batch]
    theirs = trl.of_columns(batch, lengths)
    ours = SETTINGS["trl/normalize_then_sum"].columns(batch, lengths)
    for left, right in zip(theirs, ours, strict=True):
        for a, b in zip(left, right, strict=True):
            assert math.isclose(a, b, rel_tol=2e-3, abs_tol=5e-3)


def test_known_advantages():
    found = trl.trl_advantages([[0.0], [1.0], [1.0], [2.0]], 4, "none")
    assert found == [-1.0, 0.0, 0.0, 1.0]
    scaled = trl.trl_advantages([[0.0], [1.0], [1.0], [2.0]], 4, "group")
    assert scaled[3] == pytest.approx(1 / (math.sqrt(2 / 3) + 1e-4), rel=1e-5)


def test_a_dropped_sample_gets_nothing_and_counts_for_nothing():
    found = trl.trl_advantages([[0.0], [None], [1.0], [2.0]], 4, "none")
    assert found == [-1.0, 0.0, 0.0, 1.0]


def test_weights_of_several_functions():
    columns = [[0.0, 1.0], [1.0, 0.0]]
    assert trl.trl_advantages(columns, 2, "none", weights=[2.0, 1.0]) == [-0.5, 0.5]


def test_a_version_that_computes_otherwise_is_not_run(monkeypatch):
    monkeypatch.setattr(trl, "_FIRST", "something_else")
    trl._statements.cache_clear()
    with pytest.raises(trl.TrlChanged, match="not found"):
        trl.trl_advantages([[0.0], [1.0]], 2)
    monkeypatch.undo()
    trl._statements.cache_clear()
