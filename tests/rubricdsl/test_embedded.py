"""Rubrics that come with the rows: read as they were written, or refused with a reason."""

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.passes import check_paths
from rubricdsl.runtime import embedded
from rubricdsl.runtime.embedded import RubricError, embedded_rubric
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.source import library_root

from ..strategies import rubrics


def criterion(name, tier, polarity="requires", **more):
    return ir.Criterion(name, tier, polarity, "t", ir.Origin("r", "1", name), **more)


RUBRIC = ir.Rubric(
    "r", "1", "draft", "training", "T",
    (
        criterion("bad", "safety", "forbids", severity="major",
                  when=ir.Compare("adult", "==", True),
                  check=ir.AnyOf((ir.Mentions(("now",)), ir.Matches("a+b")))),
        criterion("much", "safety", "forbids", severity="critical",
                  check=ir.Dose(("aspirin",), ">", ir.Quantity(Fraction(4), "g"))),
        criterion("gist", "proficiency", weight=Fraction(1, 3),
                  levels=tuple(ir.Level(i, "t", Fraction(i, 2)) for i in range(3))),
        criterion("kind", "excellence"),
    ),
    inputs=(ir.Input("adult", "bool"), ir.Input("age", "quantity", unit="years")),
    reward=ir.Reward("gated", {"a0": Fraction(3, 2)}),
    profiles=(ir.Profile("p", {"gist": Fraction(2)}, ir.Compare("age", "<", Fraction(18))),),
)  # fmt: skip
FORM = json.loads(json.dumps(compact(RUBRIC, "h")))


@settings(max_examples=150)
@given(rubrics())
def test_what_the_compiler_writes_is_read_as_it_is(rubric):
    form = json.loads(json.dumps(compact(rubric, "hash")))
    if form["criteria"]:
        assert embedded_rubric(json.dumps(form)) == form
    else:
        with pytest.raises(RubricError, match="criteria must be at least one"):
            embedded_rubric(json.dumps(form))


def test_the_library_is_read_as_it_is():
    for rubric in check_paths([str(library_root())], []).rubrics:
        form = json.loads(json.dumps(compact(rubric, "h")))
        assert embedded_rubric(json.dumps(form), rubric.name) == form


def paths(value, path=()):
    """The path to everything in a JSON value."""
    yield path
    if isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(part, (*path, key))


