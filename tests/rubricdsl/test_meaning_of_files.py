"""From text to typed rubric: exact numbers, levels, types of inputs, conditions and checks."""

from fractions import Fraction

import pytest

from rubricdsl import ir
from rubricdsl.units import UNITS

from ..sample import SAMPLE, edited, marked, read, rubric

HEAD = 'rubric a version "1.0.0"\ntitle "A"\npurpose evaluation\n'
INPUTS = """\
input {
  age : quantity(years) optional
  dose : quantity(mg)
  setting : one of (clinic, home)
  adult : bool = true
  children : integer
  drug : text
  drugs : list of text
  places : list of one of (here, there)
}
valueset opioids { "morphine", "fentanyl" }
"""


def condition(text: str) -> ir.Condition | None:
    return rubric(HEAD + INPUTS + f'safety {{ veto v when {text} forbids "x" }}').criteria[0].when


def check(text: str) -> ir.Check | None:
    return rubric(HEAD + INPUTS + f'safety {{ veto v forbids "x" check {text} }}').criteria[0].check


def errors(clause: str) -> list[tuple[str, str]]:
    return marked(read(HEAD + INPUTS + f'safety {{ veto v {clause} forbids "x" }}'))


# Numbers


@pytest.mark.parametrize(
    ("written", "value"),
    [("1", 1), ("0.3", Fraction(3, 10)), ("1/3", Fraction(1, 3)), ("000001", 1),
     ("1000000", 10**6), ("0.00000000001", Fraction(1, 10**11)), ("2.50", Fraction(5, 2)),
     ("4/6", Fraction(2, 3)), ("1.5/3", None)],
)  # fmt: skip
def test_weights_are_read_exactly(written, value):
    made = read(HEAD + f'proficiency {{ criterion c weight {written} requires "x" }}')
    if value is None:
        assert [code for code, _ in marked(made)] == ["R0222"]
    else:
        assert made.rubric.criteria[0].weight == value


@pytest.mark.parametrize(
    ("written", "code"),
    [("0", "R0206"), ("-1", "R0206"), ("1000001", "R0206"), ("0.0", "R0206"), ("1/0", "R0222"),
     ("1234567890123", "R0222"), ("1/1234567890123", "R0222"), ("-0", "R0206")],
)  # fmt: skip
def test_weights_that_are_refused(written, code):
    text = HEAD + f'proficiency {{ criterion c weight {written} requires "x" }}'
    assert marked(read(text)) == [(code, written)]


@pytest.mark.parametrize("written", ["nan", "inf", "1e9", "five", "0x10", "1_000", "½"])
def test_what_is_no_number(written):
    text = HEAD + f'proficiency {{ criterion c weight {written} requires "x" }}'
    found = marked(read(text))
    assert len(found) == 1
    assert found[0][0] in ("R0101", "R0103")


def levels(*clauses: str) -> str:
    return HEAD + 'proficiency { criterion c weight 1 requires "x" ' + " ".join(clauses) + " }"


def test_levels_rise_evenly_unless_their_worth_is_said():
    even = rubric(levels('level 0 "a"', 'level 1 "b"', 'level 2 "c"', 'level 3 "d"'))
    credits = [level.credit for level in even.criteria[0].levels]
    assert credits == [0, Fraction(1, 3), Fraction(2, 3), 1]
    said = rubric(levels('level 0 worth 0.1 "a"', 'level 1 worth 1/3 "b"', 'level 2 worth 0.9 "c"'))
    credits = [level.credit for level in said.criteria[0].levels]
    assert credits == [Fraction(1, 10), Fraction(1, 3), Fraction(9, 10)]


