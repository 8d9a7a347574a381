"""Fast ways to a reward, one sheet at a time and as arrays: `evaluate`, to the last bit."""

import dataclasses
import json
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime import registry
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.registry import register, reward_for, rewards_for

from ..strategies import NONSENSE, cases, profile_names, rows, rubrics

CODES = {"unmet": 0, "met": 1, "not_applicable": -1}


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    for name in ("_texts", "_parsed", "_cases"):
        monkeypatch.setattr(registry, name, {})


def bits(value):
    return None if value is None or math.isnan(value) else value.hex()


@pytest.mark.parametrize("shape", ir.SHAPES)
@settings(max_examples=60)
@given(data=st.data())
def test_a_sheet(shape, data):
    rubric, sheet, *rest = data.draw(cases(shapes=(shape,)))
    form = compact(rubric, "h")
    register({"r": json.dumps(form)})
    wanted = bits(evaluate(form, sheet, *rest)["reward"])
    assert bits(reward_for("r", sheet, *rest)) == wanted
    plain = bits(evaluate(form, sheet)["reward"])
    assert [bits(reward_for("r", sheet)) for _ in range(2)] == [plain] * 2


def sheet_of(form, codes):
    """The verdicts that codes stand for, straight from their definition."""
    names = {code: name for name, code in CODES.items()}
    return {
        c["id"]: names.get(code) if c["credits"] is None or code < 0 else code
        for c, code in zip(form["criteria"], codes, strict=True)
    }


@st.composite
def arrays(draw, **limits):
    """(rubric, row, profile, codes): up to 12 sheets of codes, some without a meaning."""
    rubric = draw(rubrics(**limits))
    code = st.integers(-4, 5) | st.sampled_from([-128, 127])
    row = st.lists(code, min_size=len(rubric.criteria), max_size=len(rubric.criteria))
    codes = draw(st.lists(row, max_size=12))
    return rubric, draw(rows(rubric)), draw(profile_names(rubric)), codes


@pytest.mark.parametrize("shape", ir.SHAPES)
@settings(max_examples=60)
@given(data=st.data())
def test_an_array(shape, data):
    numpy = pytest.importorskip("numpy")
    rubric, row, profile, codes = data.draw(arrays(shapes=(shape,)))
    form = compact(rubric, "h")
    register({"r": json.dumps(form)})
    kind = data.draw(st.sampled_from(["int8", "int64"]))
    table = numpy.array(codes, dtype=kind).reshape(len(codes), len(form["criteria"]))
    found = rewards_for("r", table, row, profile)
    assert found.dtype == numpy.float64
    wanted = [evaluate(form, sheet_of(form, line), row, None, profile)["reward"] for line in codes]
    assert [bits(value) for value in found.tolist()] == [bits(value) for value in wanted]


def large(shape, **more):
    """A rubric whose weights have no common scale below 2**62."""
    criteria = tuple(
        ir.Criterion(f"c{i}", "proficiency", "requires", "t", ir.Origin("r", "1", "c"),
                     weight=Fraction(10**9 + i, 10**9 + 7 * i + 1))
        for i in range(4)
    )  # fmt: skip
    return ir.Rubric("r", "1", "draft", "training", "T", criteria, reward=ir.Reward(shape), **more)


@pytest.mark.parametrize("shape", ir.SHAPES)
def test_numbers_that_fit_no_word_go_the_slow_way(shape):
    numpy = pytest.importorskip("numpy")
    form = compact(large(shape, policies=ir.Policies("violate", "drop")), "h")
    register({"r": json.dumps(form)})
    codes = [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, -2]]
    wanted = [evaluate(form, sheet_of(form, line))["reward"] for line in codes]
    found = rewards_for("r", numpy.array(codes))
    assert [bits(value) for value in found.tolist()] == [bits(value) for value in wanted]
    assert [bits(reward_for("r", sheet_of(form, line))) for line in codes] == list(
        map(bits, wanted)
    )


def one_veto(**more):
    veto = ir.Criterion("harm", "safety", "forbids", "t", ir.Origin("r", "1", "harm"),
                        severity="critical", **more)  # fmt: skip
    return ir.Rubric("r", "1", "draft", "training", "T", (veto,))


@pytest.mark.parametrize("verdict", NONSENSE)
def test_nonsense_is_nonsense_for_a_level_and_for_a_veto(verdict):
    levels = tuple(ir.Level(i, "t", Fraction(i, 2)) for i in range(3))
    rubric = large("healthbench")
    criteria = (*one_veto().criteria, dataclasses.replace(rubric.criteria[0], levels=levels))
    form = compact(dataclasses.replace(rubric, criteria=criteria), "h")
    register({"r": json.dumps(form)})
    for sheet in ({"harm": verdict, "c0": 2}, {"harm": "unmet", "c0": verdict}):
        assert reward_for("r", sheet) == evaluate(form, sheet)["reward"]


def test_the_greatest_unsigned_code_is_not_minus_one():
    numpy = pytest.importorskip("numpy")
    register({"r": json.dumps(compact(one_veto(allows_not_applicable=True), "h"))})
    for kind, rewards in (("int64", [1.0, 0.0, 1.0, 0.0]), ("uint64", [1.0, 0.0, 0.0, 0.0])):
        codes = numpy.array([[0], [1], [-1], [-2]]).astype(kind)
        assert rewards_for("r", codes).tolist() == rewards


def test_many_rows_are_the_same_in_chunks():
    numpy = pytest.importorskip("numpy")
    register({"r": json.dumps(compact(one_veto(), "h"))})
    codes = numpy.random.default_rng(0).integers(0, 2, (40_000, 1))
    assert (rewards_for("r", codes) == 1.0 - codes[:, 0]).all()


def test_arrays_of_torch_come_back_as_such():
    torch = pytest.importorskip("torch")
    register({"r": json.dumps(compact(one_veto(), "h"))})
    found = rewards_for("r", torch.tensor([[0], [1]], dtype=torch.int8))
    assert found.dtype == torch.float64
    assert found.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("codes", [[[1.0]], [[True]], [1], [[1, 0]], [["met"]]])
def test_what_is_no_array_of_codes_is_refused(codes):
    pytest.importorskip("numpy")
    register({"r": json.dumps(compact(one_veto(), "h"))})
    with pytest.raises(ValueError, match=r"codes must be integers of the shape \(sheets, 1\)"):
        rewards_for("r", codes)


def test_a_rubric_that_is_registered_again_is_prepared_again():
    register({"r": json.dumps(compact(one_veto(), "h"))})
    assert reward_for("r", {"harm": "unmet"}) == 1.0
    register({"r": json.dumps(compact(dataclasses.replace(
        one_veto(), reward=ir.Reward("gated", {"a0": Fraction(2)})), "h"))})  # fmt: skip
    assert reward_for("r", {"harm": "unmet"}) == 2.0
