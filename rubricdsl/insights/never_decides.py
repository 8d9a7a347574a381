"""Weighted criteria whose weight is lost on the grid, and levels that come to the same."""

from collections.abc import Iterator
from fractions import Fraction

from ..analysis.answers import Answer
from ..analysis.reach import Place
from ..analysis.samples import Witness, case_of, sample, witness, worst_and_best
from ..analysis.sums import TooLarge
from ..runtime.form import CompactCriterion
from ..syntax import nodes as n
from .deciding import Move, Neighbourhood, pairs
from .finding import Finding, Undecided, finding
from .rows import first, plain_first
from .subject import Subject, where

LOOKED = "every sum of the other criteria was looked at, in every case and under every profile"


def never_decides(subject: Subject) -> Iterator[Finding | Undecided]:
    """Criteria of proficiency of which no answer changes any key, and levels that never do.

    Under a shape of points they change the reward all the same, and nothing is said.
    """
    if not subject.on_grid:
        return
    around = [(place, Neighbourhood(*place)) for place in subject.places]
    for criterion in subject.form["criteria"]:
        if criterion["tier"] == 1 and where(subject.over, criterion["id"]) is not None:
            try:
                yield from _criterion(subject, around, criterion)
            except TooLarge:
                yield Undecided("never-decides", criterion["id"], "too many sums")


Around = list[tuple[Place, Neighbourhood]]


def _criterion(
    subject: Subject, around: Around, criterion: CompactCriterion
) -> Iterator[Finding | Undecided]:
    name = criterion["id"]
    decides = any(
        near.drops(name) or any(near.apart(name, *pair) for pair in pairs(item))
        for item, near in ((place[0].proficiency[name], near) for place, near in around)
    )
    if not subject.over.exact:
        if not decides:
            yield Undecided("never-decides", name, "conditions with too many combinations")
        return
    if not decides:
        yield _lost(subject, criterion)
        return
    credits = criterion["credits"] or []
    for level in range(1, len(credits)):
        if not any(_levels_apart(subject, *each, criterion, level) for each in around):
            yield _alike(subject, criterion, level)


def _levels_apart(
    subject: Subject, place: Place, near: Neighbourhood, criterion: CompactCriterion, level: int
) -> bool:
    """Whether a level and the one below it ever come to different steps."""
    total, credits = place[0].proficiency[criterion["id"]].total, criterion["credits"] or []
    low, high = (
        Move(total, total * credits[each] // subject.form["unit"]) for each in (level - 1, level)
    )
    return near.apart(criterion["id"], low, high)


def _lost(subject: Subject, criterion: CompactCriterion) -> Finding:
    name, steps = criterion["id"], subject.form["steps"]
    shown, most = _pair(subject, criterion, None)
    values = {"name": name, "steps": steps}
    weight = subject.clause(name, n.Weight)
    place = subject.span(weight) if weight is not None else subject.of(name)
    reason = f"it moves the share by {most}, a step is 1/{steps}; {LOOKED}"
    return finding(
        subject.form, "R0904", place, values, label="lost on the grid", reason=reason, witness=shown
    )


def _alike(subject: Subject, criterion: CompactCriterion, level: int) -> Finding:
    name = criterion["id"]
    shown, most = _pair(subject, criterion, level)
    values = {"name": name, "low": level - 1, "high": level}
    reason = f"they are {most} of the share apart, a step is 1/{subject.form['steps']}; {LOOKED}"
    label = f"as good as level {level - 1}"
    place = subject.level(name, level)
    return finding(
        subject.form, "R0905", place, values, label=label, reason=reason, witness=shown
    )  # fmt: skip


def _pair(
    subject: Subject, criterion: CompactCriterion, level: int | None
) -> tuple[Witness, Fraction]:
    """Two sheets that differ in this criterion alone, and how far their shares are apart."""
    name = criterion["id"]
    weighed, over = subject.places[0]
    there = where(over, name)
    if there is None:
        weighed, there = next(
            (each, found) for each, cases in subject.places
            if (found := where(cases, name)) is not None
        )  # fmt: skip
    case = case_of(weighed, first(plain_first(subject.form, there)))
    rest = {other: worst_and_best(options)[1] for other, options in case.answers.items()}
    ends: tuple[Answer, Answer] = worst_and_best(case.answers[name])
    if level is not None:
        by_verdict = {answer.verdict: answer for answer in case.answers[name]}
        ends = by_verdict[level - 1], by_verdict[level]
    low, high = (sample(case, rest | {name: end}) for end in ends)
    apart = Fraction(*high.tally.share) - Fraction(*low.tally.share)
    return witness(case, (high, low)), apart
