"""The rules that every typed rubric keeps, as a function that can be run between passes."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from . import ir


def broken(rubric: ir.Rubric) -> tuple[str, ...]:
    """The rules that a rubric breaks, each as one sentence; empty when it keeps them all."""
    return tuple(_broken(rubric))


def _broken(rubric: ir.Rubric) -> Iterator[str]:
    if not rubric.criteria:
        yield "a rubric has at least one criterion"
    if rubric.steps < 1:
        yield f"steps is {rubric.steps}, and should be at least 1"
    order = [ir.TIERS.index(c.tier) for c in rubric.criteria]
    if order != sorted(order):
        yield "criteria are in tier order"
    names = {
        "criterion": [c.id for c in rubric.criteria],
        "input": [i.id for i in rubric.inputs],
        "profile": [p.id for p in rubric.profiles],
        "prompt": [p.id for p in rubric.prompts],
        "source": [s.id for s in rubric.sources],
        "value set": [v.id for v in rubric.value_sets],
    }
    for what, ids in names.items():
        for name, count in Counter(ids).items():
            if count > 1:
                yield f"{count} {what}s are called `{name}`"
    if rubric.policies.safety == "exclude":
        yield "safety may not exclude what cannot be assessed"
    for criterion in rubric.criteria:
        for fault in _criterion(criterion):
            yield f"`{criterion.id}` {fault}"
    for profile in rubric.profiles:
        yield from _profile(rubric, profile)
    inputs = {i.id for i in rubric.inputs}
    parts: tuple[ir.Criterion | ir.Profile, ...] = (*rubric.criteria, *rubric.profiles)
    for part in parts:
        for name in _inputs_of(part.when):
            if name not in inputs:
                yield f"`{part.id}` depends on `{name}`, which is not an input"


def _criterion(criterion: ir.Criterion) -> Iterator[str]:
    if not criterion.text.strip():
        yield "has no text"
    if (criterion.severity is not None) != (criterion.tier == "safety"):
        yield "has a severity if and only if it is in safety"
    if (criterion.weight is not None) != (criterion.tier == "proficiency"):
        yield "has a weight if and only if it is in proficiency"
    if criterion.weight is not None and criterion.weight <= 0:
        yield f"has the weight {criterion.weight}, and should have a positive one"
    if not criterion.levels:
        return
    if criterion.tier != "proficiency" or criterion.polarity != "requires":
        yield "has levels, which only a `requires` in proficiency can have"
    if [level.level for level in criterion.levels] != list(range(len(criterion.levels))):
        yield "has levels that are not numbered 0, 1, 2, …"
    credits = [level.credit for level in criterion.levels]
    if len(credits) < 2 or any(a >= b for a, b in pairwise(credits)):
        yield "has fewer than two levels, or levels that are not worth more and more"
    if credits[0] < 0 or credits[-1] > 1:
        yield "has a level worth less than 0 or more than 1"


def _profile(rubric: ir.Rubric, profile: ir.Profile) -> Iterator[str]:
    weighted = {c.id for c in rubric.tier("proficiency")}
    for name, weight in profile.weights.items():
        if name not in weighted:
            yield f"profile `{profile.id}` weighs `{name}`, which is not in proficiency"
        if weight <= 0:
            yield f"profile `{profile.id}` gives `{name}` the weight {weight}"


def _inputs_of(condition: ir.Condition | None) -> Iterator[str]:
    match condition:
        case None:
            return
        case ir.And(args) | ir.Or(args):
            for arg in args:
                yield from _inputs_of(arg)
        case ir.Not(arg):
            yield from _inputs_of(arg)
        case _:
            yield condition.input
