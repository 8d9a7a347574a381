"""The JSON form: a round trip, a strict reader, a current schema, a hash of the meaning alone."""

import dataclasses
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from rubricdsl import ir, ir_json
from rubricdsl.passes import check_paths

from ..strategies import rubrics

REPO = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(ir_json.schema())


def test_what_is_written_reads_back(mole):
    written = ir_json.dump(mole)
    assert ir_json.load(written) == mole
    assert ir_json.dump(ir_json.load(written)) == written


@given(rubrics().filter(lambda rubric: rubric.criteria))
def test_any_rubric_reads_back_and_fits_the_schema(rubric):
    written = ir_json.dump(rubric)
    assert ir_json.load(written) == rubric
    assert ir_json.semantic_hash(ir_json.load(written)) == ir_json.semantic_hash(rubric)
    assert not list(VALIDATOR.iter_errors(json.loads(written)))


def test_the_library_reads_back():
    found = check_paths([str(REPO / "rubrics")]).rubrics
    assert len(found) > 8
    for rubric in found:
        assert ir_json.load(ir_json.dump(rubric)) == rubric


def test_texts_that_look_like_numbers_stay_texts(mole):
    ward = ir.Input("ward", "text")
    when = ir.And(
        (ir.Compare("ward", "==", "1e999999999"), ir.Compare("age", ">=", Fraction(1, 3)))
    )
    prompt = ir.Prompt("p", "Where am I?", {"ward": "040", "age": Fraction(7, 2)})
    changed = dataclasses.replace(
        mole,
        inputs=(*mole.inputs, ward),
        criteria=tuple(dataclasses.replace(c, when=when) for c in mole.criteria),
        prompts=(prompt,),
    )
    assert ir_json.load(ir_json.dump(changed)) == changed


def test_the_published_schema_is_current_and_fits(mole):
    published = REPO / "docs" / "ir.schema.json"
    assert published.read_bytes() == ir_json.schema_bytes(), (
        "write it again: python -c 'import sys; from rubricdsl import ir_json; "
        "sys.stdout.buffer.write(ir_json.schema_bytes())' > docs/ir.schema.json"
    )
    VALIDATOR.check_schema(VALIDATOR.schema)
    document = json.loads(ir_json.dump(mole))
    VALIDATOR.validate(document)
    document["criteria"][0]["wieght"] = "1"
    assert not VALIDATOR.is_valid(document)
    assert not VALIDATOR.is_valid({**json.loads(ir_json.dump(mole)), "steps": "20"})


def _broken(mole, change):
    document = json.loads(ir_json.dump(mole))
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        (lambda d: d.update(extra=1), "rubric.extra", "no such field"),
        (lambda d: d.pop("policies"), "rubric.policies", "missing"),
        (lambda d: d.update(ir_version=2), "ir_version", "reads version 1"),
        (lambda d: d.update(ir_version=True), "ir_version", "True"),
        (lambda d: d.update(steps=True), "rubric.steps", "int is expected"),
        (lambda d: d.update(status="final"), "rubric.status", "draft, active, retired"),
        (lambda d: d["criteria"][4].update(weight=0.3), "criteria[4].weight", "exact number"),
        (lambda d: d["criteria"][4].update(weight="1e9"), "criteria[4].weight", "exact number"),
        (lambda d: d["criteria"][4].update(weight="2/4"), "criteria[4].weight", "lowest terms"),
        (lambda d: d["criteria"][4].update(weight="-1"), "urgent_referral", "positive"),
        (lambda d: d["criteria"][4]["when"].update(kind="nor"), "when.kind", "none of and, or"),
        (lambda d: d["criteria"][4]["when"]["arg"].update(input="x"), "when.arg", "no input `x`"),
        (lambda d: d["criteria"][4]["when"]["arg"].update(value="old"), "arg.value", '"old"'),
        (lambda d: d["criteria"][0].update(met="one"), "criteria[0].met", "a list"),
        (lambda d: d["criteria"][0].update(id="home_removal"), "home_removal", "2 criterions"),
        (lambda d: d["criteria"].reverse(), "", "tier order"),
        (lambda d: d["criteria"][5]["levels"].reverse(), "warning_signs", "numbered"),
        (lambda d: d["policies"].update(safety="exclude"), "", "safety may not exclude"),
    ],
)
def test_a_document_that_is_not_right_is_refused_at_its_place(mole, change, place, reason):
    with pytest.raises(ir_json.IRError) as caught:
        ir_json.load(_broken(mole, change))
    assert place in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe{", "not UTF-8"),
        (b'{"ir_version": 1', "not JSON"),
        (b"[]", "not an object"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * (ir_json.MAX_BYTES + 1), "at most"),
    ],
)
def test_bytes_that_are_no_document_are_refused(data, reason):
    with pytest.raises(ir_json.IRError, match=reason):
        ir_json.load(data)


def test_a_deep_condition_is_refused_and_does_not_crash(mole):
    document = json.loads(ir_json.dump(mole))
    text = json.dumps(document).replace(
        json.dumps(document["criteria"][4]["when"]),
        '{"kind":"not","arg":' * 900 + "null" + "}" * 900,
    )
    with pytest.raises(ir_json.IRError):
        ir_json.load(text.encode())


MEANINGLESS = {
    "title": "Another title",
    "version": "9.0.0",
    "status": "retired",
    "name": "other.name",
    "doc": "prose",
    "tags": ("x",),
    "sources": (),
    "reviews": (ir.Review("A. Nother", "2026-01-01"),),
    "prompts": (),
}


@pytest.mark.parametrize("field", MEANINGLESS)
def test_the_hash_is_blind_to_prose_and_provenance(mole, field):
    changed = dataclasses.replace(mole, **{field: MEANINGLESS[field]})
    assert changed != mole
    assert ir_json.semantic_hash(changed) == ir_json.semantic_hash(mole)


CRITERION_MEANING = {
    "text": "Other words.",
    "polarity": "requires",
    "severity": "major",
    "met": ("Another example.",),
    "unmet": (),
    "note": "Another hint.",
    "allows_not_applicable": True,
    "when": ir.Given("age"),
    "check": ir.Words("<", 3),
    "id": "renamed",
}


@pytest.mark.parametrize("field", CRITERION_MEANING)
def test_the_hash_sees_what_a_verdict_depends_on(mole, field):
    first, *rest = mole.criteria
    changed_first = dataclasses.replace(first, **{field: CRITERION_MEANING[field]})
    changed = dataclasses.replace(mole, criteria=(changed_first, *rest))
    assert ir_json.semantic_hash(changed) != ir_json.semantic_hash(mole)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 10},
        {"policies": ir.Policies(safety="drop")},
        {"reward": ir.Reward("lexicographic")},
        {"reward": ir.Reward("gated", {"a0": Fraction(2)})},
        {"profiles": ()},
        {"inputs": ()},
    ],
)
def test_the_hash_sees_what_the_reward_depends_on(mole, change):
    changed = dataclasses.replace(mole, **change)
    assert ir_json.semantic_hash(changed) != ir_json.semantic_hash(mole)


def test_every_field_of_the_ir_is_either_meaning_or_named_as_not(mole):
    """A field added to the IR is hashed unless somebody decides otherwise."""
    for kind, names in ir_json._NOT_MEANING.items():
        assert names <= {f.name for f in dataclasses.fields(kind)}


def test_reading_and_writing_do_not_import_pydantic():
    code = (
        "import sys; from rubricdsl import ir, ir_json; "
        "ir_json.semantic_hash(ir.Rubric('a', '1', 'draft', 'training', 't', ())); "
        "assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
