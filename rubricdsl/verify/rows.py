"""Cases for a rubric: rows of inputs around everything that its conditions mention."""

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from .. import ir
from .meaning import UNREADABLE, Facts, applicable, weights

MAX_CASES = 12
_TRIES = 400


class Case(NamedTuple):
    """One prompt: what its row says, what that means, and the profile that the caller names."""

    row: dict[str, Any]
    facts: Facts
    profile: str | None


class _Value(NamedTuple):
    """An input's value in a row, and the fact that it stands for."""

    written: Any
    fact: object


_ABSENT = object()


def case_of(rubric: ir.Rubric, row: dict[str, Any], profile: str | None) -> Case:
    """The case of a row whose values are among those that `_values` gives. Raises `ValueError`."""
    facts: dict[str, object] = {}
    for spec in rubric.inputs:
        if spec.id in row:
            facts[spec.id] = _read(spec, row[spec.id])
        elif spec.default is not None:
            facts[spec.id] = spec.default
    return Case(row, facts, profile)


def _read(spec: ir.Input, written: Any) -> object:
    """The fact behind a value as certificates write it."""
    number = spec.type in ("integer", "quantity")
    if number and isinstance(written, int) and not isinstance(written, bool):
        return Fraction(written)
    if spec.type == "quantity" and isinstance(written, str):
        amount, _, unit = written.partition(" ")
        if unit != spec.unit:
            raise ValueError(f"{written!r} is not in {spec.unit}")
        return Fraction(amount)
    if spec.type == "bool" and isinstance(written, bool):
        return written
    if spec.type in ("one_of", "text") and isinstance(written, str):
        return written
    if spec.type.endswith("list") and isinstance(written, list):
        return tuple(written)
    return UNREADABLE


def cases(rubric: ir.Rubric, dice: random.Random) -> list[Case]:
    """Different cases: each sets other criteria aside, or weighs them otherwise."""
    mentioned = list(_constants(rubric))
    values = {spec.id: _values(spec, mentioned) for spec in rubric.inputs}
    names = [None, *(profile.id for profile in rubric.profiles)]
    found: dict[object, Case] = {}
    for turn in range(_TRIES if values else len(names)):
        facts, row = {}, {}
        for spec in rubric.inputs:
            value = dice.choice(values[spec.id])
            if value.written is not _ABSENT:
                row[spec.id] = value.written
                facts[spec.id] = value.fact
            elif spec.default is not None:
                facts[spec.id] = spec.default
        profile = names[turn % len(names)]
        applies = tuple(c.id for c in applicable(rubric, facts))
        weighed = tuple(sorted(weights(rubric, facts, profile).items()))
        found.setdefault((applies, weighed), Case(row, facts, profile))
    kept = list(found.values())
    dice.shuffle(kept)
    return kept[:MAX_CASES]


def _constants(rubric: ir.Rubric) -> Iterator[tuple[str, object]]:
    """Every (input, constant) that a condition mentions."""
    open_ = [c.when for c in rubric.criteria if c.when is not None]
    open_ += [p.when for p in rubric.profiles if p.when is not None]
    while open_:
        condition = open_.pop()
        match condition:
            case ir.And(args) | ir.Or(args):
                open_ += args
            case ir.Not(arg):
                open_.append(arg)
            case ir.OneOf(name, several) | ir.Contains(name, several):
                yield from ((name, value) for value in several)
            case ir.Compare(name, _, value):
                yield name, value


def _values(spec: ir.Input, mentioned: list[tuple[str, object]]) -> list[_Value]:
    named = [value for name, value in mentioned if name == spec.id]
    found = [_Value(_ABSENT, None), _Value({}, UNREADABLE)]
    if spec.type == "bool":
        found += [_Value(True, True), _Value(False, False)]
    elif spec.type in ("integer", "quantity"):
        numbers = {v + more for v in named or [Fraction(1)] if isinstance(v, Fraction)
                   for more in (-1, 0, 1, Fraction(1, 2))}  # fmt: skip
        for number in sorted(numbers):
            if spec.type == "quantity":
                found.append(_Value(f"{number} {spec.unit}", number))
            elif number.denominator == 1:
                found.append(_Value(int(number), number))
    else:
        texts = [*dict.fromkeys(v for v in named if isinstance(v, str)), *spec.options]
        texts += [] if spec.options else ["something else"]
        texts = [t for t in texts if not spec.options or t in spec.options]
        if not spec.type.endswith("list"):
            return found + [_Value(text, text) for text in texts]
        lists = [(), *((text,) for text in texts), tuple(texts), tuple(texts[::2])]
        found += [_Value(list(each), each) for each in lists]
    return found
