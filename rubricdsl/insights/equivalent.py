"""Whether two rubrics that ask the same put all answers in the same order."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..analysis.cases import Case, Cases
from ..analysis.reach import weightings
from ..analysis.sums import Item
from ..runtime.evaluate import evaluate
from ..runtime.form import CompactCriterion
from . import same_order as orders
from .finding import Finding, Undecided, finding, given
from .questions import Meeting, meetings, questions
from .subject import Subject

MAX_SHEETS = 256
"""Sheets tried in one row to find two that change places."""

Sheet = dict[str, str | int]


class Scored(NamedTuple):
    """A sheet with its keys by the one and by the other rubric."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    sheet: tuple[tuple[str, str | int], ...]


def equivalent(left: Subject, right: Subject) -> Finding | Undecided | None:
    """What is said of two rubrics with the same questions; None if they do not have them."""
    mine, theirs = questions(left), questions(right)
    if mine is None or theirs is None or mine.keys() != theirs.keys():
        return None
    names = {name: theirs[asked] for asked, name in mine.items()}
    about = f"{left.form['name']} and {right.form['name']}"
    common = meetings(left, right)
    if common is None:
        return Undecided("equivalent", about, "inputs that differ, or too many cases")
    for meeting in common:
        pair = _change_places(left, right, names, meeting)
        if pair is not None:
            return _differ(left, right, meeting, pair)
    if not all(_alike(left, right, names, meeting) for meeting in common):
        return Undecided("equivalent", about, "neither proved nor refuted")
    many = "" if len(common) == 1 else "s"
    reason = f"{len(common)} case{many} looked at, and all sums of both in each"
    values = {"name": left.form["name"], "other": right.form["name"]}
    return finding(left.form, "R0910", left.head, values, reason=reason)


def _change_places(
    left: Subject, right: Subject, names: Mapping[str, str], meeting: Meeting
) -> tuple[Scored, Scored] | None:
    """Two sheets that come in another order, or tie on one side alone."""
    found = []
    for sheet in itertools.islice(_sheets(left), MAX_SHEETS):
        key = evaluate(left.form, sheet, meeting.row)["key"]
        renamed: dict[str, Any] = {names[name]: verdict for name, verdict in sheet.items()}
        other = evaluate(right.form, renamed, meeting.row)["key"]
        if key is not None and other is not None:
            found.append(Scored(key, other, tuple(sheet.items())))
    found.sort(key=lambda each: (each.left, each.right))
    for low, high in itertools.pairwise(found):
        same = low.left == high.left, low.right == high.right
        if same != (True, True) and not (low.left < high.left and low.right < high.right):
            return low, high
    return None


def _sheets(subject: Subject) -> Iterator[Sheet]:
    """Sheets as good or as bad as can be in each tier, and the same with one answer turned
    or missing."""
    criteria = subject.form["criteria"]
    corners = [
        {c["id"]: _ends(c)[places[c["tier"]]] for c in criteria}
        for places in itertools.product((1, 0), repeat=3)
    ]
    yield from corners
    for corner in (corners[0], corners[3], corners[1], corners[7]):
        for c in criteria:
            low, high = _ends(c)
            yield {**corner, c["id"]: low if corner[c["id"]] == high else high}
            yield {**corner, c["id"]: "not_applicable"}
            yield {**corner, c["id"]: "cannot_assess"}


def _ends(criterion: CompactCriterion) -> tuple[str | int, str | int]:
    levels = criterion["credits"]
    if levels is not None:
        return 0, len(levels) - 1
    return ("met", "unmet") if criterion["forbids"] else ("unmet", "met")


def _alike(left: Subject, right: Subject, names: Mapping[str, str], meeting: Meeting) -> bool:
    """Whether it follows from the parts that both orders are the same in one row."""
    mine = [c for c in left.form["criteria"] if c["id"] not in meeting.left.off]
    others = {c["id"]: c for c in right.form["criteria"] if c["id"] not in meeting.right.off}
    if {names[c["id"]] for c in mine} != others.keys():
        return False
    for criterion in mine:
        other = others[names[criterion["id"]]]
        if (criterion["tier"], criterion["na"]) != (other["tier"], other["na"]):
            return False
    tiers = {c["tier"] for c in mine}
    if any(left.form["policies"][tier] != right.form["policies"][tier] for tier in tiers):
        return False
    # Which severities there are does not matter, but which come before which.
    ranks = sorted({(c["severity"], others[names[c["id"]]]["severity"])
                    for c in mine if c["severity"] is not None})  # fmt: skip
    if any(a[0] == b[0] or not _less(a[1], b[1]) for a, b in itertools.pairwise(ranks)):
        return False
    return _same_shares(left, right, names, meeting)


def _less(a: int | None, b: int | None) -> bool:
    return a is not None and b is not None and a < b


def _same_shares(left: Subject, right: Subject, names: Mapping[str, str], meeting: Meeting) -> bool:
    mine, theirs = _items(left, meeting.left.weights), _items(right, meeting.right.weights)
    renamed = {name: theirs[names[name]] for name in mine}
    if any(len(mine[name].gains) != len(renamed[name].gains) for name in mine):
        return False
    single = Cases(((Case({}, meeting.left.off, frozenset()),),), True)
    same = orders.same_order(
        orders.Side(mine, left.form["steps"]), orders.Side(renamed, right.form["steps"]), single
    )
    return same is True


def _items(subject: Subject, weights: tuple[tuple[str, int], ...]) -> Mapping[str, Item]:
    """The weighed criteria under the weights in force."""
    wanted = dict(weights)
    return next(r.proficiency for r in weightings(subject.form) if r.weights == wanted)


def _differ(
    left: Subject, right: Subject, meeting: Meeting, pair: tuple[Scored, Scored]
) -> Finding:
    low, high = pair
    name, other = left.form["name"], right.form["name"]
    lines = [f"given {given(left.form, meeting.row)}"] if meeting.row else []
    for title, mine, rest in (("one  ", low, high), ("other", high, low)):
        other_verdicts = dict(rest.sheet)
        differs = [f"{n}: {v}" for n, v in mine.sheet if other_verdicts[n] != v]
        alike = "  the rest alike" if len(differs) < len(mine.sheet) else ""
        words = "  ".join(differs)
        lines.append(f"{title} {{ {words}{alike} }} keys {mine.left} and {mine.right}")
    found = finding(left.form, "R0912", left.head, {"name": name, "other": other}, lines=lines)
    found.evidence["witness"] = {
        "inputs": dict(meeting.row),
        "samples": [
            {"verdicts": dict(each.sheet), "keys": [list(each.left), list(each.right)]}
            for each in pair
        ],
    }
    return found