@pytest.mark.parametrize(
    ("clauses", "finding"),
    [
        (['level 1 "a"', 'level 2 "b"'], ("R0212", "1")),
        (['level 0 "a"'], ("R0212", "0")),
        (['level 0 "a"', 'level 0 "b"'], ("R0212", "0")),
        (['level 0 "a"', 'level 1 "b"', 'level 3 "c"'], ("R0212", "3")),
        (['level 1 "a"', 'level 0 "b"'], ("R0212", "1")),
        (['level 0 worth 0 "a"', 'level 1 "b"'], ("R0214", "0")),
        (['level 0 worth 1/2 "a"', 'level 1 worth 0.5 "b"'], ("R0214", "0.5")),
        (['level 0 worth 0 "a"', 'level 1 worth 1.5 "b"'], ("R0214", "1.5")),
        (['level 0 worth -1 "a"', 'level 1 worth 1 "b"'], ("R0214", "-1")),
        (['level 0 worth 1/0 "a"', 'level 1 worth 1 "b"'], ("R0222", "1/0")),
        (['level 0 ""', 'level 1 "b"'], ("R0210", '""')),
    ],
)
def test_levels_that_are_refused(clauses, finding):
    assert marked(read(levels(*clauses))) == [finding]


@pytest.mark.parametrize(
    ("written", "steps"), [("1/20", 20), ("0.05", 20), ("1", 1), ("1/1000", 1000), ("2/8", 4)]
)
def test_steps(written, steps):
    assert rubric(edited(("1/10", written))).steps == steps


@pytest.mark.parametrize("written", ["0", "0.3", "2", "1/1001", "-1/20", "3/20"])
def test_steps_that_are_refused(written):
    assert marked(read(edited(("1/10", written)))) == [("R0602", written)]


# Conditions

AGE = ir.Compare("age", ">=", Fraction(18))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("age >= 18 years", AGE),
        ("age >= 216 months", AGE),
        ("age >= 1/2 years", ir.Compare("age", ">=", Fraction(1, 2))),
        ("dose < 0.5 g", ir.Compare("dose", "<", Fraction(500))),
        ("dose != 250 mcg", ir.Compare("dose", "!=", Fraction(1, 4))),
        ("children == 2", ir.Compare("children", "==", Fraction(2))),
        ("children > -1", ir.Compare("children", ">", Fraction(-1))),
        ("adult", ir.Compare("adult", "==", True)),
        ("adult == true", ir.Compare("adult", "==", True)),
        ("adult != false", ir.Compare("adult", "!=", False)),
        ("setting == home", ir.Compare("setting", "==", "home")),
        ("setting in (home, clinic, home)", ir.OneOf("setting", ("home", "clinic"))),
        ("setting in home", ir.OneOf("setting", ("home",))),
        ('drug == "Aspirin"', ir.Compare("drug", "==", "Aspirin")),
        ("drug in opioids", ir.OneOf("drug", ("morphine", "fentanyl"))),
        ('drug in (opioids, "aspirin")', ir.OneOf("drug", ("morphine", "fentanyl", "aspirin"))),
        ("drugs contains opioids", ir.Contains("drugs", ("morphine", "fentanyl"))),
        ("places contains (here, there)", ir.Contains("places", ("here", "there"))),
        ("age is given", ir.Given("age")),
        ("not adult", ir.Not(ir.Compare("adult", "==", True))),
        ("adult and age is given or not (adult)",
         ir.Or((ir.And((ir.Compare("adult", "==", True), ir.Given("age"))),
                ir.Not(ir.Compare("adult", "==", True))))),
        ("((age >= 18 years))", AGE),
    ],
)  # fmt: skip
def test_conditions(written, expected):
    assert condition(written) == expected


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("age >= 18 mg", ("R0404", "18 mg")),
        ("age >= 18 days", ("R0404", "18 days")),
        ("dose > 5 mmHg", ("R0404", "5 mmHg")),
        ("dose > 5 mg/kg", ("R0404", "5 mg/kg")),
        ("age >= 18", ("R0412", "18")),
        ("age >= 18 yeers", ("R0403", "yeers")),
        ("age >= old", ("R0405", "old")),
        ('age == "18"', ("R0405", '"18"')),
        ("children == 1.5", ("R0405", "1.5")),
        ("children == 3 mg", ("R0405", "3 mg")),
        ("adult == 1", ("R0405", "1")),
        ("adult >= true", ("R0409", ">=")),
        ("children", ("R0405", "children")),
        ("setting", ("R0405", "setting")),
        ("setting == hospital", ("R0406", "hospital")),
        ('setting == "home"', ("R0405", '"home"')),
        ("setting < home", ("R0409", "<")),
        ("setting contains home", ("R0405", "setting contains home")),
        ("drugs in opioids", ("R0405", "drugs in opioids")),
        ("drugs == opioids", ("R0405", "==")),
        ("drug in opiates", ("R0410", "opiates")),
        ("drug == opioids", ("R0405", "opioids")),
        ("age in (18 years, 19 years)", ("R0405", "age in (18 years, 19 years)")),
        ("adult in (true)", ("R0405", "adult in (true)")),
        ("places contains nowhere", ("R0406", "nowhere")),
        ("weight is given", ("R0401", "weight")),
        ("18 years <= age", ("R0407", "18 years")),
        ("18 years is given", ("R0407", "18 years")),
        ('words(response) > 5', ("R0408", "words(response)")),
        ('adult and mentions(response, "x")', ("R0408", 'mentions(response, "x")')),
        ("age > words(response)", ("R0407", "words(response)")),
        ("true", ("R0401", "true")),
    ],
)  # fmt: skip
def test_conditions_that_are_refused(written, finding):
    assert errors(f"when {written}") == [finding]


