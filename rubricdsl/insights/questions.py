"""What two rubrics have in common: criteria that ask the same, and the rows that both can meet."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .. import ir
from ..analysis.regions import Region, atoms, regions
from ..runtime.conditions import read_inputs
from ..runtime.form import CompactInput, CompactRubric
from ..runtime.order import weights_in_force
from ..runtime.verdicts import applies
from .subject import Subject
from .truth import MAX_ROWS

Question = tuple[str, str, tuple[str, ...], ir.Check | None]
"""Polarity, text, the anchors of levels, and the check: what is asked, whatever it is worth."""


def question(criterion: ir.Criterion) -> Question:
    anchors = tuple(level.anchor for level in criterion.levels)
    return criterion.polarity, criterion.text, anchors, criterion.check


def questions(subject: Subject) -> dict[Question, str] | None:
    """The criterion behind each question; None for a rubric that asks something twice."""
    found = {question(criterion): criterion.id for criterion in subject.rubric.criteria}
    return found if len(found) == len(subject.rubric.criteria) else None


class Side(NamedTuple):
    """A rubric in one row: what it sets aside, and the weights in force."""

    off: frozenset[str]
    weights: tuple[tuple[str, int], ...]


class Meeting(NamedTuple):
    """Both rubrics in one row."""

    row: Mapping[str, Any]
    left: Side
    right: Side


def meetings(left: Subject, right: Subject) -> list[Meeting] | None:
    """One row for every way in which both can come out together.

    None when there are too many combinations, or when an input is not declared alike.
    """
    forms = left.form, right.form
    parts: dict[str, list[list[Any]]] = {}
    for condition in itertools.chain(*map(_conditions, forms)):
        for atom in atoms(condition):
            parts.setdefault(atom[1], []).append(atom)
    specs: dict[str, CompactInput] = {}
    for form in forms:
        for spec in form["inputs"]:
            other = specs.setdefault(spec["id"], spec)
            if spec["id"] in parts and _declared(spec) != _declared(other):
                return None
    # Where one has a default and the other does not, leaving the input out is a case of its own.
    absent = Region(None, None, given=False, known=False)
    found = {name: [*regions(specs[name], asked), absent] for name, asked in parts.items()}
    number = 1
    for each in found.values():
        number *= len(each)
    if number > MAX_ROWS:
        return None
    different: dict[tuple[Side, Side], Meeting] = {}
    for chosen in itertools.product(*found.values()):
        row = {n: r.value for n, r in zip(found, chosen, strict=True) if r.given}
        sides = side(left.form, row), side(right.form, row)
        different.setdefault(sides, Meeting(row, *sides))
    return list(different.values())


def _declared(spec: CompactInput) -> tuple[str, list[str], str | None]:
    return spec["type"], spec["options"], spec["unit"]


def side(form: CompactRubric, row: Mapping[str, Any]) -> Side:
    facts = read_inputs(form["inputs"], row)
    off = frozenset(c["id"] for c in form["criteria"] if not applies(c, facts))
    return Side(off, tuple(sorted(weights_in_force(form, facts).items())))


def _conditions(form: CompactRubric) -> Iterator[list[Any]]:
    for owner in (*form["criteria"], *form["profiles"]):
        if owner["when"] is not None:
            yield owner["when"]
