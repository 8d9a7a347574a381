"""The compact form of a rubric, as `runtime.form` describes it: what rewards are computed from."""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from rubricdsl import ir
from rubricdsl.patterns import compile_pattern
from rubricdsl.runtime.form import (
    COMPACT_VERSION,
    CompactCriterion,
    CompactInput,
    CompactProfile,
    CompactRubric,
)
from rubricdsl.runtime.text import plain


def compact(rubric: ir.Rubric, hash: str) -> CompactRubric:
    """The compact form of a checked rubric; `hash` is its semantic hash.

    Raises `PatternError` for a pattern that the checker would have refused.
    """
    unit = _common_denominator(level.credit for c in rubric.criteria for level in c.levels)
    scale = _common_denominator(
        [
            *(c.weight for c in rubric.criteria if c.weight is not None),
            *(weight for profile in rubric.profiles for weight in profile.weights.values()),
        ]
    )
    policies = rubric.policies
    return {
        "v": COMPACT_VERSION,
        "name": rubric.name,
        "version": rubric.version,
        "hash": hash,
        "unit": unit,
        "scale": scale,
        "steps": rubric.steps,
        "policies": [policies.safety, policies.proficiency, policies.excellence],
        "reward": {
            "shape": rubric.reward.shape,
            "params": {name: _pair(value) for name, value in sorted(rubric.reward.params.items())},
        },
        "inputs": [_input(spec) for spec in rubric.inputs],
        "criteria": [_criterion(criterion, unit, scale) for criterion in rubric.criteria],
        "profiles": [_profile(profile, scale) for profile in rubric.profiles],
    }


def _common_denominator(values: Iterable[Fraction]) -> int:
    return math.lcm(*(value.denominator for value in values))


def _pair(value: Fraction) -> list[int]:
    return [value.numerator, value.denominator]


def _input(spec: ir.Input) -> CompactInput:
    return {
        "id": spec.id,
        "type": spec.type,
        "options": [plain(option) for option in spec.options],
        "unit": spec.unit,
        "default": None if spec.default is None else _value(spec.default),
    }


def _value(value: bool | Fraction | str | tuple[str, ...]) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return _pair(value)


def _criterion(criterion: ir.Criterion, unit: int, scale: int) -> CompactCriterion:
    levels = sorted(criterion.levels, key=lambda level: level.level)
    severity, weight = criterion.severity, criterion.weight
    return {
        "id": criterion.id,
        "tier": ir.TIERS.index(criterion.tier),
        "severity": None if severity is None else ir.SEVERITIES.index(severity),
        "forbids": criterion.polarity == "forbids",
        "credits": [_scaled(level.credit, unit) for level in levels] or None,
        "weight": None if weight is None else _scaled(weight, scale),
        "na": criterion.allows_not_applicable,
        "when": None if criterion.when is None else compact_condition(criterion.when),
        "check": None if criterion.check is None else compact_check(criterion.check),
    }


def _profile(profile: ir.Profile, scale: int) -> CompactProfile:
    return {
        "id": profile.id,
        "when": None if profile.when is None else compact_condition(profile.when),
        "weights": {name: _scaled(weight, scale) for name, weight in profile.weights.items()},
    }


def _scaled(value: Fraction, scale: int) -> int:
    return value.numerator * (scale // value.denominator)


def compact_condition(condition: ir.Condition) -> list[Any]:
    """A condition as `runtime.conditions.holds` reads it."""
    match condition:
        case ir.And(args) | ir.Or(args):
            return [condition.kind, *map(compact_condition, args)]
        case ir.Not(arg):
            return ["not", compact_condition(arg)]
        case ir.Given(name):
            return ["given", name]
        case ir.Compare(name, op, value):
            return ["compare", name, op, _value(value)]
        case ir.OneOf(name, values) | ir.Contains(name, values):
            return [condition.kind, name, _plain_terms(values)]


def compact_check(check: ir.Check) -> list[Any]:
    match check:
        case ir.Mentions(terms):
            return ["mentions", _plain_terms(terms)]
        case ir.Matches(pattern):
            return ["matches", compile_pattern(pattern)]
        case ir.Count(terms, pattern, op, number):
            if pattern is not None:
                return ["count", None, compile_pattern(pattern), op, number]
            return ["count", _plain_terms(terms), None, op, number]
        case ir.Words(op, number):
            return ["words", op, number]
        case ir.Dose(drugs, op, value):
            return ["dose", _plain_terms(drugs), op, _pair(value.amount), value.unit]
        case ir.AllOf(args):
            return ["all", *map(compact_check, args)]
        case ir.AnyOf(args):
            return ["any", *map(compact_check, args)]
        case ir.NoneOf(arg):
            return ["none", compact_check(arg)]


def _plain_terms(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in map(plain, terms) if text))