def test_two_units_are_marked_on_both_sides():
    checked = read(edited(("age >= 18 years", "age >= 18 mmHg")))
    (found,) = checked.diagnostics
    sides = [(found.span, found.label), *found.labels]
    text = checked.source.text
    assert [(text[span.start : span.end], label) for span, label in sides] == [
        ("18 mmHg", "mmHg: pressure"),
        ("age", "years: calendar time"),
    ]


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_can_be_written(unit):
    text = f'input {{ x : quantity({unit}) }}\nsafety {{ veto v when x > 1.5 {unit} forbids "x" }}'
    (made,) = rubric(HEAD + text).criteria
    assert made.when == ir.Compare("x", ">", Fraction(3, 2))


# Inputs and prompts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a : bool", ir.Input("a", "bool")),
        ("a : bool optional = false", ir.Input("a", "bool", optional=True, default=False)),
        ("a : integer = -3", ir.Input("a", "integer", default=Fraction(-3))),
        ("a : text = \"x\"", ir.Input("a", "text", default="x")),
        ("a : quantity(kg) = 500 g", ir.Input("a", "quantity", (), "kg", default=Fraction(1, 2))),
        ("a : one of (x, y) = y", ir.Input("a", "one_of", ("x", "y"), default="y")),
        ("a : list of text optional", ir.Input("a", "text_list", optional=True)),
        ("a : list of one of (x, y)", ir.Input("a", "one_of_list", ("x", "y"))),
        ("a : quantity(/min)", ir.Input("a", "quantity", (), "/min")),
        ("## Years.\n a : bool", ir.Input("a", "bool", doc="Years.")),
    ],
)  # fmt: skip
def test_inputs(line, expected):
    text = HEAD + f'input {{\n{line}\n}}\nsafety {{ veto v forbids "x" }}'
    assert rubric(text).inputs == (expected,)


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("a : number", ("R0402", "number")),
        ("a : list of bool", ("R0402", "list of bool")),
        ("a : list of quantity(mg)", ("R0402", "list of quantity(mg)")),
        ("a : list of list of text", ("R0402", "list of list of text")),
        ("a : quantity(stone)", ("R0403", "stone")),
        ("a : one of (x, X)", ("R0808", "X")),
        ("a : bool = 1", ("R0405", "1")),
        ("a : one of (x, y) = z", ("R0406", "z")),
        ("a : quantity(mg) = 5", ("R0412", "5")),
        ("a : quantity(mg) = 5 mL", ("R0404", "5 mL")),
        ("a : list of text = \"x\"", ("R0405", 'a : list of text = "x"')),
        ("a : bool\n a : text", ("R0201", "a")),
    ],
)  # fmt: skip
def test_inputs_that_are_refused(line, finding):
    text = HEAD + f'input {{\n{line}\n}}\nsafety {{ veto v forbids "x" }}'
    assert marked(read(text)) == [finding]


