"""Labelled rows: good ones are read exactly, every fault is told with its line and a way out."""

import gzip
import json
from fractions import Fraction

import pytest

from rubricdsl.compiler.importers.jsonl import Fault
from rubricdsl.compiler.rows import Message, Row, prompt_id, read_rows

GOOD = {
    "id": "r1",
    "rubric": "dermatology.changing_mole",
    "prompt": "My mole bleeds.",
    "inputs": {"age": "18 months", "setting": "clinic"},
    "responses": [
        {"id": "a", "text": "See a doctor.", "verdicts": {"warning_signs": 0}},
        {"id": "b", "text": "Wait.", "verdicts": {"says_to_be_seen": "unmet"}},
    ],
}


@pytest.fixture
def read(mole, tmp_path):
    """Rows and faults of a file with the given lines (objects, or text as it is)."""

    def run(*lines, name="data.jsonl"):
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path = tmp_path / name
        data = ("\n".join(texts) + "\n").encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return list(read_rows([path], {mole.name: mole}))

    return run


def changed(**fields):
    return {**GOOD, **fields}


@pytest.mark.parametrize("name", ["data.jsonl", "data.jsonl.gz"])
def test_a_good_row_is_read(read, name):
    (row,) = read(GOOD, name=name)
    assert isinstance(row, Row)
    assert row.prompt == (Message("user", "My mole bleeds."),)
    assert row.inputs == {"age": Fraction(3, 2), "setting": "clinic"}
    assert [r.verdicts for r in row.responses] == [
        {"warning_signs": 0},
        {"says_to_be_seen": "unmet"},
    ]
    assert not row.synthetic


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (52, Fraction(52)),
        (0.3, Fraction(3, 10)),
        ("40 years", Fraction(40)),
        ("7/2 years", Fraction(7, 2)),
        ("6 months", Fraction(1, 2)),
    ],
)
def test_amounts_are_exact_and_in_the_declared_unit(read, given, value):
    (row,) = read(changed(inputs={"age": given}))
    assert row.inputs["age"] == value


def test_null_is_the_same_as_not_given(read):
    (row,) = read(changed(inputs={"age": None, "medicines": ["warfarin"]}, profile=""))
    assert row.inputs == {"medicines": ("warfarin",)}
    assert row.profile == ""


def test_a_conversation_and_a_row_without_responses(read):
    turns = [("system", "Be brief."), ("user", "Hi."), ("assistant", "Hi?"), ("user", "A mole.")]
    prompt = [{"role": role, "content": content} for role, content in turns]
    (row,) = read(changed(prompt=prompt, responses=[], profile="emergency"))
    assert [tuple(m) for m in row.prompt] == turns
    assert (row.responses, row.profile) == ((), "emergency")


def test_the_id_of_a_prompt_depends_on_the_conversation_alone(read):
    first, second = read(GOOD, changed(id="r2", inputs={"age": 3}, responses=[]))
    assert first.prompt_id == second.prompt_id == prompt_id((Message("user", "My mole bleeds."),))
    assert first.prompt_id != prompt_id((Message("user", "My mole bleeds"),))


def response(**fields):
    return changed(responses=[{**GOOD["responses"][0], **fields}])


