"""Whether everything that one rubric calls safe is safe by the other, and not the reverse.

Sheets answer every criterion of both; a response is safe by a rubric when no veto of it that
applies is violated. Vetoes are independent of one another, so one at a time decides.
"""

from typing import NamedTuple

from .finding import Finding, Undecided, finding, given
from .questions import Meeting, Question, meetings, question, questions
from .subject import Subject


def stricter(left: Subject, right: Subject) -> Finding | Undecided | None:
    """A finding at `left` if it is the stricter one; None if not, or if both are alike."""
    mine, theirs = questions(left), questions(right)
    if mine is None or theirs is None:
        return None
    common = meetings(left, right)
    if common is None:
        name = f"{left.form['name']} and {right.form['name']}"
        return Undecided("stricter", name, "inputs that differ, or too many combinations of facts")
    extra: tuple[Meeting, str, str] | None = None
    for meeting in common:
        here, there = _vetoes(left, meeting.left.off), _vetoes(right, meeting.right.off)
        if any(asked not in here or here[asked].spared > veto.spared
               for asked, veto in there.items()):  # fmt: skip
            return None
        for asked, veto in here.items():
            if extra is None and asked not in there:
                extra = meeting, veto.name, veto.broken
            elif extra is None and there[asked].spared > veto.spared:
                extra = meeting, veto.name, "not_applicable"
    return None if extra is None else _told(left, right, *extra)


class _Veto(NamedTuple):
    """A veto that applies: the verdict that breaks it, and whether a judge may call it not
    applicable."""

    name: str
    broken: str
    spared: bool


def _vetoes(subject: Subject, off: frozenset[str]) -> dict[Question, _Veto]:
    return {
        question(c): _Veto(
            c.id, "met" if c.polarity == "forbids" else "unmet", c.allows_not_applicable
        )
        for c in subject.rubric.tier("safety")
        if c.id not in off
    }


def _told(left: Subject, right: Subject, meeting: Meeting, name: str, verdict: str) -> Finding:
    count = len(right.rubric.tier("safety"))
    shared = "the veto of the other wherever it applies"
    if count > 1:
        shared = f"all {count} vetoes of the other wherever they apply"
    case = f" given {given(left.form, meeting.row)}" if meeting.row else ""
    reason = (
        f"it has {shared}; a response that is good but for "
        f"`{name}: {verdict}`{case} is safe by the other alone"
    )
    found = finding(
        left.form,
        "R0911",
        left.head,
        {"name": left.form["name"], "other": right.form["name"]},
        reason=reason,
    )
    found.evidence["witness"] = {"inputs": dict(meeting.row), "verdicts": {name: verdict}}
    return found