def test_prompts_carry_the_facts_of_their_case():
    text = (
        HEAD + INPUTS + 'prompt one "A?" { age: 18 months, setting: home  adult: false\n'
        'children: 2 drug: "zinc" drugs: ("a", "b") places: (here) }\n'
        'prompt "B?"\nprompt prompt_3 "C?"\nprompt "D?"\nsafety { veto v forbids "x" }'
    )
    prompts = rubric(text).prompts
    assert prompts[0].inputs == {
        "age": Fraction(3, 2), "setting": "home", "adult": False, "children": Fraction(2),
        "drug": "zinc", "drugs": ("a", "b"), "places": ("here",),
    }  # fmt: skip
    assert [p.id for p in prompts] == ["one", "prompt_2", "prompt_3", "prompt_4"]


@pytest.mark.parametrize(
    ("facts", "finding"),
    [
        ("age: 5", ("R0412", "5")),
        ("age: 5 years age: 6 years", ("R0808", "age")),
        ("drugs: \"a\"", ("R0405", 'drugs: "a"')),
        ("drug: (\"a\", \"b\")", ("R0405", 'drug: ("a", "b")')),
        ("aeg: 5 years", ("R0401", "aeg")),
        ("places: (here, nowhere)", ("R0406", "nowhere")),
    ],
)  # fmt: skip
def test_facts_that_are_refused(facts, finding):
    text = HEAD + INPUTS + f'prompt "A?" {{ {facts} }}\nsafety {{ veto v forbids "x" }}'
    assert marked(read(text)) == [finding]


# Checks


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('mentions(response, "cut it off")', ir.Mentions(("cut it off",))),
        ("mentions(response, opioids)", ir.Mentions(("morphine", "fentanyl"))),
        ('matches(response, "take \\\\d+")', ir.Matches("take \\d+")),
        ("count(response, opioids) >= 2", ir.Count(("morphine", "fentanyl"), None, ">=", 2)),
        ('count(response, "very \\\\w+") == 0', ir.Count((), "very \\w+", "==", 0)),
        ("words(response) <= 250", ir.Words("<=", 250)),
        ('dose(response, "aspirin") > 0.3 g',
         ir.Dose(("aspirin",), ">", ir.Quantity(Fraction(3, 10), "g"))),
        ("words(response) < 9 and not mentions(response, opioids) or words(response) == 0",
         ir.AnyOf((ir.AllOf((ir.Words("<", 9), ir.NoneOf(ir.Mentions(("morphine", "fentanyl"))))),
                   ir.Words("==", 0)))),
    ],
)  # fmt: skip
def test_checks(written, expected):
    assert check(written) == expected


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("mention(response, opioids)", ("R0501", "mention")),
        ("mentions(opioids)", ("R0502", "mentions(opioids)")),
        ("mentions(answer, opioids)", ("R0502", "mentions(answer, opioids)")),
        ("mentions(response, opioids, opioids)", ("R0502", "mentions(response, opioids, opioids)")),
        ("mentions(response, 5)", ("R0502", "5")),
        ("mentions(response, opiates)", ("R0410", "opiates")),
        ('mentions(response, "...")', ("R0210", '"..."')),
        ("mentions(response, opioids) == true", ("R0506", "mentions(response, opioids)")),
        ("matches(response, opioids)", ("R0502", "opioids")),
        ('matches(response, "a(b")', ("R0504", "(")),
        ('matches(response, "\\\\w+ \\\\q")', ("R0504", "\\")),
        ('matches(response, "\\u0041\\"c[")', ("R0504", "[")),
        ("words(response)", ("R0505", "words(response)")),
        ("words(response) > -1", ("R0502", "-1")),
        ("words(response) > 1.5", ("R0502", "1.5")),
        ("words(response) > many", ("R0502", "many")),
        ('dose(response, "aspirin") > 300', ("R0502", "300")),
        ('dose(response, "aspirin") > 300 mmHg', ("R0502", "300 mmHg")),
        ('dose(response, "aspirin") > 300 mgg', ("R0403", "mgg")),
        ("adult", ("R0503", "adult")),
        ("age >= 18 years", ("R0503", "age")),
        ("250 >= words(response)", ("R0503", "250")),
        ('"just a text"', ("R0503", '"just a text"')),
    ],
)  # fmt: skip
def test_checks_that_are_refused(written, finding):
    assert errors(f"check {written}") == [finding]


