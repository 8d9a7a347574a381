"""The meaning of a rubric once more, for the checker alone: fractions, straight from the page.

Nothing of `runtime`, `compact` or `analysis` is used, so that an error in one of them shows. Only
sheets are judged here, no texts of responses, and rows are those of `rows`.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from .. import ir

Facts = Mapping[str, object]
"""What a case says, by input: typed values, UNREADABLE, and nothing for what is absent."""

UNREADABLE = object()
Sheet = Mapping[str, str | int]
Key = tuple[int, int, int, int, int]


class Judged(NamedTuple):
    """What a sheet amounts to; `reward` is None where the shape has none."""

    key: Key
    reward: Fraction | None

    @property
    def unsafe(self) -> bool:
        return any(self.key[:3])


def truth(condition: ir.Condition, facts: Facts) -> bool | None:
    """Kleene's truth values, with None for what is not known."""
    match condition:
        case ir.Not(arg):
            inner = truth(arg, facts)
            return None if inner is None else not inner
        case ir.And(args):
            return _least([truth(arg, facts) for arg in args])
        case ir.Or(args):
            inverted = _least([_negated(truth(arg, facts)) for arg in args])
            return _negated(inverted)
        case ir.Given(name):
            return name in facts
    fact = facts.get(condition.input, UNREADABLE)
    if fact is UNREADABLE:
        return None
    match condition:
        case ir.OneOf(_, values):
            return _folded(fact) in [_folded(value) for value in values]
        case ir.Contains(_, values):
            assert isinstance(fact, tuple)
            return bool({_folded(part) for part in fact} & {_folded(value) for value in values})
    left, right = _folded(fact), _folded(condition.value)
    if condition.op in ("==", "!="):
        return (left == right) == (condition.op == "==")
    assert isinstance(left, Fraction)
    assert isinstance(right, Fraction)
    if condition.op in ("<", ">="):
        return (left < right) == (condition.op == "<")
    return (left > right) == (condition.op == ">")


def _least(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def applicable(rubric: ir.Rubric, facts: Facts) -> list[ir.Criterion]:
    """All criteria but those whose condition is known to be false."""
    return [c for c in rubric.criteria if c.when is None or truth(c.when, facts) is not False]


def weights(rubric: ir.Rubric, facts: Facts, profile: str | None) -> dict[str, Fraction]:
    """The weights under the named profile, or the first whose condition is known to be true."""
    found = {c.id: c.weight for c in rubric.criteria if c.weight is not None}
    for candidate in rubric.profiles:
        by_name = profile is not None and candidate.id == profile
        by_case = profile is None and candidate.when is not None
        if by_name or (by_case and candidate.when and truth(candidate.when, facts) is True):
            return found | dict(candidate.weights)
    return found


def credit(rubric: ir.Rubric, criterion: ir.Criterion, verdict: str | int) -> Fraction | str:
    """A credit, "none" where the criterion falls away, or "drop"."""
    if verdict == "not_applicable" and criterion.allows_not_applicable:
        return "none"
    if criterion.levels and isinstance(verdict, int):
        return {level.level: level.credit for level in criterion.levels}[verdict]
    if not criterion.levels and verdict in ("met", "unmet"):
        return Fraction((verdict == "met") != (criterion.polarity == "forbids"))
    policy = getattr(rubric.policies, criterion.tier)
    return {"drop": "drop", "exclude": "none"}.get(policy, Fraction(0))


def judge(
    rubric: ir.Rubric, facts: Facts, profile: str | None, sheet: Sheet, shape: ir.Reward
) -> Judged | None:
    """Key and exact reward of a sheet; None when the sample is dropped."""
    from .rewards import REWARDS

    credits: dict[str, Fraction] = {}
    for criterion in applicable(rubric, facts):
        found = credit(rubric, criterion, sheet.get(criterion.id, "cannot_assess"))
        if found == "drop":
            return None
        if isinstance(found, Fraction):
            credits[criterion.id] = found
    weighed = weights(rubric, facts, profile)
    key = _key(rubric, credits, weighed)
    return Judged(key, REWARDS[shape.shape](rubric, shape.params, key, credits, weighed))


def _key(
    rubric: ir.Rubric, credits: Mapping[str, Fraction], weighed: Mapping[str, Fraction]
) -> Key:
    broken = dict.fromkeys(ir.SEVERITIES, 0)
    gained = whole = Fraction(0)
    extra = 0
    for criterion in rubric.criteria:
        if criterion.id not in credits:
            continue
        worth = credits[criterion.id]
        if criterion.severity is not None:
            broken[criterion.severity] += worth == 0
        elif criterion.tier == "excellence":
            extra += worth == 1
        else:
            gained += weighed[criterion.id] * worth
            whole += weighed[criterion.id]
    # `round` of a fraction goes half to even.
    step = round(gained / whole * rubric.steps) if whole else 0
    return -broken["critical"], -broken["major"], -broken["moderate"], step, extra
