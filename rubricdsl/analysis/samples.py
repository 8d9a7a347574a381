"""Sheets with their tally and exact reward: what counterexamples are made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from ..runtime.form import CompactCriterion
from ..runtime.order import Sums, Tally, adds, tally_of
from .answers import Answer, answers
from .cases import Cases
from .reach import Rubric
from .sums import Item, State, TooLarge, solve, states_of

Key = tuple[int, int, int, int, int]


class Sample(NamedTuple):
    """One response's sheet in a case; `reward` is None where the shape has no value for it."""

    sheet: dict[str, str | int]
    tally: Tally
    reward: Fraction | None

    @property
    def unsafe(self) -> bool:
        return any(self.tally.violations)


@dataclass(frozen=True)
class Case:
    """One prompt: the rubric with its weights, a single case, and the criteria that apply.

    What follows from these alone is remembered: many sheets are made of one case.
    """

    rubric: Rubric
    single: Cases
    answers: dict[str, tuple[Answer, ...]]
    parts: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict, repr=False)
    made: "dict[Key, Sample | None]" = field(default_factory=dict, repr=False)

    @cached_property
    def ends(self) -> dict[str, tuple[Answer, Answer]]:
        """The answers with the least and with the most credit."""
        return {name: worst_and_best(options) for name, options in self.answers.items()}

    @cached_property
    def weighed(self) -> dict[str, Item]:
        """The proficiency criteria that apply."""
        items = self.rubric.proficiency.items()
        return {name: item for name, item in items if name in self.answers}

    @cached_property
    def states(self) -> list[State]:
        """What they can add up to, one by one. Raises `TooLarge`."""
        return states_of(list(self.weighed.values()))

    @cached_property
    def criteria(self) -> list[CompactCriterion]:
        """The criteria that apply, in the order of the rubric."""
        return [c for c in self.rubric.form["criteria"] if c["id"] in self.answers]

    def part(self, criterion: CompactCriterion, credit: int) -> tuple[int, ...]:
        """What a criterion with this credit adds to the sums and points of a sheet."""
        name = criterion["id"]
        found = self.parts.get((name, credit))
        if found is None:
            rubric = self.rubric
            added = adds(rubric.form, criterion, credit, rubric.weights)
            points = rubric.points
            worth = points(criterion, credit, rubric.weights) if points else (0, 0)
            found = self.parts[name, credit] = (*added, *worth)
        return found


class Witness(NamedTuple):
    """Responses to one prompt that show a property broken.

    `counts` says how often each stands in the group.
    """

    inputs: dict[str, Any]
    profile: str | None
    samples: tuple[Sample, ...]
    counts: tuple[int, ...]


def case_of(rubric: Rubric, single: Cases) -> Case:
    """The case, with the answers of each criterion that applies in it."""
    off = {name for part in single.components for name in part[0].off}
    open_ = {c["id"]: answers(rubric.form, c) for c in rubric.form["criteria"]}
    return Case(rubric, single, {name: a for name, a in open_.items() if name not in off})


def sample(case: Case, given: Mapping[str, Answer]) -> Sample:
    """The sheet with these answers, weighed as the runtime does."""
    rubric = case.rubric
    parts = [
        case.part(criterion, credit)
        for criterion in case.criteria
        if (credit := given[criterion["id"]].credit) is not None
    ]
    summed = [*map(sum, zip(*parts, strict=True))] or [0] * 10
    found = tally_of(rubric.form["steps"], Sums(*summed[:8]))
    exact = rubric.exact(found, (summed[8], summed[9]))
    reward = None if exact is None else Fraction(*exact)
    return Sample({name: answer.verdict for name, answer in given.items()}, found, reward)


def reward_of_key(rubric: Rubric, key: Key) -> Fraction:
    """The reward of a shape that looks at the key alone."""
    critical, major, moderate, step, bonuses = key
    violations = (-critical, -major, -moderate)
    found = Tally(violations, (step, rubric.form["steps"]), step, bonuses, 0, 0)
    exact = rubric.exact(found, (0, 0))
    if exact is None:
        raise ValueError(f"{rubric.form['reward']['shape']} is not a shape of the key alone")
    return Fraction(*exact)


def with_key(case: Case, key: Key) -> Sample | None:
    """A sheet with this key; None if there is none, or if it was not found within the limits."""
    if key not in case.made:
        case.made[key] = _with_key(case, key)
    return case.made[key]


def _with_key(case: Case, key: Key) -> Sample | None:
    items = case.weighed
    try:
        gains = solve(list(items.values()), case.states, key[3], case.rubric.form["steps"])
    except TooLarge:
        return None
    if gains is None:
        return None
    return with_gains(
        case, (-key[0], -key[1], -key[2]), dict(zip(items, gains, strict=True)), key[4]
    )


def with_gains(
    case: Case, violations: tuple[int, int, int], gains: Mapping[str, int | None], bonuses: int
) -> Sample | None:
    """A sheet with these violations, gains of proficiency (None: falls away) and bonuses."""
    need = list(violations)
    given: dict[str, Answer] = {}
    for criterion in case.criteria:
        name, severity = criterion["id"], criterion["severity"]
        worst, best = case.ends[name]
        if severity is not None:
            given[name] = worst if need[severity] > 0 else best
            need[severity] -= need[severity] > 0
        elif criterion["tier"] == 2:
            given[name] = best if bonuses > 0 else worst
            bonuses -= bonuses > 0
        else:
            given[name] = _with_gain(case, name, gains[name])
    return None if any(need) or bonuses else sample(case, given)


def _with_gain(case: Case, name: str, gain: int | None) -> Answer:
    total = case.rubric.proficiency[name].total
    credit = None if gain is None else gain * case.rubric.form["unit"] // total
    return next(answer for answer in case.answers[name] if answer.credit == credit)


def _best(options: Sequence[Answer]) -> Answer:
    return max(options, key=lambda a: -1 if a.credit is None else a.credit)


def worst_and_best(options: Sequence[Answer]) -> tuple[Answer, Answer]:
    """The answers with the least and with the most credit."""
    return options[0], _best(options)


def chosen(case: Case, sheet: Mapping[str, str | int]) -> dict[str, Answer]:
    """The answers behind a sheet of this case."""
    return {
        name: next(answer for answer in options if answer.verdict == sheet[name])
        for name, options in case.answers.items()
    }


def witness(case: Case, samples: Iterable[Sample], counts: Iterable[int] = ()) -> Witness:
    """These responses in this case, each once unless `counts` says otherwise."""
    shown = tuple(samples)
    return Witness(
        case.single.row(), case.rubric.profile, shown, tuple(counts) or (1,) * len(shown)
    )


def distance(left: Sample, right: Sample) -> int:
    """On how many criteria two sheets differ."""
    return sum(right.sheet.get(name) != verdict for name, verdict in left.sheet.items())
