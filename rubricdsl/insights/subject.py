"""What is analysed: a rubric in all its forms, and where its parts are written."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from .. import ir
from ..analysis.cases import Cases, cases
from ..analysis.reach import Place, places, weightings
from ..compact import compact
from ..passes.check import Checked
from ..runtime.form import CompactCriterion, CompactRubric
from ..runtime.shapes import looks_at_tally
from ..source import Span
from ..syntax import nodes as n
from .rows import first, plain_first

Clause = TypeVar("Clause")


@dataclass(frozen=True)
class Subject:
    """One checked rubric without errors, its compact form and its cases."""

    checked: Checked
    rubric: ir.Rubric
    form: CompactRubric

    @cached_property
    def over(self) -> Cases:
        """Every case of the rubric."""
        return cases(self.form)

    @cached_property
    def places(self) -> list[Place]:
        """Every choice of weights, with the cases in which it can be in force."""
        return places(self.form)

    @cached_property
    def base(self) -> Place:
        """The fullest case, and the weights in force in it.

        Of the cases in which all facts are known, as far as there are some, it is the one in which
        most applies.
        """
        single = first(plain_first(self.form, self.over))
        true = {name for part in single.components for name in part[0].profiles}
        chosen = next((p["id"] for p in self.form["profiles"] if p["id"] in true), None)
        return next(r for r in weightings(self.form) if r.profile == chosen), single

    @property
    def head(self) -> Span:
        """The rubric's name in its first line."""
        tree = self.checked.tree
        header = tree.header if tree else None
        return self.span(header.name) if header else Span(self.checked.path, 0, 1)

    def span(self, node: n.Expr | n.Header | n.Item | n.Clause) -> Span:
        return Span(self.checked.path, node.start, node.end)

    def of(self, name: str) -> Span:
        """Where a criterion is written, used or changed; the first line for an inherited one."""
        return self.checked.places.get(name, self.head)

    def clause(self, name: str, kind: type[Clause]) -> Clause | None:
        """The first clause of a kind that this file writes for a criterion."""
        for item in self._criteria():
            if item.name.text == name:
                found = [clause for clause in item.clauses if isinstance(clause, kind)]
                return found[0] if found else None
        return None

    def level(self, name: str, level: int) -> Span:
        """Where a level is written."""
        for item in self._criteria():
            if item.name.text == name:
                for clause in item.clauses:
                    if isinstance(clause, n.LevelClause) and clause.number.text == str(level):
                        return self.span(clause)
        return self.of(name)

    def profile(self, name: str) -> n.ProfileBlock | None:
        """Where a profile is written."""
        for item in self._items():
            if isinstance(item, n.ProfileBlock) and item.name.text == name:
                return item
        return None

    @property
    def reward(self) -> Span:
        """The `reward` line; the first line where there is none."""
        found = next((item for item in self._items() if isinstance(item, n.RewardItem)), None)
        return self.head if found is None else self.span(found)

    @property
    def grid(self) -> Span:
        """The line with the steps of proficiency; the first line where they are not written."""
        lines = (x for item in self._items() if isinstance(item, n.OrderBlock) for x in item.lines)
        found = next((line for line in lines if line.steps is not None), None)
        return self.head if found is None else Span(self.checked.path, found.start, found.end)

    @property
    def on_grid(self) -> bool:
        """Whether the reward sees proficiency on the grid alone."""
        return looks_at_tally(self.form)

    def _items(self) -> tuple[n.Item, ...]:
        return self.checked.tree.items if self.checked.tree else ()

    def _criteria(self) -> Iterator[n.CriterionItem | n.Override]:
        for block in self._items():
            if isinstance(block, n.TierBlock):
                for item in block.items:
                    if isinstance(item, n.CriterionItem | n.Override):
                        yield item


def subject(checked: Checked) -> Subject | None:
    """The subject of a checked file; None for one with errors."""
    rubric = checked.rubric
    return None if rubric is None else Subject(checked, rubric, compact(rubric, ""))


def noun(criterion: CompactCriterion) -> str:
    """What the language calls a criterion of this tier."""
    return ("veto", "criterion", "bonus")[criterion["tier"]]


def where(over: Cases, name: str) -> Cases | None:
    """The cases in which a criterion applies; None if there are none."""
    kept = []
    for part in over.components:
        cases = tuple(case for case in part if name not in case.off)
        if not cases:
            return None
        kept.append(cases)
    return over._replace(components=tuple(kept))
