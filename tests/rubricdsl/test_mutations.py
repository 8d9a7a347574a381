"""Errors planted in the analysis: the checker, which shares no code with it, finds each."""

import dataclasses
from fractions import Fraction

import pytest

from rubricdsl import ir
from rubricdsl.analysis import (
    by_key,
    cases,
    certify,
    failing,
    ladder,
    reach,
    regions,
    shapes,
    stacks,
    sums,
)
from rubricdsl.analysis.facts import PROVED, Fact
from rubricdsl.bundle import open_bundle
from rubricdsl.compiler.compile import OrderLost, Request, compile_bundle
from rubricdsl.compiler.job import Options as CompileOptions
from rubricdsl.verify.verify import Options, verify


def criterion(name, tier, **more):
    usual = {"severity": "major"} if tier == "safety" else {}
    usual |= {"weight": Fraction(1)} if tier == "proficiency" else {}
    origin = ir.Origin("r", "0.1.0", name)
    return ir.Criterion(name, tier, "requires", "text", origin, **(usual | more))


GATED = ir.Reward()


def rubric(reward=GATED, steps=4, safety=2, weights=(1, 3), bonuses=2, **more):
    criteria = (
        *(criterion(f"s{n}", "safety") for n in range(safety)),
        *(criterion(f"p{n}", "proficiency", weight=Fraction(w)) for n, w in enumerate(weights)),
        *(criterion(f"e{n}", "excellence") for n in range(bonuses)),
    )
    return ir.Rubric("r", "0.1.0", "draft", "training", "T", criteria, steps=steps, reward=reward,
                     **more)  # fmt: skip


def promedical(**params):
    return ir.Reward("promedical", {name: Fraction(*value) for name, value in params.items()})


def changed(found, name, **more):
    criteria = tuple(dataclasses.replace(c, **more) if c.id == name else c for c in found.criteria)
    return dataclasses.replace(found, criteria=criteria)


def with_age(found, name, condition):
    inputs = (ir.Input("age", "quantity", (), "years", True),)
    return dataclasses.replace(changed(found, name, when=condition), inputs=inputs)


def outcome(found, tmp_path, group=8):
    """Whether the bundle is sound; None when it was not compiled at all."""
    try:
        options = CompileOptions(targets=("ir", "reward"), group=group)
        compile_bundle(Request((found,), tmp_path / "b", (), options))
    except OrderLost:
        return None
    return verify(open_bundle(tmp_path / "b"), Options(groups=40), {}).sound


LEVEL = {"alpha": (1, 8), "beta": (1, 4), "penalty": (5, 4)}
OUTWEIGHED = promedical(alpha=(1, 8), beta=(1, 4), penalty=(2, 1))
ADULT = ir.Compare("age", ">=", Fraction(18))
original = {
    "breaks_promise": by_key.breaks_promise,
    "extend": sums.extend,
    "gains_of_bin": sums.gains_of_bin,
    "rungs": ladder.rungs,
    "properties": stacks.properties,
    "regions": regions.regions,
    "largest_group": by_key.largest_group,
}


def level_is_fine(step):
    """`<` became `<=`: a tie counts as kept."""
    return original["breaks_promise"](step) and step.low > step.high


def without_gate(step):
    """The comparison of safe with unsafe responses is left out."""
    return step.rung.kind != "gate" and original["breaks_promise"](step)


def without_bonuses(found):
    """The step from one point of the grid to the next is compared without bonuses."""
    return original["rungs"](dataclasses.replace(found, bonuses=0))


def never_skips(state, item):
    """A criterion that may fall away is taken to stay."""
    return original["extend"](state, item._replace(may_skip=False))


