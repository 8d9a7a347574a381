"""Facts are read exactly or not at all, and what is not known leaves a criterion in force."""

from fractions import Fraction

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.facts import plain_inputs
from rubricdsl.runtime.conditions import holds, read_inputs
from rubricdsl.runtime.evaluate import evaluate

INPUTS = (
    ir.Input("age", "quantity", unit="years"),
    ir.Input("count", "integer"),
    ir.Input("setting", "one_of", options=("clinic", "home")),
    ir.Input("drugs", "text_list"),
    ir.Input("pregnant", "bool", default=False),
)


def rubric(when=None, profiles=()):
    origin = ir.Origin("r", "1", "c")
    criteria = (
        ir.Criterion("a", "proficiency", "requires", "t", origin, weight=Fraction(1), when=when),
        ir.Criterion("b", "proficiency", "requires", "t", origin, weight=Fraction(1)),
    )
    return ir.Rubric(
        "r", "1", "draft", "training", "T", criteria, inputs=INPUTS, profiles=tuple(profiles)
    )


def facts(row):
    return read_inputs(compact(rubric(), "h")["inputs"], row)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (40, (40, 1)), (0.1, (1, 10)), (1e-07, (1, 10**7)), (1e22, (10**22, 1)), (-2.5, (-5, 2)),
        ("40 years", (40, 1)), ("18 months", (3, 2)), ("1 year", (1, 1)), ("35/2 years", (35, 2)),
        ("40 mg", None), ("40", None), ("forty years", None), (True, None), (float("nan"), None),
        (float("inf"), None), ([40], None), ("1e3 years", None), ("9" * 50 + " years", None),
    ],
)  # fmt: skip
def test_quantities_are_exact(written, read):
    assert facts({"age": written})["age"] == read


@pytest.mark.parametrize(
    ("written", "read"), [(3, (3, 1)), (3.0, (3, 1)), (3.5, None), ("3", None)]
)
def test_whole_numbers(written, read):
    assert facts({"count": written})["count"] == read


def test_other_facts():
    assert facts({"setting": "HOME"})["setting"] == "home"
    assert facts({"setting": "ship"})["setting"] is None
    assert facts({"drugs": ["Aspirin", "x"]})["drugs"] == ["aspirin", "x"]
    assert facts({"drugs": "aspirin"})["drugs"] is None
    assert facts({"drugs": ["a", 1]})["drugs"] is None
    assert facts({}) == {"pregnant": False}
    assert facts({"pregnant": "no"})["pregnant"] is None


@pytest.mark.parametrize(
    ("row", "truth"), [({"age": 9}, True), ({"age": 40}, False), ({}, None), ({"age": "?"}, None)]
)
def test_three_values(row, truth):
    child = ["compare", "age", "<", [18, 1]]
    assert holds(child, facts(row)) is truth
    assert holds(["not", child], facts(row)) is (None if truth is None else not truth)
    assert holds(["or", child, ["given", "age"]], facts(row)) is (True if row else None)
    assert holds(["and", child, ["given", "count"]], facts(row)) is False


def test_given_is_true_of_what_cannot_be_read():
    assert holds(["given", "age"], facts({"age": "?"})) is True
    assert holds(["given", "age"], facts({"age": None})) is False


def test_a_criterion_is_set_aside_only_when_its_condition_is_known_to_be_false():
    form = compact(rubric(when=ir.Not(ir.Compare("age", "<", Fraction(18)))), "h")
    assert evaluate(form, {"b": "met"}, {"age": 9})["proficiency"] == "1/1"
    assert evaluate(form, {"b": "met"}, {"age": 40})["proficiency"] == "1/2"
    assert evaluate(form, {"b": "met"}, {})["proficiency"] == "1/2"
    assert evaluate(form, {"b": "met"}, {"age": "young"})["proficiency"] == "1/2"


def test_profiles_apply_when_known_to_be_true_in_order_or_by_name():
    home = ir.OneOf("setting", ("home",))
    form = compact(
        rubric(
            profiles=(
                ir.Profile("named", {"b": Fraction(1, 3)}),
                ir.Profile("home", {"b": Fraction(3)}, home),
                ir.Profile("later", {"b": Fraction(9)}, home),
            )
        ),
        "h",
    )

    def share(row, profile=None):
        return evaluate(form, {"b": "met"}, row, profile=profile)["proficiency"]

    assert share({}) == "1/2"
    assert share({"setting": "home"}) == "3/4"
    assert share({"setting": "home"}, "later") == "9/10"
    assert share({}, "named") == "1/4"
    with pytest.raises(ValueError, match="no profile 'nobody'; it has: named, home, later"):
        share({}, "nobody")


def test_typed_facts_become_a_row_that_reads_back_the_same():
    typed = {
        "age": Fraction(35, 2), "count": Fraction(3), "setting": "home", "drugs": ("x", "y"),
        "pregnant": True,
    }  # fmt: skip
    row = plain_inputs(typed, INPUTS)
    assert row == {
        "age": 17.5, "count": 3, "setting": "home", "drugs": ["x", "y"], "pregnant": True,
    }  # fmt: skip
    assert facts(row) == {
        "age": (35, 2), "count": (3, 1), "setting": "home", "drugs": ["x", "y"], "pregnant": True,
    }  # fmt: skip
