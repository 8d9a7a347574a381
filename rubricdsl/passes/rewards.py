"""`order`, `reward` and profiles: how the tiers become one number."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from .. import ir
from ..runtime.shapes import SHAPE_PARAMS
from ..syntax import nodes as n
from .conditions import condition
from .criteria import weight
from .scope import Scope, suggestion
from .values import exact

MAX_STEPS = 1000


class Range(NamedTuple):
    """What a parameter may be, in words and as a test."""

    words: str
    holds: Callable[[Fraction], bool]


def _range(least: int, greatest: int, whole: bool) -> Range:
    words = f"from {least} to {greatest}"
    if whole:
        words = "0 or 1" if (least, greatest) == (0, 1) else f"a whole number {words}"
    return Range(
        words, lambda value: least <= value <= greatest and not (whole and value.denominator > 1)
    )


PARAMS: dict[ir.Shape, dict[str, Range]] = {
    shape: {name: _range(*bounds) for name, bounds in SHAPE_PARAMS[shape].items()}
    for shape in ir.SHAPES
}


class Ranking(NamedTuple):
    steps: int
    reward: ir.Reward
    profiles: tuple[ir.Profile, ...]


def rewards(scope: Scope, base: ir.Rubric | None) -> Ranking:
    """The grid of the proficiency tier, the reward shape, and the profiles."""
    steps = base.steps if base else 20
    reward = base.reward if base else ir.Reward()
    profiles = {p.id: _kept(scope, p) for p in base.profiles} if base else {}
    written: set[str] = set()
    first: dict[type[n.Item], n.Item] = {}
    for item in scope.tree.items:
        if isinstance(item, n.OrderBlock | n.RewardItem) and type(item) in first:
            what = "order" if isinstance(item, n.OrderBlock) else "reward"
            scope.report("R0808", item, what=what)
            continue
        match item:
            case n.OrderBlock():
                first[n.OrderBlock] = item
                steps = _order(scope, item, steps)
            case n.RewardItem():
                first[n.RewardItem] = item
                reward = _reward(scope, item, reward)
            case n.ProfileBlock():
                if item.name.text in written:
                    scope.report("R0201", item.name, name=item.name.text, what="a profile")
                written.add(item.name.text)
                profiles[item.name.text] = _profile(scope, item)
    complete = scope.criteria and not (scope.broken or scope.lost)
    if reward.shape == "healthbench" and complete and not _gives_points(scope, reward):
        scope.missing("R0609", first.get(n.RewardItem) or scope.head)
    return Ranking(steps, reward, tuple(profiles.values()))


def _kept(scope: Scope, profile: ir.Profile) -> ir.Profile:
    """An inherited profile without the criteria that this rubric leaves out."""
    weights = {name: w for name, w in profile.weights.items() if name in scope.criteria}
    return replace(profile, weights=weights)


def _gives_points(scope: Scope, reward: ir.Reward) -> bool:
    """Whether any criterion can add to a score in points."""
    worth = {
        "safety": reward.params.get("veto", 1),
        "proficiency": 1,
        "excellence": reward.params.get("bonus", 1),
    }
    return any(c.polarity == "requires" and worth[c.tier] for c in scope.criteria.values())


def _order(scope: Scope, block: n.OrderBlock, steps: int) -> int:
    written = [line.tier.text for line in block.lines]
    if written != list(ir.TIERS):
        wrong = (
            line
            for line, tier in zip(block.lines, ir.TIERS, strict=False)
            if line.tier.text != tier
        )
        scope.missing("R0601", next(wrong, block))
        return steps
    for line in block.lines:
        if line.steps is None:
            continue
        if line.tier.text != "proficiency":
            behind = n.Name("", line.tier.end, line.end)
            scope.report("R0603", line, fixes=[scope.removal(behind)])
            continue
        step = exact(scope, line.steps)
        if step is None:
            continue
        if step.numerator != 1 or step.denominator > MAX_STEPS:
            scope.report("R0602", line.steps, found=line.steps.text)
            continue
        steps = step.denominator
    return steps


def _reward(scope: Scope, item: n.RewardItem, before: ir.Reward) -> ir.Reward:
    shape = next((s for s in ir.SHAPES if s == item.shape.text), None)
    if shape is None:
        hint = suggestion(item.shape.text, ir.SHAPES)
        scope.report("R0604", item.shape, name=item.shape.text, suggestion=hint)
        return before
    params: dict[str, Fraction] = {}
    for param in item.params:
        name, value = param.name.text, exact(scope, param.number)
        if name not in PARAMS[shape]:
            hint = suggestion(name, PARAMS[shape])
            scope.report("R0605", param.name, shape=shape, name=name, suggestion=hint)
        elif name in params:
            scope.report("R0808", param, what=name)
        elif value is not None:
            allowed = PARAMS[shape][name]
            if allowed.holds(value):
                params[name] = value
            else:
                detail = f"{param.number.text} is not {allowed.words}"
                scope.report("R0606", param, name=name, detail=detail, suggestion="")
    return ir.Reward(shape, params)


def _profile(scope: Scope, block: n.ProfileBlock) -> ir.Profile:
    weights: dict[str, Fraction] = {}
    for line in block.weights:
        name = line.name.text
        found = scope.criteria.get(name)
        if found is None:
            known = (c.id for c in scope.criteria.values() if c.tier == "proficiency")
            scope.unknown("R0608", line.name, name, known)
        elif found.tier != "proficiency":
            scope.report("R0607", line.name, name=name, tier=found.tier)
        elif name in weights:
            scope.report("R0808", line.name, what=name)
        else:
            weights[name] = weight(scope, line.number)
    when = condition(scope, block.when.condition) if block.when else None
    return ir.Profile(block.name.text, weights, when, scope.doc(block))
