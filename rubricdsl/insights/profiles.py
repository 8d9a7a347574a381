"""Profiles that change no order, and profiles whose turn never comes."""

from collections.abc import Iterator
from fractions import Fraction

from ..analysis.cases import Cases
from ..analysis.reach import Rubric, weightings
from ..runtime.form import CompactProfile
from ..source import Span
from .finding import Finding, Undecided, finding
from .rows import fewest
from .same_order import Side, same_order
from .subject import Subject


def profiles(subject: Subject) -> Iterator[Finding | Undecided]:
    """Findings about every profile."""
    own, *others = weightings(subject.form)
    for profile, weighed in zip(subject.form["profiles"], others, strict=True):
        yield from _changes(subject, profile, own, weighed)
    yield from _turns(subject)


def _changes(
    subject: Subject, profile: CompactProfile, own: Rubric, weighed: Rubric
) -> Iterator[Finding | Undecided]:
    values = {"name": profile["id"]}
    place = _place(subject, profile["id"])
    ratios = {Fraction(weighed.weights[name], own.weights[name]) for name in own.weights}
    points = subject.form["reward"]["shape"] == "healthbench"
    if len(ratios) <= 1:
        if points and ratios - {1} and len(own.weights) < len(subject.form["criteria"]):
            return  # Vetoes and bonuses keep their points.
        factor = f"times {ratios.pop()}" if ratios else "of which there are none"
        reason = f"its weights are the rubric's own, {factor}: only their shares count"
        yield finding(subject.form, "R0908", place, values, reason=reason)
        return
    if subject.form["reward"]["shape"] == "rar":
        yield finding(
            subject.form, "R0908", place, values, reason="the shape `rar` does not look at weights"
        )
        return
    over = subject.over
    steps = subject.form["steps"]
    same = same_order(Side(own.proficiency, steps), Side(weighed.proficiency, steps), over)
    if same is None or (same and not over.exact):
        yield Undecided("idle-profile", profile["id"], "too many sums or cases")
    elif same and not points:
        reason = "all sums were looked at: every two sheets of one case come in the same order"
        yield finding(subject.form, "R0908", place, values, reason=reason)


def _turns(subject: Subject) -> Iterator[Finding | Undecided]:
    """Profiles that are true only where an earlier one is true too."""
    over = subject.over
    known = [p["id"] for p in subject.form["profiles"] if p["when"] is not None]
    possible = {name for part in over.components for case in part for name in case.profiles}
    for place, name in enumerate(known):
        if name not in possible:
            continue  # Never true: said at its condition.
        if not over.exact:
            yield Undecided("profile-never-chosen", name, "too many combinations of facts")
        elif _first(over, name, frozenset(known[:place])) is None:
            row = _first(over, name, frozenset())
            before = known[:place]
            alone = [other for other in before if _first(over, name, frozenset([other])) is None]
            earlier = " or ".join(f"`{other}`" for other in alone[:1] or before)
            reason = f"{over.number()} cases: wherever it is true, so is {earlier}"
            values = {"name": name}
            span = _place(subject, name)
            shown = fewest(subject.form, row.row()) if row is not None else None
            yield finding(subject.form, "R0909", span, values, reason=reason, row=shown)


def _first(over: Cases, name: str, earlier: frozenset[str]) -> Cases | None:
    """A single case in which a profile is true and none of the earlier ones is."""
    chosen = []
    for part in over.components:
        mine = any(name in case.profiles for case in part)
        fitting = [
            case
            for case in part
            if (name in case.profiles or not mine) and not case.profiles & earlier
        ]
        if not fitting:
            return None
        chosen.append((fitting[0],))
    return Cases(tuple(chosen), over.exact)


def _place(subject: Subject, name: str) -> Span:
    block = subject.profile(name)
    return subject.head if block is None else subject.span(block.name)
