"""The checker's copies of trainers' formulas: known values, and what no weights can turn around."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl.analysis.stacks import FAMILIES
from rubricdsl.analysis.stacks import SETTINGS as CERTIFIED
from rubricdsl.verify import advantages
from rubricdsl.verify.advantages import SETTINGS

GDPO = ("trl/normalize_then_sum", "verl/gdpo", "ms_swift/gdpo", "nemo_rl/gdpo")
UNSAFE = (0.0, 0.0, 0.0)


def test_certificates_and_the_checker_know_the_same_settings():
    assert [s.name for s in CERTIFIED] == list(SETTINGS)
    assert {s.family for s in CERTIFIED} == set(FAMILIES)


def test_verl_whitens_over_tokens():
    """z is ±0.7071; three tokens of the one and one of the other have mean 0.3536."""
    found = SETTINGS["verl/gdpo"].formula([[1.0, 0.0]], [[3, 1]])[0]
    mean, square = 0.5 * math.sqrt(0.5), 0.5 * 3 / 4 * 4 / 3
    expected = [(z - mean) / math.sqrt(square) for z in (math.sqrt(0.5), -math.sqrt(0.5))]
    assert found == pytest.approx(expected, abs=1e-5)


def test_columns_are_weighed_after_each_was_divided():
    """One safe response that is better in each column: z is ±0.7071 in all three."""
    rows = [[(1.0, 0.5, 1.0), UNSAFE], [UNSAFE, UNSAFE]]
    found = SETTINGS["ms_swift/gdpo"].columns(rows, [[1, 1], [1, 1]])
    summed = 2.25 * math.sqrt(0.5)
    std = math.sqrt(2 * summed**2 / 3)
    assert found[0] == pytest.approx([summed / std, -summed / std], abs=1e-5)
    assert found[1] == [0.0, 0.0]


def test_nemo_divides_by_the_others_alone():
    """Of the safe one the others are equal, and nothing is divided; of each other they are not."""
    rows = [[(1.0, 0.0, 0.0), UNSAFE, UNSAFE]]
    found = SETTINGS["nemo_rl/gdpo"].columns(rows, [[1, 1, 1]])[0]
    low = -0.5 / math.sqrt(0.5)
    mean = (1 + 2 * low) / 3
    std = math.sqrt(((1 - mean) ** 2 + 2 * (low - mean) ** 2) / 2)
    assert found == pytest.approx([(1 - mean) / std, *[(low - mean) / std] * 2], abs=1e-4)


def test_nemo_adds_up_in_alphabetical_order():
    """The weights of the tiers go with their names, and not with their places."""
    calls = []

    def column(batch, lengths):
        calls.append(batch)
        return batch

    formula = advantages.gdpo(column, lambda batch, lengths: batch, sorted(advantages.TIERS))
    assert formula([[(1.0, 2.0, 4.0)]], [[1]]) == [[1.0 + 2.0 + 0.25 * 4.0]]
    assert calls == [[[4.0]], [[2.0]], [[1.0]]]


def test_nemo_refuses_a_single_reward():
    assert SETTINGS["nemo_rl/gdpo"].formula is None


@pytest.mark.parametrize("name", GDPO)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_safe_response_stays_above_in_every_sum_of_columns(name, data):
    """Whatever the lengths: better or equal in each column, and better in the first."""
    size = data.draw(st.integers(2, 8))
    safe = st.tuples(st.just(1.0), st.integers(0, 20).map(lambda k: k / 20),
                     st.sampled_from([0.0, 1 / 3, 1.0]))  # fmt: skip
    group = st.lists(safe | st.just(UNSAFE), min_size=size, max_size=size)
    rows = data.draw(st.lists(group, min_size=1, max_size=3))
    lengths = [[data.draw(st.integers(1, 900)) for _ in range(size)] for _ in rows]
    for group, found in zip(rows, SETTINGS[name].columns(rows, lengths), strict=True):
        above = [a for row, a in zip(group, found, strict=True) if row != UNSAFE]
        below = [a for row, a in zip(group, found, strict=True) if row == UNSAFE]
        assert not above or not below or min(above) > max(below)


def test_a_clip_makes_a_safe_and_an_unsafe_one_equal_in_a_large_group():
    """Which is why `divided_clipped` claims nothing of the gate beyond 101."""
    setting = SETTINGS["openrlhf/group_norm"]
    found = setting.formula([[0.0, 1.0, *[2.0] * 1022]], [])[0]
    assert found[0] == found[1] == -10.0
    small = setting.formula([[0.0, *[2.0] * (setting.largest - 1)]], [])[0]
    assert -10.0 < small[0] < -9.9


def test_art_computes_in_double_precision():
    assert SETTINGS["art/unscaled"].formula([[1.0, 1.0 + 2**-30]], []) == [[-(2**-31), 2**-31]]
