"""Findings on conditions and between rubrics, against enumeration with the reference model."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.insights.analyze import analyze
from rubricdsl.insights.between import between
from rubricdsl.insights.conditions import conditions
from rubricdsl.insights.equivalent import equivalent
from rubricdsl.insights.finding import KINDS, Finding, Undecided
from rubricdsl.insights.stricter import stricter
from rubricdsl.insights.subject import Subject, subject
from rubricdsl.passes import Checker
from rubricdsl.passes.check import Checked
from rubricdsl.printing import print_rubric
from rubricdsl.source import MemoryBundle

from ..brute import every_row, every_sheet
from ..reference import model
from ..strategies import positive, rubrics

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
HEAD = 'rubric sample version "1.0.0"\ntitle "A sample"\npurpose evaluation\n'


def read(text: str) -> Subject:
    checked = Checker(MemoryBundle({"sample.rubric": text})).check("sample.rubric")
    found = subject(checked)
    assert found is not None, checked.diagnostics
    return found


def codes(text: str) -> list[str]:
    return [found.diagnostic.code for found in analyze(read(HEAD + text)).findings]


# Conditions


def parts(condition):
    """The ways to the proper parts of a condition."""
    inner = getattr(condition, "args", None) or [getattr(condition, "arg", None)]
    for place, part in enumerate(inner):
        if part is not None:
            yield (place,)
            yield from ((place, *way) for way in parts(part))


def with_part(condition, way, by):
    if not way:
        return by
    if isinstance(condition, ir.Not):
        return ir.Not(with_part(condition.arg, way[1:], by))
    args = list(condition.args)
    args[way[0]] = with_part(args[way[0]], way[1:], by)
    return replace(condition, args=tuple(args))


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(rubrics(shapes=("gated",)))
def test_conditions_that_do_not_do_what_they_look_like(rubric):
    rubric = replace(rubric, criteria=tuple(replace(c, check=None) for c in rubric.criteria))
    checked = Checker(MemoryBundle({"r.rubric": print_rubric(rubric)})).check("r.rubric")
    assume(checked.rubric is not None)
    told = {"R0901": set(), "R0902": set(), "R0903": set()}
    for found in conditions(subject(checked)):
        assert isinstance(found, Finding)
        told[found.diagnostic.code].add(found.about)
    rows = [model.facts(rubric, row) for row in every_row(rubric)]
    expected = {code: set() for code in told}
    owners = [(c.id, c.when, False) for c in rubric.criteria]
    owners += [(p.id, p.when, True) for p in rubric.profiles]
    for name, when, settles in owners:
        if when is None:
            continue
        values = {model.truth(when, known) for known in rows}
        if True not in values:
            expected["R0901"].add(name)
        elif False not in values:
            expected["R0902"].add(name)
        else:
            outcome = [model.truth(when, known) is settles for known in rows]
            for way, constant in itertools.product(parts(when), (ir.And(()), ir.Or(()))):
                other = with_part(when, way, constant)
                if [model.truth(other, known) is settles for known in rows] == outcome:
                    expected["R0903"].add(name)
    event(str([code for code, names in expected.items() if names]))
    assert told == expected


def test_equal_parts_are_not_both_called_idle():
    text = 'input { ward : bool }\nsafety { veto harm when ward and ward forbids "Does harm." }\n'
    assert codes(text) == ["R0903"]


@pytest.mark.parametrize(
    "when",
    ["age >= 18 years", "not (age < 18 years) or ward", "drugs contains zinc"],
)
def test_conditions_that_are_fine(when):
    text = (
        'valueset zinc { "zinc", "zinc salt" }\n'
        "input { age : quantity(years) optional ward : bool drugs : list of text }\n"
        f'safety {{ veto harm when {when} forbids "Does harm." }}\n'
    )
    assert codes(text) == []


def test_the_condition_of_a_used_criterion_is_told_where_it_is_written():
    files = {
        "core/base.rubric": 'rubric core.base version "1.0.0"\ntitle "Base"\npurpose evaluation\n'
        "input { age : quantity(years) }\nsafety { veto harm when age < 1 years and age > 2 years "
        'forbids "Does harm." }\n',
        "sample.rubric": HEAD + 'include core.base version "1.0.0" called core\n'
        "input { age : quantity(years) }\nsafety { use core.harm }\n",
    }
    checker = Checker(MemoryBundle(files))
    found = {path: analyze(subject(checker.check(path))).findings for path in files}
    assert [f.diagnostic.code for f in found["core/base.rubric"]] == ["R0901"]
    assert found["sample.rubric"] == ()


# Weights, levels, factors, profiles: the same file with and without the mistake

PROFICIENCY = """\
input {{ age : quantity(years) }}
safety {{ veto harm forbids "Does harm." }}
proficiency {{
  criterion good weight {good} requires "Is good."
  criterion kind weight 1 requires "Is kind."
  criterion signs weight 1
    requires "Names the signs."
    level 0 worth 0 "none"
    level 1 worth {worth} "some"
    level 2 worth 1 "all"
}}
excellence {{ bonus extra requires "Does more." }}
order {{ safety proficiency in steps of 1/{steps} excellence }}
reward {reward}
profile old when age > {age} years {{ weight good {anew} }}
profile older when age > 65 years {{ weight kind 3 }}
"""
FINE = {"good": 2, "worth": "1/2", "steps": 8, "reward": "gated", "age": 80, "anew": 3}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"good": 500, "anew": 700}, ["R0904", "R0904", "R0906", "R0908", "R0908"]),
        ({"worth": "1/100"}, ["R0905"]),
        ({"steps": 40}, ["R0906"]),
        ({"reward": "weighted safety 0"}, ["R0907"]),
        ({"reward": "promedical penalty 0"}, ["R0907"]),
        ({"reward": "promedical alpha 0"}, ["R0907"]),
        ({"reward": "healthbench veto 0"}, ["R0907"]),
        ({"reward": "rar optional 0 pitfall 0"}, ["R0907", "R0908", "R0908"]),
        ({"anew": 2}, ["R0908"]),
        ({"age": 65}, ["R0909"]),
        ({"age": 66}, []),
    ],
    ids=str,
)
def test_with_the_mistake_and_without_it(change, told):
    assert sorted(codes(PROFICIENCY.format(**FINE | change))) == told


LEVELS = """\
{safety}proficiency {{
  cannot_assess means drop
  criterion signs weight {weight} {na}requires "Names the signs."
    level 0 worth {low} "few"
    level 1 worth {high} "many"
{other}}}
order {{ safety proficiency in steps of 1/{steps} excellence }}
reward {reward}
"""
ALONE = {"safety": "", "weight": 1, "na": "", "low": "0.6", "high": 1, "other": "", "steps": 1,
         "reward": "gated"}  # fmt: skip
AWAY = "allows not_applicable "


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({}, True),
        # Without it nothing counts, and the share is 0.
        ({"na": AWAY}, False),
        ({"low": 0, "high": "0.1", "na": AWAY}, True),
        # A tier of which nothing counts drops out of the mean.
        (
            {"low": 0, "high": "0.1", "na": AWAY, "reward": "weighted",
             "safety": 'safety { veto harm forbids "Does harm." }\n'},
            False,
        ),
        (
            {"low": 0, "high": "0.1", "na": AWAY, "reward": "weighted proficiency 0",
             "safety": 'safety { veto harm forbids "Does harm." }\n'},
            True,
        ),
        # Unless it is the only one: then the mean of nothing is 0 too.
        ({"low": 0, "high": "0.1", "na": AWAY, "reward": "weighted"}, True),
        # Exactly one step, from 3/2 to 5/2: both round to the even 2.
        (
            {"weight": 4, "low": "3/8", "high": "7/8", "steps": 5,
             "other": '  criterion kind weight 1 requires "Is kind."\n'},
            True,
        ),
    ],
)  # fmt: skip
def test_answers_that_fall_away_and_shares_on_the_edge(change, lost):
    assert ("R0904" in codes(LEVELS.format(**ALONE | change))) == lost


def test_the_smallest_reward_is_shown_in_a_case_that_has_it():
    text = (
        "input { ward : bool }\n"
        "proficiency {\n  cannot_assess means drop\n"
        '  criterion good weight 1 when not ward requires "Is good."\n'
        '    level 0 worth 0 "no"\n    level 1 worth 1 "yes"\n'
        '  criterion kind weight 1 when ward requires "Is kind."\n'
        '    level 0 worth 0.5 "a little"\n    level 1 worth 1 "very"\n'
        '  criterion calm weight 1 when ward requires "Is calm."\n'
        '    level 0 worth 0.5 "a little"\n    level 1 worth 1 "very"\n}\n'
    )
    least, most = analyze(read(HEAD + text)).figures.rewards
    assert (least.reward, least.witness.inputs) == (1, {"ward": False})
    assert most.reward == 2


def test_what_is_too_large_is_not_decided():
    several = "\n".join(
        f'  veto v{n} when a{n} < {n + 1} years and a{(n + 1) % 8} > {n + 2} years forbids "v{n}"'
        for n in range(8)
    )
    inputs = "\n".join(f"  a{n} : quantity(years)" for n in range(8))
    weighed = 'proficiency { criterion good weight 1 requires "Is good." }\n'
    found = analyze(read(f"{HEAD}input {{\n{inputs}\n}}\nsafety {{\n{several}\n}}\n{weighed}"))
    assert {each.kind for each in found.undecided} == {"reward-blind", "steps-unreached"}
    assert found.findings == ()
    assert found.figures.rewards is None
    assert found.figures.keys is None
    assert found.figures.shares is None


# Between rubrics


def subject_of(rubric):
    return Subject(Checked("r.rubric", None, rubric, ()), rubric, compact(rubric, ""))


@st.composite
def two(draw):
    """A rubric, and one made of it by changes that may or may not matter."""
    rubric = draw(rubrics(shapes=("gated",), max_size=2))
    written = tuple(replace(c, text=c.id, check=None) for c in rubric.criteria)
    rubric = replace(rubric, criteria=written)

    def changed(c):
        how = draw(st.integers(0, 9))
        if how == 0 and c.severity:
            return replace(c, severity=draw(st.sampled_from(ir.SEVERITIES)))
        if how in (0, 1) and c.weight:
            return replace(c, weight=draw(positive))
        if how == 2:
            return replace(c, when=None)
        if how == 3:
            return replace(c, allows_not_applicable=not c.allows_not_applicable)
        return c

    other = replace(rubric, criteria=tuple(changed(c) for c in written))
    if draw(st.booleans()):
        factor = draw(st.sampled_from([Fraction(2), Fraction(1, 3)]))
        more = tuple(replace(c, weight=c.weight and c.weight * factor) for c in other.criteria)
        other = replace(other, criteria=more, profiles=())
        rubric = replace(rubric, profiles=())
    return replace(rubric, name="one"), replace(other, name="other")


def common_rows(one, other):
    """A row for each way in which both come out together."""
    found = {}
    for row in every_row(one):
        pattern = []
        for rubric in (one, other):
            known = model.facts(rubric, row)
            off = {c.id for c in rubric.criteria
                   if c.when is not None and model.truth(c.when, known) is False}  # fmt: skip
            pattern.append((frozenset(off), tuple(sorted(model.weights(rubric, row).items()))))
        found.setdefault(tuple(pattern), row)
    return found.values()


def keys(rubric, row, sheets):
    weights = model.weights(rubric, row)
    credits = [model.credits(rubric, sheet, row) for sheet in sheets]
    return [None if c == model.DROPPED else model.key(rubric, c, weights) for c in credits]


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(two())
def test_rubrics_that_ask_the_same(pair):
    one, other = pair
    assume(one.criteria)
    found = equivalent(subject_of(one), subject_of(other))
    same = True
    for row in common_rows(one, other):
        sheets = every_sheet(one, {c.id for c in one.criteria}, limit=1200)
        assume(sheets is not None)
        both = zip(keys(one, row, sheets), keys(other, row, sheets), strict=True)
        placed = sorted({pair for pair in both if None not in pair})
        same &= all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(placed))
    event(f"same: {same}, {type(found).__name__}")
    if isinstance(found, Finding):
        assert found.diagnostic.code == ("R0910" if same else "R0912")
    if isinstance(found, Finding) and not same:
        shown = found.evidence["witness"]
        for sample in shown["samples"]:
            for rubric, key in zip(pair, sample["keys"], strict=True):
                assert keys(rubric, shown["inputs"], [sample["verdicts"]]) == [tuple(key)]


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(two(), st.data())
def test_rubrics_of_which_one_is_stricter(pair, data):
    one, other = pair
    vetoes = other.tier("safety")
    assume(vetoes)
    dropped = data.draw(st.sampled_from([None, *(c.id for c in vetoes)]))
    other = replace(other, criteria=tuple(c for c in other.criteria if c.id != dropped))
    found = stricter(subject_of(one), subject_of(other))
    within, beyond = True, False
    for row in common_rows(one, other):
        sheets = every_sheet(one, {c.id for c in one.tier("safety")})
        rest = {c.id: 0 if c.levels else "met" for c in one.criteria}
        sheets = [rest | s for s in sheets if "cannot_assess" not in s.values()]
        for mine, theirs in zip(keys(one, row, sheets), keys(other, row, sheets), strict=True):
            if mine is None or theirs is None:
                continue
            safe = not any(mine[:3]), not any(theirs[:3])
            within &= safe != (True, False)
            beyond |= safe == (False, True)
    event(f"stricter: {within and beyond}")
    assume(isinstance(found, Finding | None))
    # Where a judge may not call a veto not applicable, one that drops calls such a sheet nothing.
    if "drop" not in (one.policies.safety, other.policies.safety):
        assert (found is not None) == (within and beyond)


def test_pairs_with_nothing_in_common_are_left_alone():
    one = read(HEAD + 'safety { veto harm forbids "Does harm." }\n')
    other = read(HEAD + 'safety { veto haste forbids "Is hasty." }\n')
    assert list(between([one, other])) == []


def test_inputs_that_are_not_declared_alike_decide_nothing():
    text = 'input {{ x : {} }}\nsafety {{ veto harm when x == {} forbids "Does harm." }}\n'
    one, other = (read(HEAD + text.format(*each)) for each in (("integer", 3), ("text", '"a"')))
    assert all(isinstance(found, Undecided) for found in between([one, other]))


def test_a_default_in_one_of_two_makes_a_difference():
    text = 'input {{ x : bool{} }}\nsafety {{ veto harm when x forbids "Does harm." }}\n'
    one, other = (read(HEAD + text.format(each)) for each in ("", " = false"))
    told = {found.diagnostic.code for found in between([one, other])}
    assert told == {"R0911", "R0912"}


def test_every_kind_has_a_name():
    assert len(set(KINDS.values())) == len(KINDS)