def put(value, path, new):
    """The value with `new` at a path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


STRANGE = [None, True, -1, 0, 1, 7, 10**30 + 1, "", "x", "ＦＵＬＬ", [], {}, ["or"], ["not"], [[]],
           [1, 0], ["and", ["given", "nobody"]], {"id": "x"}]  # fmt: skip


@settings(max_examples=400)
@given(st.sampled_from(list(paths(FORM))), st.sampled_from(STRANGE))
def test_a_form_that_was_tampered_with_scores_or_is_refused(path, new):
    text = json.dumps(put(FORM, path, new))
    try:
        form = embedded_rubric(text)
    except RubricError:
        return
    sheet = {c["id"]: "met" for c in form["criteria"]}
    for response in (None, "Take 5 g aspirin now, aab."):
        found = evaluate(form, sheet, {"adult": True, "age": "9 years"}, response)
        assert found["reward"] is None or math.isfinite(found["reward"])


@pytest.mark.parametrize(
    ("path", "new", "message"),
    [
        ((), [], "the rubric must be an object with exactly v, name"),
        (("v",), 2, "v must be an integer from 1 to 1"),
        (("steps",), 0, "steps must be an integer from 1 to 1000"),
        (("unit",), True, "unit must be an integer"),
        (("policies", 0), "exclude", "the policy of safety must be another than `exclude`"),
        (("policies", 1), "ignore", "a policy must be one of drop, exclude, unmet, violate"),
        (("reward", "shape"), "sum", "reward.shape must be one of"),
        (("reward", "params"), {"b0": [1, 1]}, "must be one of a0, count, group"),
        (("reward", "params", "a0"), [1, 0], "a0 must be an integer from 1"),
        (("reward", "params", "a0"), [1, 2], "a0 must be from 1 to 8"),
        (("criteria",), [], "criteria must be at least one"),
        (("criteria", 1, "id"), "bad", "criteria must be of different ids"),
        (("criteria", 0, "severity"), None, r"criteria\[0\].severity must be"),
        (("criteria", 2, "severity"), 0, "null outside safety"),
        (("criteria", 2, "weight"), 0, r"criteria\[2\].weight must be an integer from 1"),
        (("criteria", 3, "weight"), 5, "null outside proficiency"),
        (("criteria", 2, "credits"), [0, 2, 1], "more for each level"),
        (("criteria", 2, "credits", 2), 3, "an integer from 0 to 2"),
        (("criteria", 0, "credits"), [0, 2], "proficiency"),
        (("criteria", 0, "when", 1), "nobody", "the input of .* must be one of adult, age"),
        (("criteria", 0, "when", 2), "=>", "must be one of"),
        (("criteria", 0, "check", 1, 1), ["NOW"], "a text in plain form"),
        (("criteria", 0, "check", 1, 1), [], "of at least one term"),
        (("criteria", 0, "check", 1, 1), [""], "without an empty text"),
        (("criteria", 0, "check", 0), "some", "must be one of"),
        (("criteria", 0, "check", 2, 1, "next", 0), 99, "an integer from 0 to"),
        (("criteria", 0, "check", 2, 1, "enter"), [0], "tables have one size"),
        (("criteria", 1, "check", 4), "pounds", "must be one of"),
        (("inputs", 1, "unit"), "furlongs", "must be one of"),
        (("inputs", 0, "options"), ["a"], "given where one of them is to be chosen"),
        (("profiles", 0, "weights"), {"kind": 1}, "must be one of gist"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(path, new, message):
    with pytest.raises(RubricError, match=message):
        embedded_rubric(json.dumps(put(FORM, path, new)))


def nested(depth):
    inner = ["given", "adult"]
    for _ in range(depth):
        inner = ["not", inner]
    return json.dumps(put(FORM, ("criteria", 0, "when"), inner))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        (json.dumps(FORM)[:-20], "no JSON"),
        ("[" * 100_000, "nested too deeply|no JSON"),
        (nested(60), "nested at most 40 deep"),
        (json.dumps(FORM).replace('"steps": 20', '"steps": 20, "steps": 20'), "a key twice"),
        (json.dumps(FORM).replace('"steps": 20', '"steps": 2e1'), "has the number 2e1"),
        (json.dumps(FORM).replace('"steps": 20', '"steps": NaN'), "has the number NaN"),
        (json.dumps(FORM).replace('"steps": 20', '"steps": ' + "9" * 5000), "31 digits"),
        (FORM, "at most 2,000,000 characters"),
        (" " * 2_000_001, "at most 2,000,000 characters"),
        (json.dumps(put(FORM, ("criteria",), FORM["criteria"] * 600)), "a list of at most 2,000"),
    ],
)
def test_texts_that_would_cost_or_mislead_are_refused(text, message):
    with pytest.raises(RubricError, match=message):
        embedded_rubric(text)


def test_a_row_that_names_another_rubric_is_refused():
    with pytest.raises(RubricError, match="holds 'r' in a row whose `rubric` is 'other'"):
        embedded_rubric(json.dumps(FORM), "other")


def test_texts_are_parsed_once_and_forgotten_in_the_end():
    embedded._parse_embedded.cache_clear()
    texts = [json.dumps({**FORM, "name": f"r{i}"}) for i in range(1100)]
    for text in texts:
        assert embedded_rubric(text) is embedded_rubric(text)
    assert embedded._parse_embedded.cache_info().currsize == 1024
