"""The runtime against the reference model, on random rubrics, sheets, rows and responses."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.evaluate import evaluate

from ..reference import model
from ..strategies import cases


def expected(rubric, sheet, row, response, profile):
    """The result that the definitions demand, in the form of `evaluate`."""
    credit = model.credits(rubric, sheet, row, response)
    if credit == model.DROPPED:
        return {"reward": None, "key": None, "violations": [], "proficiency": None,
                "excellence": None, "credits": {}}  # fmt: skip
    weight = model.weights(rubric, row, profile)
    exact = model.reward(rubric, credit, weight)
    return {
        "reward": None if exact is None else exact.numerator / exact.denominator,
        "key": model.key(rubric, credit, weight),
        "violations": [c.id for c in rubric.tier("safety") if credit[c.id] == 0],
        "proficiency": fraction_text(model.share(rubric, credit, weight)),
        "excellence": model.bonuses(rubric, credit),
        "credits": {
            name: None if k == model.NOT_APPLICABLE else fraction_text(k)
            for name, k in credit.items()
        },
    }


def fraction_text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


@pytest.mark.parametrize("shape", ir.SHAPES)
@settings(max_examples=100)
@given(data=st.data())
def test_the_runtime_is_the_reference(shape, data):
    case = data.draw(cases(shapes=(shape,)))
    rubric, sheet, row, response, profile = case
    found = evaluate(compact(rubric, "hash"), sheet, row, response, profile)
    assert found == expected(*case)
