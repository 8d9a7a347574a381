"""The one record of coverage: table, coloured source and threshold are read off it."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from .. import ir
from ..source import Source, Span

GoalKind = Literal["verdict", "decides", "branch", "chosen"]
KINDS: tuple[GoalKind, ...] = ("verdict", "decides", "branch", "chosen")


class Tally(NamedTuple):
    """How many goals of how many have been reached."""

    reached: int
    total: int

    @property
    def percent(self) -> Fraction:
        """0 to 100, exact; where there is no goal, nothing is missing."""
        return Fraction(100 * self.reached, self.total) if self.total else Fraction(100)

    @property
    def shown(self) -> str:
        """With one decimal, rounded down: only what is complete reads 100.0 %."""
        tenths = int(self.percent * 10)
        return f"{tenths // 10}.{tenths % 10} %"


@dataclass(frozen=True)
class Goal:
    """One thing that a test can bring about.

    `name` is a verdict (`met`, `level 2`), `decides`, an outcome of a condition (`true`, `false`,
    `unknown`) or `chosen`; `about` is the condition's text. `times` is how many cases did it,
    `first` the title of the first. What is not `asked` is shown and not counted.
    """

    kind: GoalKind
    name: str
    span: Span
    about: str = ""
    asked: bool = True
    times: int = 0
    first: str = ""

    @property
    def missing(self) -> bool:
        return self.asked and not self.times


@dataclass(frozen=True)
class Part:
    """A criterion, or a profile (`tier` is None), with its goals."""

    id: str
    tier: ir.Tier | None
    span: Span
    goals: tuple[Goal, ...]

    def tally(self, *kinds: GoalKind) -> Tally:
        """Of goals of some kinds; of all without any."""
        return tally(goal for goal in self.goals if not kinds or goal.kind in kinds)

    @property
    def missing(self) -> tuple[Goal, ...]:
        return tuple(goal for goal in self.goals if goal.missing)


@dataclass(frozen=True)
class FileCoverage:
    """One rubric; parts as the rubric has them, profiles last."""

    source: Source
    name: str
    cases: int
    parts: tuple[Part, ...]

    def of(self, tier: ir.Tier | None) -> tuple[Part, ...]:
        """The criteria of a tier; for None the profiles."""
        return tuple(part for part in self.parts if part.tier == tier)

    def tally(self, *kinds: GoalKind) -> Tally:
        return total(part.tally(*kinds) for part in self.parts)


@dataclass(frozen=True)
class Coverage:
    """All rubrics of a run."""

    files: tuple[FileCoverage, ...]

    def tally(self, *kinds: GoalKind) -> Tally:
        return total(file.tally(*kinds) for file in self.files)

    def reaches(self, percent: Fraction) -> bool:
        """Whether at least so many percent of all goals of all files have been reached."""
        return self.tally().percent >= percent


def tally(goals: Iterable[Goal]) -> Tally:
    """Of the goals that are asked for."""
    asked = [goal for goal in goals if goal.asked]
    return Tally(sum(goal.times > 0 for goal in asked), len(asked))


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    parts = list(tallies)
    return Tally(sum(part.reached for part in parts), sum(part.total for part in parts))
