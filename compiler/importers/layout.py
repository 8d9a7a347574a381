"""What every importer hands over, and the checks of a field that they share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from rubricdsl import ir
from rubricdsl.passes.criteria import MAX_WEIGHT
from rubricdsl.passes.values import MAX_DIGITS
from rubricdsl.printing import decimal

from .jsonl import Row, describe, style_of

VERSION = "0.1.0"


@dataclass(frozen=True)
class Piece:
    """What one line of a foreign file became.

    `rubric` is None when an earlier line already gave the same one. `record` is what the rubric
    does not hold, for the way back; `data` a row for `rubricc compile --data`; `verdicts` a row for
    `rubricc score`.
    """

    line: int
    rubric: ir.Rubric | None
    record: dict[str, Any]
    data: dict[str, Any] | None = None
    verdicts: dict[str, Any] | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field; `where` is its path in the object (`rubrics[2].points`)."""

    where: str
    message: str
    hint: str = ""


Items = list[tuple[str, dict[str, Any]]]
"""Objects of a list, each with its own path."""


@dataclass
class Reader:
    """Takes typed fields out of a JSON object and collects what is wrong with them."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, where: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(where, message, hint))

    def text(self, holder: dict[str, Any], key: str, where: str) -> str:
        """A text with something in it; "" where it is not."""
        value = holder.get(key)
        if key not in holder:
            self.wrong(where, "is missing")
        elif not isinstance(value, str):
            self.wrong(where, f"must be a text, found {describe(value)}")
        elif not value.strip():
            self.wrong(where, "is empty")
        else:
            return value
        return ""

    def items(self, holder: dict[str, Any], key: str, where: str) -> Items:
        """The objects of a list, which must not be empty."""
        value = holder.get(key)
        if not isinstance(value, list):
            found = f"found {describe(value)}" if key in holder else "it is missing"
            self.wrong(where, f"must be a list of objects, {found}")
            return []
        if not value:
            self.wrong(where, "is empty")
        found_items = [(f"{where}[{index}]", item) for index, item in enumerate(value)]
        for place, item in found_items:
            if not isinstance(item, dict):
                self.wrong(place, f"must be an object, found {describe(item)}")
        return [(place, item) for place, item in found_items if isinstance(item, dict)]

    def points(self, holder: dict[str, Any], key: str, where: str) -> Fraction:
        """A finite number that is not zero, exact as written; 1 where it is not."""
        value = holder.get(key)
        if key not in holder:
            self.wrong(where, "is missing")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(where, f"must be a number, found {describe(value)}")
        elif math.isnan(value) or math.isinf(value):
            self.wrong(where, f"is {value}", "points must be a finite number")
        elif value == 0:
            hint = "a criterion that changes nothing is neither good nor bad; leave it out"
            self.wrong(where, "is 0", hint)
        elif abs(value) > MAX_WEIGHT:
            self.wrong(where, f"is {value:g}", f"the largest weight is {MAX_WEIGHT:,}")
        elif decimal(points := exact(value)) is None:
            self.wrong(where, f"is {value}", f"use at most {MAX_DIGITS} digits")
        else:
            return points
        return Fraction(1)

    def tags(self, holder: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
        """A list of texts; a missing one is an empty one."""
        value = holder.get(key, [])
        if not isinstance(value, list):
            self.wrong(where, f"must be a list of texts, found {describe(value)}")
            return ()
        return tuple(
            self.text({"tag": tag}, "tag", f"{where}[{index}]") for index, tag in enumerate(value)
        )

    def style(self, row: Row) -> str:
        """How the line was written, for writing it again; numbers JSON lacks are a problem."""
        try:
            return style_of(row.text, row.value)
        except ValueError:
            self.wrong("the line", "holds NaN or an infinity, which is not JSON")
        except RecursionError:
            self.wrong("the line", "is nested too deeply")
        return ""


def exact(value: int | float) -> Fraction:
    """A JSON number as it is written: 0.3 is 3/10."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def number(value: Fraction) -> int | float | None:
    """The JSON number that `exact` reads as `value`; None if decimals cannot write it."""
    if value.denominator == 1:
        return value.numerator
    try:
        decimal = value.numerator / value.denominator
    except OverflowError:
        return None
    return decimal if exact(decimal) == value else None


def spelled(value: Fraction, before: Any) -> int | float | None:
    """`value` as a JSON number, in the spelling it had `before` if that was the same value."""
    if isinstance(before, int | float) and exact(before) == value:
        return before
    return number(value)


def hollow(item: dict[str, Any], held: tuple[str, ...], points: str) -> dict[str, Any]:
    """An item without what the rubric holds: null in the place of each key in `held`.

    Points stay where writing the weight again would spell them otherwise (5.0 for 5).
    """
    rest = {key: None if key in held else value for key, value in item.items()}
    plain = number(exact(item[points]))
    if repr(plain) != repr(item[points]):
        rest[points] = item[points]
    return rest


def signed(criterion: ir.Criterion) -> Fraction:
    """The points of a proficiency criterion: its weight, negative where it forbids."""
    weight = criterion.weight if criterion.weight is not None else Fraction(0)
    return weight if criterion.polarity == "requires" else -weight


@dataclass(frozen=True)
class Unsaid:
    """Something in a rubric that the other format has no words for."""

    rubric: str
    criterion: str
    message: str

    def __str__(self) -> str:
        place = f"{self.rubric}, {self.criterion}" if self.criterion else self.rubric
        return f"{place}: {self.message}"


def unsaid(rubric: ir.Rubric, vetoes: bool = False) -> tuple[Unsaid, ...]:
    """What a flat list of texts with points cannot say about a rubric, in the order it is written.

    `vetoes` says that the place of a veto is known from elsewhere. Exemplars, notes, citations and
    reviews are left out without a word: they change no score.
    """
    found = [
        Unsaid(rubric.name, f"profile {profile.id}", "other weights for some cases")
        for profile in rubric.profiles
    ]
    for criterion in rubric.criteria:
        if criterion.tier == "safety" and not vetoes:
            what = "a veto: there is no safety tier, only points"
            found.append(Unsaid(rubric.name, criterion.id, what))
        found += [Unsaid(rubric.name, criterion.id, what) for what in _unsaid_of(criterion)]
    return tuple(found)


def _unsaid_of(criterion: ir.Criterion) -> Iterator[str]:
    if criterion.tier == "excellence":
        yield "a bonus: there is no excellence tier, only points"
    if criterion.levels:
        yield "levels: a criterion is met or it is not"
    if criterion.when is not None:
        yield "a condition (`when`): a criterion always applies"
    if criterion.check is not None:
        yield "a check: every criterion is decided by a judge"
    if criterion.allows_not_applicable:
        yield "`allows not_applicable`: a verdict is yes or no"
    if criterion.weight is not None and number(criterion.weight) is None:
        yield f"weight {criterion.weight}: points are decimal numbers"
