"""The cases that a rubric can meet: which criteria apply, and which profiles, for some row.

Every input falls into finitely many regions that conditions can tell apart: the values compared
with, the gaps between them, each option named, absent, and present but unreadable. Conditions that
share no input are independent, so cases are kept as a product of components.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..runtime.conditions import holds
from ..runtime.form import CompactRubric
from .regions import Region, atoms, regions

MAX_ROWS = 20_000
"""Rows tried for one component; beyond that its conditions are taken as unrelated."""


class Case(NamedTuple):
    """What one component can come to: a row that brings it about, criteria set aside, profiles."""

    row: Mapping[str, Any]
    off: frozenset[str]
    profiles: frozenset[str]


class Cases(NamedTuple):
    """All combinations of one case per component.

    `exact` is False where conditions were taken as unrelated: then some combinations may be
    impossible, and the rows of those components show nothing.
    """

    components: tuple[tuple[Case, ...], ...]
    exact: bool

    def number(self) -> int:
        number = 1
        for component in self.components:
            number *= len(component)
        return number

    def without_profiles(self) -> "Cases":
        """The cases in which no profile's condition is true."""
        kept = (tuple(c for c in part if not c.profiles) for part in self.components)
        return self._replace(components=tuple(kept))

    def each(self, limit: int) -> Iterator["Cases"]:
        """Single cases, at most `limit`: those in which most applies come first."""
        ordered = [sorted(part, key=lambda c: (len(c.off), str(c.row))) for part in self.components]
        for chosen in itertools.islice(itertools.product(*ordered), limit):
            yield Cases(tuple((case,) for case in chosen), self.exact)

    def row(self) -> dict[str, Any]:
        """The row of a single case."""
        return {name: value for part in self.components for name, value in part[0].row.items()}


class _Question(NamedTuple):
    condition: list[Any]
    inputs: frozenset[str]
    criteria: frozenset[str]
    profiles: frozenset[str]


def cases(rubric: CompactRubric) -> Cases:
    """Every case that some row of inputs brings about, and (if not `exact`) perhaps more."""
    questions = _questions(rubric)
    if not questions:
        return Cases((), True)
    known: dict[str, list[list[Any]]] = {}
    for question in questions:
        for atom in atoms(question.condition):
            known.setdefault(atom[1], []).append(atom)
    specs = {spec["id"]: spec for spec in rubric["inputs"]}
    found = {name: regions(specs[name], parts) for name, parts in known.items()}
    components: list[tuple[Case, ...]] = []
    exact = True
    for together in _components(questions):
        names = sorted(frozenset().union(*(q.inputs for q in together)))
        rows = 1
        for name in names:
            rows *= len(found[name])
        if rows <= MAX_ROWS:
            components.append(_cases(together, {name: found[name] for name in names}))
        else:
            exact = False
            components += [_unrelated(question) for question in together]
    return Cases(tuple(components), exact)


def _questions(rubric: CompactRubric) -> list[_Question]:
    """The different conditions of a rubric, each with all that hangs on it."""
    asked: dict[str, tuple[list[Any], set[str], set[str]]] = {}
    for criterion in rubric["criteria"]:
        if criterion["when"] is not None:
            entry = asked.setdefault(repr(criterion["when"]), (criterion["when"], set(), set()))
            entry[1].add(criterion["id"])
    for profile in rubric["profiles"]:
        if profile["when"] is not None:
            entry = asked.setdefault(repr(profile["when"]), (profile["when"], set(), set()))
            entry[2].add(profile["id"])
    return [
        _Question(
            condition,
            frozenset(atom[1] for atom in atoms(condition)),
            frozenset(criteria),
            frozenset(profiles),
        )
        for condition, criteria, profiles in asked.values()
    ]


def _components(questions: Iterable[_Question]) -> list[list[_Question]]:
    """Groups of questions that share no input with one another."""
    groups: list[tuple[frozenset[str], list[_Question]]] = []
    for question in questions:
        inputs, joined = question.inputs, [question]
        apart = []
        for names, members in groups:
            if names & inputs:
                inputs, joined = inputs | names, members + joined
            else:
                apart.append((names, members))
        groups = [*apart, (inputs, joined)]
    return [members for _, members in groups]


def _cases(questions: list[_Question], found: Mapping[str, list[Region]]) -> tuple[Case, ...]:
    """One case per different outcome, each with the first row that shows it."""
    names = list(found)
    tables = [_table(question, found) for question in questions]
    outcomes: dict[tuple[bool | None, ...], tuple[int, ...]] = {}
    for places in itertools.product(*(range(len(found[name])) for name in names)):
        at = dict(zip(names, places, strict=True))
        outcome = tuple(table[tuple(at[name] for name in used)] for used, table in tables)
        outcomes.setdefault(outcome, places)
    different: dict[tuple[frozenset[str], frozenset[str]], Case] = {}
    for outcome, places in outcomes.items():
        row = {
            name: found[name][place].value
            for name, place in zip(names, places, strict=True)
            if found[name][place].given
        }
        off = [q.criteria for q, value in zip(questions, outcome, strict=True) if value is False]
        on = [q.profiles for q, value in zip(questions, outcome, strict=True) if value is True]
        case = Case(row, frozenset().union(*off), frozenset().union(*on))
        different.setdefault((case.off, case.profiles), case)
    return tuple(different.values())


def _table(
    question: _Question, found: Mapping[str, list[Region]]
) -> tuple[list[str], dict[tuple[int, ...], bool | None]]:
    """A question's answer for every combination of regions of its own inputs."""
    used = sorted(question.inputs)
    table = {}
    for places in itertools.product(*(range(len(found[name])) for name in used)):
        chosen = {name: found[name][place] for name, place in zip(used, places, strict=True)}
        facts = {name: region.fact for name, region in chosen.items() if region.known}
        table[places] = holds(question.condition, facts)
    return used, table


def _unrelated(question: _Question) -> tuple[Case, ...]:
    """A question that may come out any way, whatever the others do."""
    found = [Case({}, frozenset(), frozenset())]
    if question.criteria:
        found.append(Case({}, question.criteria, frozenset()))
    if question.profiles:
        found.append(Case({}, frozenset(), question.profiles))
    return tuple(found)