def half_up(step, steps, total):
    """Halves go up and not to the even neighbour."""
    low, high = (2 * step - 1) * total, (2 * step + 1) * total - 1
    return max(-(-low // (2 * steps)), 0), min(high // (2 * steps), total)


def never_unknown(spec, parts):
    """Inputs that are absent or cannot be read are left out."""
    return [r for r in original["regions"](spec, parts) if r.fact is not None]


def only_points(spec, parts):
    """The gaps between the values compared with are left out."""
    found = original["regions"](spec, parts)
    return found[:1] + [r for r in found if r.fact is None]


def one_more(safe, unsafe, least):
    """The mean of one response more than there are."""
    found = original["largest_group"](safe, unsafe, least)
    return None if found is None else found + 1


def any_group(safe, unsafe, least):
    """The condition on the group's size is dropped."""
    return None


def every_spread(facts, family):
    """Dividing by a deviation is taken to keep the spread."""
    return original["properties"](facts, family) | {"P4": PROVED}


def every_veto(facts, family):
    """A shift of the whole batch is taken to keep signs."""
    return original["properties"](facts, family) | {"P2_strict": facts.flat}


def every_order(facts, family):
    """Dominance in every column is taken to keep the whole order."""
    return original["properties"](facts, family) | {"P1": PROVED}


def sums_alike(facts, family):
    """One division by the others and then one by the batch is taken for a division by the group."""
    like = "divided" if family == "divided_by_others_twice" else family
    return original["properties"](facts, like)


def blind_already(step):
    return False


COUNTING = ir.Reward("gated", {"count": Fraction(1), "group": Fraction(6)})
NA = changed(rubric(weights=(1, 1, 1), steps=20), "p1", allows_not_applicable=True)
MUTANTS = {
    "ties": (by_key, "breaks_promise", level_is_fine, rubric(promedical(**LEVEL))),
    "a step equal to all bonuses": (
        by_key, "breaks_promise", level_is_fine,
        rubric(promedical(alpha=(1, 8), beta=(1, 1), penalty=(3, 1)), weights=(1, 1, 1, 1)),
    ),
    "no gate": (
        by_key, "breaks_promise", without_gate, rubric(promedical(penalty=(1, 1)), safety=1),
    ),
    "no bonuses": (by_key, "rungs", without_bonuses, rubric(
        promedical(alpha=(1, 7), beta=(1, 1), penalty=(3, 1)), weights=(1, 1, 1, 1))),
    "falling away": (reach, "extend", never_skips, NA),
    "halves": (sums, "gains_of_bin", half_up, rubric(steps=2, weights=(1, 3))),
    "unknown inputs": (cases, "regions", never_unknown, with_age(
        with_age(rubric(), "s0", ADULT), "s1", ir.Not(ADULT))),
    "gaps between values": (cases, "regions", only_points, with_age(
        rubric(weights=(1, 1, 1), steps=20), "p0", ir.Not(ADULT))),
    "one more": (by_key, "largest_group", one_more, rubric(COUNTING, safety=20)),
    "any group": (by_key, "largest_group", any_group, rubric(COUNTING, safety=20)),
    "spread": (certify, "properties", every_spread, rubric()),
    "shift": (certify, "properties", every_veto, rubric()),
    "columns": (certify, "properties", every_order, rubric(ir.Reward("tiers"))),
    "columns by the others": (certify, "properties", sums_alike, rubric(ir.Reward("tiers"))),
    "blind": (by_key, "sees_more", blind_already, rubric(ir.Reward("lexicographic"), safety=1)),
    "exclude": (shapes, "failing_by_key", lambda places: Fact(True), rubric(
        policies=ir.Policies(proficiency="exclude"))),
}  # fmt: skip


GROUPS = {"blind": 2}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_checker_finds_what_the_analysis_gets_wrong(name, monkeypatch, tmp_path):
    module, function, mutant, found = MUTANTS[name]
    monkeypatch.setattr(module, function, mutant)
    assert outcome(found, tmp_path, GROUPS.get(name, 8)) is False


@pytest.mark.parametrize("name", MUTANTS)
def test_without_the_error_all_is_well(name, tmp_path):
    assert outcome(MUTANTS[name][3], tmp_path, GROUPS.get(name, 8)) in (True, None)


def test_failing_is_what_is_replaced():
    assert shapes.failing_by_key is failing.failing_by_key
