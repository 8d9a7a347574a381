"""Canonical text: reading it back gives the same rubric, whatever the rubric holds."""

import re
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import Checker, check_paths
from rubricdsl.passes.check import Checked
from rubricdsl.printing import WIDTH, exact, print_rubric, quoted
from rubricdsl.render import to_text
from rubricdsl.source import MemoryBundle, library_root


def read(text: str) -> ir.Rubric:
    """The rubric that a text is; fails on any error in it."""
    checked: Checked = Checker(MemoryBundle({"r.rubric": text})).check("r.rubric")
    errors = [d for d in checked.diagnostics if d.level == "error"]
    shown = "\n".join(to_text(d, lambda _: checked.source) for d in errors)
    assert checked.rubric is not None, f"{shown}\n{text}"
    return checked.rubric


# What rubrics are made of

words = st.sampled_from(
    ["age", "met", "weight", "level", "veto", "title", "Fever_2", "x", "_y", "when_", "cites", "b1"]
)
anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
prose = st.lists(st.sampled_from(["a", "dose", "of", "  ", "naïve", '"x"', "\n", "…", "🩺", "\\n"]))
texts = st.one_of(anything, prose.map(lambda parts: " ".join([*parts, "end"] * 6))).filter(
    lambda text: text.strip()
)
docs = st.sampled_from(["", "", "One line.", "Two lines,\nthe second # with a mark.", "A\n\nB"])
weights = st.one_of(
    st.integers(1, 1_000_000).map(Fraction),
    st.integers(1, 99_999).map(lambda n: Fraction(n, 1000)),
    st.builds(Fraction, st.integers(1, 9999), st.integers(1, 9999)),
)
maybe_texts = st.none() | texts

INPUTS = (
    ir.Input("adult", "bool", default=True),
    ir.Input("setting", "one_of", ("clinic", "home", "met"), default="home", doc="Where."),
    ir.Input("children", "integer", optional=True),
    ir.Input("age", "quantity", (), "years", True),
    ir.Input("dose", "quantity", (), "mg/kg", True, Fraction(3, 2)),
    ir.Input("drug", "text", optional=True, default='the "blue"\nones'),
    ir.Input("drugs", "text_list"),
    ir.Input("places", "one_of_list", ("here", "there")),
)
TERMS = (
    ir.ValueSet("acts", (ir.Term("cut it off"), ir.Term("burn it", "snomed", "12"))),
    ir.ValueSet("one", (ir.Term("wart remover"),), "A single term."),
)


def compares(name: str, values: st.SearchStrategy, ops: tuple[ir.Comparison, ...]):
    return st.builds(ir.Compare, st.just(name), st.sampled_from(ops), values)


EQUAL: tuple[ir.Comparison, ...] = ("==", "!=")
ORDER: tuple[ir.Comparison, ...] = (*EQUAL, "<", "<=", ">", ">=")
months = st.integers(1, 500).map(lambda n: Fraction(n, 12))
leaves = st.one_of(
    compares("adult", st.booleans(), EQUAL),
    compares("setting", st.sampled_from(["clinic", "home", "met"]), EQUAL),
    compares("children", st.integers(-5, 9).map(Fraction), ORDER),
    compares("age", months, ORDER),
    compares("dose", st.integers(1, 999).map(lambda n: Fraction(n, 100)), ORDER),
    compares("drug", texts, EQUAL),
    st.builds(ir.Given, st.sampled_from([i.id for i in INPUTS])),
    st.just(ir.OneOf("setting", ("clinic", "home"))),
    st.builds(
        ir.OneOf, st.just("drug"), st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)
    ),
    st.just(ir.Contains("places", ("there",))),
    st.just(ir.Contains("drugs", ("aspirin", "cut it off"))),
)


def trees(leaf: st.SearchStrategy, every: type, some: type, no: type) -> st.SearchStrategy:
    """Nested expressions over leaves."""

    def nest(inner: st.SearchStrategy) -> st.SearchStrategy:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(every, several) | st.builds(some, several) | st.builds(no, inner)

    return st.recursive(leaf, nest, max_leaves=6)


conditions = trees(leaves, ir.And, ir.Or, ir.Not)
term_lists = st.sampled_from([("cut it off", "burn it"), ("wart remover",), ("say \\ no",)])
loose_terms = term_lists | st.just(("not in a set", "nor this"))
checks = trees(
    st.one_of(
        st.builds(ir.Mentions, loose_terms),
        st.just(ir.Matches("take (two|three) [a-z]+")),
        st.builds(ir.Count, term_lists, st.none(), st.sampled_from(ORDER), st.integers(0, 99)),
        st.just(ir.Count((), "very \\d+", ">=", 2)),
        st.builds(ir.Words, st.sampled_from(ORDER), st.integers(0, 10**6)),
        st.just(ir.Dose(("wart remover",), ">", ir.Quantity(Fraction(5, 4), "mg/kg"))),
    ),
    ir.AllOf,
    ir.AnyOf,
    ir.NoneOf,
)