def test_an_example_is_held_against_its_own_check_only():
    text = (
        HEAD + "proficiency {\n"
        'criterion a weight 1 requires "x" check words(response) < 3 met "one two"\n'
        'criterion b weight 1 requires "x" check words(response) > 5 met "one two" }'
    )
    checked = read(text)
    assert [d.message for d in checked.diagnostics] == ["the example contradicts the check of `b`"]
    assert checked.source.position(checked.diagnostics[0].span.start)[0] == 6


# Rewards and profiles


@pytest.mark.parametrize("shape", ir.SHAPES)
def test_every_shape_can_be_asked_for(shape):
    made = rubric(edited(("reward promedical alpha 1/200 penalty 3/2", f"reward {shape}")))
    assert made.reward == ir.Reward(shape)


def test_parameters_may_be_called_like_tiers():
    written = "reward weighted safety 2 proficiency 1/2 excellence 0.25"
    made = rubric(edited(("reward promedical alpha 1/200 penalty 3/2", written)))
    assert made.reward.params == {
        "safety": Fraction(2), "proficiency": Fraction(1, 2), "excellence": Fraction(1, 4),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("gated a0 1/2", ("R0606", "a0 1/2")),
        ("gated count 2", ("R0606", "count 2")),
        ("gated group 8.5", ("R0606", "group 8.5")),
        ("gated alpha 1", ("R0605", "alpha")),
        ("promedical alpha 1 alpha 2", ("R0808", "alpha 2")),
        ("gatted", ("R0604", "gatted")),
    ],
)
def test_rewards_that_are_refused(written, finding):
    text = edited(("promedical alpha 1/200 penalty 3/2", written))
    assert marked(read(text)) == [finding]


@pytest.mark.parametrize("reward", ["", "veto 0"])
def test_points_need_something_that_gives_them(reward):
    text = HEAD + f'safety {{ veto v requires "Asks." }}\nreward healthbench {reward}'
    assert [code for code, _ in marked(read(text))] == (["R0609"] if reward else [])


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("weight home_removal 2", ("R0607", "home_removal")),
        ("weight worry 2", ("R0607", "worry")),
        ("weight referral 0", ("R0206", "0")),
        ("weight referral 1 weight referral 2", ("R0808", "referral")),
        ("weight nothing 2", ("R0608", "nothing")),
    ],
)
def test_profiles_that_are_refused(line, finding):
    assert marked(read(edited(("{ weight referral 8 }", f"{{ {line} }}")))) == [finding]


def test_the_sample_in_full():
    made = rubric(SAMPLE)
    assert (made.name, made.version, made.status, made.doc) == (
        "dermatology.sample", "0.1.0", "draft", "A mole that changes.",
    )  # fmt: skip
    assert made.title == "A mole that changes: advice to a member of the public"
    assert [c.id for c in made.criteria] == [
        "does_harm",
        "home_removal",
        "referral",
        "signs",
        "worry",
    ]
    assert made.policies == ir.Policies(safety="drop")
    assert made.value_sets[0].terms[1] == ir.Term("freeze it", "local", "7")
    assert made.reward == ir.Reward(
        "promedical", {"alpha": Fraction(1, 200), "penalty": Fraction(3, 2)}
    )
    assert made.criteria[3].allows_not_applicable
    assert made.criteria[3].weight == Fraction(3, 10)


def test_a_note_belongs_to_the_first_item_on_the_line_below():
    made = rubric(
        HEAD + 'safety {\n## One.\nveto a forbids "x" veto b forbids "y"\n'
        '## Closes.\n} excellence { bonus c requires "z"\n}'
    )
    assert [criterion.doc for criterion in made.criteria] == ["One.", "", ""]