FAULTS = [
    ({**GOOD, "rubrik": "x"}, "no field `rubrik`", "did you mean `rubric`"),
    (changed(id=None), "the row has no `id`", "text"),
    (changed(id=7), "`id` of the row is the number 7", "text"),
    (changed(id="  "), "`id` of the row is the text", "not empty"),
    (changed(rubric="dermatology.changing_mol"), "no rubric", "did you mean `dermatology"),
    (changed(prompt=""), "`prompt` is the text", "question"),
    (changed(prompt=[{"role": "doctor", "content": "x"}]), "message 1", "system, user, assistant"),
    (changed(prompt=[{"role": "assistant", "content": "x"}]), "ends with a turn of", "responses"),
    (changed(inputs=[]), "`inputs` is a list", "object"),
    (changed(inputs={"agee": 3}), "no input `agee`", "did you mean `age`"),
    (changed(inputs={"age": "3 kg"}), "`age` is the text", "kg is mass, and years is"),
    (changed(inputs={"age": "3 yeers"}), "`age` is the text", "did you mean `years`"),
    (changed(inputs={"age": "old"}), "`age` is the text", "a number of years"),
    (changed(inputs={"age": True}), "`age` is true", "a number of years"),
    (changed(inputs={"setting": "clinik"}), "`setting` is the text", 'did you mean "clinic"'),
    (changed(inputs={"medicines": "x"}), "`medicines` is the text", "list of texts"),
    (changed(profile="emergencies"), "no profile `emergencies`", "did you mean `emergency`"),
    (changed(responses=None), "no `responses`", "a list"),
    (changed(responses=["x"]), "response 1 is the text", "verdicts"),
    (changed(synthetic="no"), "`synthetic` is the text", "true or false"),
    (response(text=""), "`text` of response 1", "not empty"),
    (response(verdicts=None), "no `verdicts`", "object"),
    (response(verdicts={"warning_sign": 1}), "no criterion `warning_sign`", "`warning_signs`"),
    (response(verdicts={"warning_signs": 3}), "the number 3", "from 0 to 2"),
    (response(verdicts={"warning_signs": 1.0}), "the number 1.0", "from 0 to 2"),
    (response(verdicts={"warning_signs": True}), "true", "from 0 to 2"),
    (response(verdicts={"warning_signs": "met"}), '"met"', "from 0 to 2"),
    (response(verdicts={"home_removal": 1}), "the number 1", "met, unmet"),
    (response(verdicts={"home_removal": "Met"}), '"Met"', 'did you mean "met"'),
    (response(verdicts={"home_removal": False}), "false", 'write "unmet"'),
    (response(verdicts={"home_removal": None}), "null", "met, unmet"),
    (changed(responses=[GOOD["responses"][0]] * 2), "two responses of the row", "tell them apart"),
    ('{"id": "r1", "rubric"', "not JSON", "one whole JSON object"),
    ("[1, 2]", "expected an object", "one whole JSON object"),
    ('{"id": "a", "id": "b"}', "given twice", ""),
    (json.dumps(changed(inputs={"age": float("nan")})), "`age` is the number nan", "years"),
    (json.dumps(changed(inputs={"age": 1e300})), "`age` is the number", "years"),
]


@pytest.mark.parametrize(("line", "what", "hint"), FAULTS, ids=[what for _, what, _ in FAULTS])
def test_a_fault_is_told_with_its_line_and_a_way_out(read, line, what, hint):
    found = read({**GOOD, "id": "first"}, line, {**GOOD, "id": "last"})
    faults = [item for item in found if isinstance(item, Fault)]
    assert [item.id for item in found if isinstance(item, Row)] == ["first", "last"]
    assert len(faults) == 1, faults
    assert what in faults[0].message
    assert hint in faults[0].hint
    assert str(faults[0]).startswith(f"{faults[0].path}:2: ")


def test_rows_without_an_id_are_not_told_apart(read):
    faults = read(changed(id=None), changed(id=None))
    assert [fault.message for fault in faults] == ["the row has no `id`"] * 2


def test_all_faults_of_a_row_are_told(read):
    row = changed(profile="x", inputs={"agee": 1}, responses=[{"id": "a", "verdicts": {"no": 1}}])
    messages = [fault.message for fault in read(row)]
    assert len(messages) == 4, messages


def test_an_id_given_twice_names_the_first_place(read):
    _, fault = read(GOOD, GOOD)
    assert "'r1' is given twice" in fault.message
    assert fault.hint.endswith("data.jsonl:1")


def test_a_required_input_that_is_missing(read, mole, tmp_path):
    import dataclasses

    from rubricdsl import ir

    strict = dataclasses.replace(mole, inputs=(*mole.inputs, ir.Input("pregnant", "bool")))
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps(GOOD))
    (fault,) = read_rows([path], {strict.name: strict})
    assert "`pregnant` is missing" in fault.message


def test_a_missing_file_is_a_fault(mole, tmp_path):
    (fault,) = read_rows([tmp_path / "none.jsonl"], {mole.name: mole})
    assert "no such file" in fault.message
