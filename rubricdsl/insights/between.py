"""Which rubrics are compared with which, and what comes of it."""

from collections.abc import Callable, Iterator, Sequence

from .equivalent import equivalent
from .finding import Finding, Undecided
from .questions import Question, question, questions
from .stricter import stricter
from .subject import Subject

MAX_PAIRS = 2_000
"""Pairs looked at of each kind; real collections have far fewer with anything in common."""

Compare = Callable[[Subject, Subject], Finding | Undecided | None]


def between(subjects: Sequence[Subject]) -> Iterator[Finding | Undecided]:
    """Findings about pairs: rubrics that ask the same, and rubrics of which one has all vetoes of
    the other."""
    yield from _limited(_asking_the_same(subjects), equivalent, "equivalent")
    yield from _limited(_with_all_vetoes(subjects), stricter, "stricter")


Pairs = Iterator[tuple[Subject, Subject]]


def _limited(pairs: Pairs, compare: Compare, kind: str) -> Iterator[Finding | Undecided]:
    for number, pair in enumerate(pairs):
        if number == MAX_PAIRS:
            yield Undecided(kind, "all rubrics", f"more than {MAX_PAIRS:,} pairs")
            return
        found = compare(*pair)
        if found is not None:
            yield found


def _asking_the_same(subjects: Sequence[Subject]) -> Pairs:
    groups: dict[frozenset[Question], list[Subject]] = {}
    for subject in subjects:
        asked = questions(subject)
        if asked:
            groups.setdefault(frozenset(asked), []).append(subject)
    for group in groups.values():
        for place, later in enumerate(group):
            for earlier in group[:place]:
                yield later, earlier


def _with_all_vetoes(subjects: Sequence[Subject]) -> Pairs:
    """Pairs of which the first has a veto for every veto of the second."""
    holders: dict[Question, list[int]] = {}
    for place, subject in enumerate(subjects):
        for veto in subject.rubric.tier("safety"):
            holders.setdefault(question(veto), []).append(place)
    for place, subject in enumerate(subjects):
        vetoes = subject.rubric.tier("safety")
        if vetoes:
            common = set.intersection(*(set(holders[question(veto)]) for veto in vetoes))
            for other in sorted(common - {place}):
                yield subjects[other], subject