@st.composite
def levels(draw: st.DrawFn) -> tuple[ir.Level, ...]:
    top = draw(st.integers(1, 4))
    credits = [Fraction(n, top) for n in range(top + 1)]
    if draw(st.booleans()):
        credits = sorted(draw(st.sets(st.integers(0, 300), min_size=top + 1, max_size=top + 1)))
        credits = [Fraction(n, 300) for n in credits]
    return tuple(
        ir.Level(n, draw(texts), credit, tuple(draw(st.lists(texts, max_size=2))))
        for n, credit in enumerate(credits)
    )


@st.composite
def criteria(draw: st.DrawFn, tier: ir.Tier, name: str) -> ir.Criterion:
    steps = draw(levels()) if tier == "proficiency" and draw(st.booleans()) else ()
    check = draw(st.none() | checks) if not steps else None
    # An exemplar that contradicts a check is an error, so no criterion gets both.
    examples = st.just(()) if steps or check else st.lists(texts, max_size=2).map(tuple)
    return ir.Criterion(
        id=name,
        tier=tier,
        polarity="requires" if steps else draw(st.sampled_from(["requires", "forbids"])),
        text=draw(texts),
        origin=ir.Origin("a.b", "1.2.3", name),
        severity=draw(st.sampled_from(ir.SEVERITIES)) if tier == "safety" else None,
        weight=draw(weights) if tier == "proficiency" else None,
        levels=steps,
        when=draw(st.none() | conditions),
        check=check,
        allows_not_applicable=draw(st.booleans()),
        met=draw(examples),
        unmet=draw(examples),
        cites=draw(st.sampled_from([(), ("ng12",), ("ng12", "second")])),
        tags=tuple(draw(st.lists(texts, max_size=2))),
        note=draw(st.just("") | texts),
        doc=draw(docs),
    )


REWARDS = (
    ir.Reward(),
    ir.Reward("gated", {"count": Fraction(1), "a0": Fraction(3, 2)}),
    ir.Reward("lexicographic"),
    ir.Reward("centred", {"silent": Fraction(1), "group": Fraction(16)}),
    ir.Reward("tiers"),
    ir.Reward("promedical", {"alpha": Fraction(1, 300)}),
    ir.Reward("weighted"),
    ir.Reward("rar", {"pitfall": Fraction(9, 10)}),
    # Last: it is for rubrics that give points.
    ir.Reward("healthbench", {"veto": Fraction(1, 2)}),
)


@st.composite
def rubrics(draw: st.DrawFn) -> ir.Rubric:
    names = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    tiers = sorted((draw(st.sampled_from(ir.TIERS)) for _ in names), key=ir.TIERS.index)
    made = tuple(draw(criteria(tier, name)) for tier, name in zip(tiers, names, strict=True))
    weighed = [c.id for c in made if c.tier == "proficiency"]
    points = any(c.tier == "proficiency" and c.polarity == "requires" for c in made)
    profiles = tuple(
        ir.Profile(name, {c: draw(weights) for c in weighed}, draw(st.none() | conditions))
        for name in draw(st.lists(words, max_size=2, unique=True))
    )
    prompts = tuple(
        ir.Prompt(name, draw(texts), draw(st.sampled_from([{}, FACTS])))
        for name in draw(st.lists(words, max_size=2, unique=True))
    )
    sources = (
        ir.Source(
            "ng12",
            *draw(st.tuples(texts, *[maybe_texts] * 6)),
            retrieved=draw(st.none() | st.dates().map(str)),
            licence=draw(maybe_texts),
            note=draw(maybe_texts),
        ),
        ir.Source("second", draw(texts)),
    )
    return ir.Rubric(
        name="a.b",
        version="1.2.3",
        status=draw(st.sampled_from(["draft", "retired"])),
        purpose=draw(st.sampled_from(["training", "evaluation"])),
        title=draw(texts),
        criteria=made,
        policies=ir.Policies(
            draw(st.sampled_from(["violate", "drop"])),
            draw(st.sampled_from(["unmet", "exclude"])),
        ),
        steps=draw(st.sampled_from([20, 1, 7, 1000])),
        reward=draw(st.sampled_from(REWARDS if points else REWARDS[:-1])),
        inputs=INPUTS,
        profiles=profiles,
        prompts=prompts,
        sources=sources,
        reviews=(ir.Review("A. B", "2026-01-31", draw(maybe_texts)),),
        value_sets=TERMS,
        tags=tuple(draw(st.lists(texts, max_size=2))),
        doc=draw(docs),
    )


