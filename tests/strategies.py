"""Hypothesis strategies: typed rubrics, and rows, sheets and responses for them.

Everything is made by type, so that a rubric is always one that the checker would pass; rows and
sheets on the other hand are partly nonsense, as data is.
"""

from fractions import Fraction

from hypothesis import strategies as st

from rubricdsl import ir

WORDS = ("aspirin", "rest", "stop", "now", "2.5", "7", "x-ray")
OPTIONS = ("clinic", "home", "ward")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

KINDS = ("bool", "one_of", "integer", "quantity", "text", "text_list", "one_of_list")

positive = st.fractions(min_value=Fraction(1, 12), max_value=20, max_denominator=12)
factors = st.just(Fraction(0)) | positive
amounts = st.sampled_from([Fraction(0), Fraction(1), Fraction(35, 2), Fraction(18), Fraction(40)])
texts = st.sampled_from(["alpha", "Beta", "gamma delta"])
options = st.sampled_from(OPTIONS)
responses = st.none() | st.lists(
    st.sampled_from([*WORDS, "Aspirin", "restless", ".", ",", "12.5,", "stop now"]), max_size=8
).map(" ".join)


@st.composite
def inputs(draw, name, kind):
    default = {
        "bool": st.booleans(),
        "one_of": options,
        "integer": amounts.filter(lambda n: n.denominator == 1),
        "quantity": amounts,
        "text": texts,
        "text_list": st.lists(texts, max_size=2).map(tuple),
        "one_of_list": st.lists(options, max_size=2).map(tuple),
    }[kind]
    return ir.Input(
        name,
        kind,
        options=OPTIONS if kind.startswith("one_of") else (),
        unit="years" if kind == "quantity" else None,
        optional=draw(st.booleans()),
        default=draw(st.none() | default),
    )


def conditions(specs):
    """Conditions over these inputs."""
    if not specs:
        return st.none()
    atoms = st.sampled_from(specs).flatmap(_atom)
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda args: ir.And(tuple(args))),
            st.lists(inner, min_size=2, max_size=3).map(lambda args: ir.Or(tuple(args))),
            inner.map(ir.Not),
        ),
        max_leaves=4,
    )


def _atom(spec):
    some_texts = options if spec.options else texts
    several = st.lists(some_texts, min_size=1, max_size=2).map(tuple)
    compared = {
        "bool": st.builds(
            ir.Compare, st.just(spec.id), st.sampled_from(COMPARISONS[:2]), st.booleans()
        ),
        "one_of": st.builds(ir.OneOf, st.just(spec.id), several),
        "text": st.builds(ir.Compare, st.just(spec.id), st.sampled_from(COMPARISONS[:2]), texts),
        "text_list": st.builds(ir.Contains, st.just(spec.id), several),
        "one_of_list": st.builds(ir.Contains, st.just(spec.id), several),
    }.get(spec.type, st.builds(ir.Compare, st.just(spec.id), st.sampled_from(COMPARISONS), amounts))
    return st.just(ir.Given(spec.id)) | compared


terms = st.lists(st.sampled_from([*WORDS, "stop now", "Rest"]), min_size=1, max_size=3).map(tuple)
patterns = st.sampled_from(
    ["stop( now)?", "[a-r]+", r"\d", r"\d.\d|aspirin rest", "(rest|stop) .*now"]
)
small = st.integers(0, 4)
checks = st.recursive(
    st.one_of(
        st.builds(ir.Mentions, terms),
        st.builds(ir.Matches, patterns),
        st.builds(ir.Count, terms, st.none(), st.sampled_from(COMPARISONS), small),
        st.builds(ir.Count, st.just(()), patterns, st.sampled_from(COMPARISONS), small),
        st.builds(ir.Words, st.sampled_from(COMPARISONS), small),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda args: ir.AllOf(tuple(args))),
        st.lists(inner, min_size=1, max_size=2).map(lambda args: ir.AnyOf(tuple(args))),
        inner.map(ir.NoneOf),
    ),
    max_leaves=3,
)  # fmt: skip
levels = st.lists(
    st.fractions(min_value=0, max_value=1, max_denominator=6), min_size=2, max_size=4, unique=True
).map(lambda credits: tuple(ir.Level(i, str(i), k) for i, k in enumerate(sorted(credits))))


@st.composite
def criteria(draw, name, tier, specs):
    polarity = draw(st.sampled_from(["requires", "forbids"]))
    has_levels = tier == "proficiency" and polarity == "requires" and draw(st.booleans())
    return ir.Criterion(
        name,
        tier,
        polarity,
        "text",
        ir.Origin("r", "0.1.0", name),
        severity=draw(st.sampled_from(ir.SEVERITIES)) if tier == "safety" else None,
        weight=draw(positive) if tier == "proficiency" else None,
        levels=draw(levels) if has_levels else (),
        when=draw(st.none() | conditions(specs)),
        check=None if has_levels else draw(st.none() | checks),
        allows_not_applicable=draw(st.booleans()),
    )


