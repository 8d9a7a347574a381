"""Conditions over every combination of facts that they can tell apart."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..analysis.regions import Region, atoms, regions
from ..runtime.conditions import holds
from ..runtime.form import CompactRubric
from ..syntax import nodes as n

MAX_ROWS = 20_000
"""Combinations looked at for one condition; beyond that nothing is said about it."""

MAX_LOOKS = 400_000
"""Combinations times parts."""

ALWAYS: list[Any] = ["and"]
NEVER: list[Any] = ["or"]
"""Conditions of no parts, which are true and false whatever the facts."""

Part = tuple[int, ...]
"""The way to a part of a condition: places among operands, from the outside in."""


class Facts(NamedTuple):
    """One combination: the facts as conditions read them, and a row that gives them."""

    known: Mapping[str, Any]
    row: Mapping[str, Any]


def combinations(form: CompactRubric, condition: list[Any]) -> list[Facts] | None:
    """Every combination of regions of the inputs of a condition; None if there are too many."""
    parts: dict[str, list[list[Any]]] = {}
    for atom in atoms(condition):
        parts.setdefault(atom[1], []).append(atom)
    specs = {spec["id"]: spec for spec in form["inputs"]}
    found = {name: regions(specs[name], asked) for name, asked in parts.items()}
    number = 1
    for each in found.values():
        number *= len(each)
    if number > MAX_ROWS:
        return None
    return [facts(dict(zip(found, chosen, strict=True))) for chosen in
            itertools.product(*found.values())]  # fmt: skip


def facts(chosen: Mapping[str, Region]) -> Facts:
    """The facts of one region per input."""
    return Facts(
        {name: region.fact for name, region in chosen.items() if region.known},
        {name: region.value for name, region in chosen.items() if region.given},
    )


def tally(condition: list[Any], over: list[Facts]) -> Counter[bool | None]:
    """How often the condition is true, false, and unknown."""
    return Counter(holds(condition, each.known) for each in over)


def proper_parts(condition: list[Any], way: Part = ()) -> Iterator[Part]:
    """The parts of a condition, outer ones first, without the condition itself."""
    if condition[0] in ("and", "or", "not"):
        for place, part in enumerate(condition[1:]):
            yield (*way, place)
            yield from proper_parts(part, (*way, place))


def replaced(condition: list[Any], way: Part, by: list[Any]) -> list[Any]:
    """The condition with one part replaced."""
    if not way:
        return by
    place = way[0] + 1
    inner = replaced(condition[place], way[1:], by)
    return [*condition[:place], inner, *condition[place + 1 :]]


def written(expr: n.Expr, way: Part) -> n.Expr:
    """The piece of source behind a part."""
    for place in way:
        if isinstance(expr, n.Chain):
            expr = expr.operands[place]
        elif isinstance(expr, n.Not):
            expr = expr.operand
    return expr
