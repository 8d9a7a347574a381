"""The regions into which conditions divide an input, each with a value that lies in it."""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from ..runtime.conditions import holds
from ..runtime.form import CompactInput


class Region(NamedTuple):
    """A value as a row gives it, and the fact that the runtime makes of it.

    `given` is False for an input that the row leaves out; `known` is False when the facts do not
    have it either, because it has no default.
    """

    value: Any
    fact: Any
    given: bool = True
    known: bool = True


def atoms(condition: list[Any]) -> Iterator[list[Any]]:
    """The parts of a condition that look at one input."""
    if condition[0] in ("and", "or", "not"):
        for part in condition[1:]:
            yield from atoms(part)
    else:
        yield condition


def regions(spec: CompactInput, parts: list[list[Any]]) -> list[Region]:
    """One region for every way in which the parts can come out together on this input."""
    kind = spec["type"]
    if kind in ("integer", "quantity"):
        found = list(_numbers(spec, parts))
    elif kind == "bool":
        found = [Region(True, True), Region(False, False)]
    elif kind in ("one_of", "text"):
        found = [Region(text, text) for text in _texts(spec, parts)]
    else:
        found = list(_lists(spec, parts))
    unreadable: Any = False if kind.endswith("list") or kind == "text" else []
    found.append(Region(unreadable, None))
    if spec["default"] is None:
        found.append(Region(None, None, given=False, known=False))
    different: dict[tuple[bool | None, ...], Region] = {}
    for region in found:
        facts = {spec["id"]: region.fact} if region.known else {}
        different.setdefault(tuple(holds(part, facts) for part in parts), region)
    return list(different.values())


def _numbers(spec: CompactInput, parts: list[list[Any]]) -> Iterator[Region]:
    """The numbers compared with, one between each two neighbours, one below and one above."""
    points = sorted({Fraction(*part[3]) for part in parts if part[0] == "compare"})
    if spec["type"] == "integer":
        whole = {math.floor(point) + more for point in points for more in (-1, 0, 1, 2)}
        values = [Fraction(value) for value in sorted(whole or {0})]
    else:
        gaps = [(low + high) / 2 for low, high in itertools.pairwise(points)]
        ends = [points[0] - 1, points[-1] + 1] if points else [Fraction(0)]
        values = sorted({*points, *gaps, *ends})
    for value in values:
        unit = spec["unit"]
        text = f"{value} {unit}" if unit else value.numerator
        yield Region(text, (value.numerator, value.denominator))


def _texts(spec: CompactInput, parts: list[list[Any]]) -> list[str]:
    """The texts compared with, and one that is none of them, if the input can have one."""
    named = [
        text
        for part in parts
        for text in ([part[3]] if part[0] == "compare" else part[2] if len(part) > 2 else [])
    ]
    if spec["options"]:
        return [*dict.fromkeys(text for text in named if text in spec["options"]), *spec["options"]]
    other = "x" * (1 + max(map(len, named), default=0))
    return [*dict.fromkeys(named), other]


def _lists(spec: CompactInput, parts: list[list[Any]]) -> Iterator[Region]:
    """Lists for every set of parts that can be true together.

    A text makes exactly those parts true that name it, and a list those of its texts together.
    """
    wanted = [frozenset(part[2]) for part in parts if part[0] == "contains"]
    by_parts = {
        frozenset(place for place, terms in enumerate(wanted) if text in terms): text
        for text in _texts(spec, [part for part in parts if part[0] == "contains"])
    }
    closed: dict[frozenset[int], list[str]] = {frozenset(): []}
    for true, text in by_parts.items():
        for before, texts in list(closed.items()):
            closed.setdefault(before | true, [*texts, text])
    for texts in closed.values():
        yield Region(texts, texts)