FACTS: dict[str, bool | Fraction | str | tuple[str, ...]] = {
    "adult": False,
    "setting": "clinic",
    "age": Fraction(7, 12),
    "drug": "x\ty",
    "drugs": ("a", "b"),
    "places": ("there", "here"),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rubrics())
def test_reading_the_text_gives_the_rubric(rubric: ir.Rubric) -> None:
    text = print_rubric(rubric)
    back = read(text)
    # A list of terms that no value set holds gets a value set of its own.
    added = back.value_sets[len(rubric.value_sets) :]
    assert all(values.id.endswith(("_terms", "_terms_")) for values in added)
    assert rubric == ir.Rubric(**{**vars(back), "value_sets": TERMS})
    assert print_rubric(back) == text


@pytest.mark.parametrize(
    "code", [0, 9, 13, 0x7F, 0x85, 0xA0, 0x200B, 0x200D, 0x2028, 0x202E, 0xFEFF]
)
def test_characters_that_a_reader_cannot_see_are_escaped(code: int) -> None:
    written = quoted(f"a{chr(code)}b")
    assert written.isprintable()
    assert written.isascii()


@given(texts)
def test_lines_stay_in_the_width_unless_a_word_is_longer(text: str) -> None:
    rubric = ir.Rubric("a", "1.0.0", "draft", "training", text, (veto(text),))
    for line in print_rubric(rubric).split("\n"):
        body = line[line.index('"') :] if '"' in line else ""
        assert len(line) <= WIDTH or not re.search("[^ ] [^ ]", body)


def test_the_library_written_out_in_full_means_the_same() -> None:
    outcome = check_paths([str(library_root())])
    assert outcome.rubrics
    for rubric in outcome.rubrics:
        assert semantic_hash(read(print_rubric(rubric))) == semantic_hash(rubric), rubric.name


def veto(text: str) -> ir.Criterion:
    return ir.Criterion("v", "safety", "forbids", text, ir.Origin("a", "1.0.0", "v"), "critical")


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (Fraction(5), "5"),
        (Fraction(3, 10), "0.3"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-5, 100), "-0.05"),
        (Fraction(1, 65536), "1/65536"),
        (Fraction(1, 1024), "0.0009765625"),
        (Fraction(1200), "1200"),
    ],
)
def test_numbers(number: Fraction, written: str) -> None:
    assert exact(number) == written


def test_the_style() -> None:
    rubric = read(WRITTEN)
    assert print_rubric(rubric) == CANONICAL
    assert read(CANONICAL) == rubric


WRITTEN = """\
## About moles.
rubric derm.mole version "0.1.0" status draft title "A mole" "that changes"
source ng12 { title "Suspected cancer" id "NG12" }
valueset acts { "cut it off", "freeze it" code "local" "7" }
input { setting : one of (clinic, home) = home  age : quantity(years) optional }
prompt child "My son's mole\\nchanged." { age: 18 months }
safety { cannot_assess means drop
  veto home_removal when setting == home and (age < 16 years or age is given) forbids "Suggests \
removal." check not mentions(response, acts) }
proficiency { criterion signs weight 6/4 requires "Explains the warning signs, in words that \
somebody who has never seen a picture of one of them can follow."
  level 0 "none" level 1 "some" example "Look for an uneven border." level 2 "all" tag "x" }
order { safety proficiency in steps of 1/10 excellence } # coarse
reward gated count 1.0
profile busy when setting in (clinic) { weight signs 2 }
"""

CANONICAL = """\
## About moles.
rubric derm.mole version "0.1.0" status draft

title "A mole that changes"

source ng12 {
  title "Suspected cancer"
  id "NG12"
}

valueset acts {
  "cut it off",
  "freeze it" code "local" "7",
}

input {
  setting : one of (clinic, home) = home
  age     : quantity(years) optional
}

prompt child "My son's mole\\nchanged." {
  age: 1.5 years
}

safety {
  cannot_assess means drop

  veto home_removal critical when setting == home and (age < 16 years or age is given)
    forbids "Suggests removal."
    check not (mentions(response, acts))
}

proficiency {
  criterion signs weight 1.5
    requires "Explains the warning signs, in words that somebody who has never seen a picture of"
             "one of them can follow."
    level 0 "none"
    level 1 "some"
      example "Look for an uneven border."
    level 2 "all"
    tag "x"
}

order {
  safety
  proficiency in steps of 1/10
  excellence
}

reward gated count 1

profile busy when setting in (clinic) {
  weight signs 2
}
"""