@st.composite
def rewards(draw, shapes=ir.SHAPES):
    shape = draw(st.sampled_from(shapes))
    allowed = {
        "gated": {
            "a0": st.fractions(1, 3, max_denominator=5),
            "count": st.sampled_from([Fraction(1), Fraction(0)]),
            "group": st.integers(2, 16).map(Fraction),
        },
        "lexicographic": {},
        "centred": {
            "a0": st.fractions(1, 3, max_denominator=5),
            "silent": st.sampled_from([Fraction(1), Fraction(0)]),
        },
        "tiers": {},
        "promedical": {
            "alpha": st.fractions(0, 1, max_denominator=60),
            "beta": factors.filter(lambda n: n <= 10),
            "penalty": factors,
        },
        "weighted": dict.fromkeys(ir.TIERS, factors),
        "healthbench": dict.fromkeys(("veto", "bonus"), factors),
        "rar": dict.fromkeys(("essential", "important", "optional", "pitfall"), factors),
    }[shape]
    return ir.Reward(shape, draw(st.fixed_dictionaries({}, optional=allowed)))


@st.composite
def policies(draw, kinds=("unmet", "exclude", "drop")):
    safety = draw(st.sampled_from(["violate", *(kind for kind in kinds if kind == "drop")]))
    others = st.sampled_from(list(kinds))
    return ir.Policies(safety, draw(others), draw(others))


@st.composite
def rubrics(draw, shapes=ir.SHAPES, policy_kinds=("unmet", "exclude", "drop"), max_size=3):
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=3))
    specs = tuple(draw(inputs(f"i{n}", kind)) for n, kind in enumerate(kinds))
    written = tuple(
        draw(criteria(f"{tier[0]}{n}", tier, specs))
        for tier in ir.TIERS
        for n in range(draw(st.integers(0, max_size)))
    )
    weighed = [c.id for c in written if c.tier == "proficiency"]
    reweighed = st.dictionaries(st.sampled_from(weighed), positive) if weighed else st.just({})
    return ir.Rubric(
        "r",
        "0.1.0",
        "draft",
        "training",
        "T",
        written,
        policies=draw(policies(policy_kinds)),
        steps=draw(st.sampled_from([1, 2, 3, 7, 20])),
        reward=draw(rewards(shapes)),
        inputs=specs,
        profiles=tuple(
            ir.Profile(f"profile{n}", draw(reweighed), draw(st.none() | conditions(specs)))
            for n in range(draw(st.integers(0, 2)))
        ),
    )


NONSENSE = (
    None, True, False, 0, 1, 1.0, 2, -1, 99, 10**30, float("nan"), float("inf"), "", "Met", "yes",
    "cannot_assess", "not_applicable", [], {}, ("met",), {"verdict": "met"}, b"met",
)  # fmt: skip
MISSING = object()
nonsense = st.sampled_from(NONSENSE)


def sensible_verdicts(criterion):
    if criterion.levels:
        return st.integers(0, len(criterion.levels) - 1)
    return st.sampled_from(["met", "unmet"])


def mostly(sensible):
    """Three times out of four as it should be; otherwise nonsense, or MISSING."""
    return st.one_of(sensible, sensible, sensible, nonsense | st.just(MISSING))


def sheets(rubric):
    """Verdicts for all criteria, of which some are missing, malformed or of the wrong kind."""
    usual = {c.id: mostly(sensible_verdicts(c)) for c in rubric.criteria}
    return st.fixed_dictionaries(usual, optional={"unknown": nonsense}).map(without_missing)


def rows(rubric):
    """Input values: mostly right for their type, some nonsense, some missing."""
    usual = {spec.id: mostly(_value(spec)) for spec in rubric.inputs}
    return st.fixed_dictionaries(usual, optional={"unknown": nonsense}).map(without_missing)


def without_missing(entries):
    return {key: value for key, value in entries.items() if value is not MISSING}


def _value(spec):
    some_texts = st.sampled_from(["clinic", "HOME", "ward"]) if spec.options else texts
    return {
        "bool": st.booleans(),
        "one_of": some_texts,
        "text": some_texts,
        "integer": st.sampled_from([0, 1, 18, 40, 18.0, 18.5]),
        "quantity": st.sampled_from(
            [0, 18, 17.5, 40.0, 0.1, "40 years", "210 months", "17.5 years", "3 mg", "40"]
        ),
        "text_list": st.lists(some_texts, max_size=2),
        "one_of_list": st.lists(some_texts, max_size=2),
    }[spec.type]


def profile_names(rubric):
    return st.sampled_from([None, *(profile.id for profile in rubric.profiles)])


@st.composite
def cases(draw, **limits):
    """(rubric, sheet, row, response, profile)."""
    rubric = draw(rubrics(**limits))
    return (
        rubric,
        draw(sheets(rubric)),
        draw(rows(rubric)),
        draw(responses),
        draw(profile_names(rubric)),
    )
