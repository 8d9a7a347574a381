"""From the cases of a checked file, run, to what they cover of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import ir
from ..compact import compact_condition
from ..passes import Checked
from ..passes.scope import Placed
from ..printing import condition_text
from ..runtime.conditions import holds
from ..source import Source, Span
from ..syntax import nodes as n
from ..testing import CaseRun, ResponseOutcome
from .branches import WORDS, Branch, branches, possible
from .record import FileCoverage, Goal, GoalKind, Part

ORDER = (True, False, None)
Key = tuple[str, GoalKind, str, int]
"""The part, what kind of goal, its name, and which branch of its condition."""


class _Place(NamedTuple):
    """Where a criterion or a profile is written, and its condition, if that is written here."""

    span: Span
    when: n.When | None = None


@dataclass
class _Hits:
    """How many cases reached a goal, and the title of the first."""

    times: dict[Key, int] = field(default_factory=dict)
    first: dict[Key, str] = field(default_factory=dict)

    def add(self, run: CaseRun, keys: Iterable[Key]) -> None:
        for key in dict.fromkeys(keys):
            self.times[key] = self.times.get(key, 0) + 1
            self.first.setdefault(key, run.case.title)


def cover(file: Checked, runs: Iterable[CaseRun]) -> FileCoverage | None:
    """What the cases of a file bring about in its rubric; None for a file with errors.

    A case counts when it is no `todo`; a response counts when an expectation names it.
    """
    rubric, source, tree = file.rubric, file.source, file.tree
    if rubric is None or source is None or tree is None:
        return None
    places = _places(source, tree.items)
    owners: tuple[ir.Criterion | ir.Profile, ...] = (*rubric.criteria, *rubric.profiles)
    made = [_Made(rubric, source, owner, places) for owner in owners]
    counted = [run for run in runs if not run.case.todo]
    hits = _Hits()
    for run in counted:
        hits.add(run, _reached(rubric, made, run))
    parts = tuple(one.part(rubric, hits) for one in made)
    return FileCoverage(source, rubric.name, len(counted), parts)


class _Made:
    """A criterion or a profile with its branches."""

    def __init__(
        self,
        rubric: ir.Rubric,
        source: Source,
        owner: ir.Criterion | ir.Profile,
        places: Mapping[str, _Place],
    ) -> None:
        self.owner = owner
        self.key = _key(owner)
        place = places.get(self.key, places[""])
        self.span = place.span
        self.branches: tuple[Branch, ...] = ()
        if owner.when is not None:
            at, when = place.span, place.when.condition if place.when else None
            if when is not None and place.when is not None:
                at = Span(source.path, when.start, place.when.end)
            whole = Branch(owner.when, at, condition_text(owner.when, rubric))
            self.branches = branches(whole, when, source.text)
        self.forms = [compact_condition(branch.condition) for branch in self.branches]

    def part(self, rubric: ir.Rubric, hits: _Hits) -> Part:
        """The goals, as far as the cases reached them."""

        def goal(
            kind: GoalKind, name: str, at: int = 0, *, asked: bool = True, text: str = ""
        ) -> Goal:
            key = (self.key, kind, name, at)
            span = self.branches[at].span if kind == "branch" else self.span
            times, first = hits.times.get(key, 0), hits.first.get(key, "")
            return Goal(kind, name, span, text, asked, times, first)

        goals: list[Goal] = []
        if isinstance(self.owner, ir.Criterion):
            goals += [goal("verdict", name) for name in _verdicts(self.owner)]
            goals += [goal("verdict", "cannot_assess", asked=False), goal("decides", "decides")]
        else:
            # Only a caller can choose a profile without a condition, and a test names none.
            goals.append(goal("chosen", "chosen", asked=self.owner.when is not None))
        inputs = {spec.id: spec for spec in rubric.inputs}
        for at, branch in enumerate(self.branches):
            asked = possible(branch.condition, inputs)
            goals += [
                goal("branch", WORDS[truth], at, asked=truth in asked, text=branch.text)
                for truth in ORDER
                if truth in asked or (self.key, "branch", WORDS[truth], at) in hits.times
            ]
        tier = self.owner.tier if isinstance(self.owner, ir.Criterion) else None
        return Part(self.owner.id, tier, self.span, tuple(goals))


def _key(owner: ir.Criterion | ir.Profile) -> str:
    """A profile may have the name of a criterion."""
    return f"profile {owner.id}" if isinstance(owner, ir.Profile) else owner.id


def _verdicts(criterion: ir.Criterion) -> Iterator[str]:
    if criterion.levels:
        yield from (f"level {level.level}" for level in criterion.levels)
    else:
        yield from ("met", "unmet")
    if criterion.allows_not_applicable:
        yield "not_applicable"


def _reached(rubric: ir.Rubric, made: list[_Made], run: CaseRun) -> Iterator[Key]:
    """The goals that one case reaches."""
    named = dict.fromkeys(
        name for e in run.case.expectations for name in (e.response, e.other) if name
    )
    if not named:
        return
    chosen = False
    aside: set[str] = set()
    for one in made:
        truths = [holds(form, run.facts) for form in one.forms]
        yield from ((one.key, "branch", WORDS[t], at) for at, t in enumerate(truths))
        if truths and truths[0] is False:
            aside.add(one.key)
        if isinstance(one.owner, ir.Profile) and truths and truths[0] and not chosen:
            chosen = True
            yield (one.key, "chosen", "chosen", 0)
    for name in named:
        yield from _verdicts_of(rubric, run.outcomes[name], aside)
    for result in run.results:
        if result.passed:
            yield from ((criterion, "decides", "decides", 0) for criterion in result.deciding)


def _verdicts_of(rubric: ir.Rubric, outcome: ResponseOutcome, aside: set[str]) -> Iterator[Key]:
    """What was judged of one response. Of a text, only the checks judge."""
    for criterion in rubric.criteria:
        verdict = outcome.sheet.get(criterion.id)
        if criterion.id in aside or (verdict is None and outcome.from_text):
            continue
        if verdict is None or (verdict == "not_applicable" and not criterion.allows_not_applicable):
            verdict = "cannot_assess"
        name = f"level {verdict}" if isinstance(verdict, int) else verdict
        yield (criterion.id, "verdict", name, 0)


def _places(source: Source, items: tuple[n.Item, ...]) -> dict[str, _Place]:
    """Where each criterion and profile is written; "" for what another rubric brings in."""
    places = {"": _Place(Span(source.path, 0, 0))}

    def add(name: str, node: Placed, when: n.When | None) -> None:
        places[name] = _Place(Span(source.path, node.start, node.end), when)

    for item in items:
        match item:
            case n.Extends():
                add("", item, None)
            case n.ProfileBlock():
                add(f"profile {item.name.text}", item, item.when)
            case n.TierBlock():
                for line in item.items:
                    match line:
                        case n.CriterionItem() | n.Override():
                            clauses = (c for c in line.clauses if isinstance(c, n.When))
                            add(line.name.text, line, next(clauses, None))
                        case n.Use():
                            add((line.alias or line.name).text.rpartition(".")[2], line, None)
    return places
