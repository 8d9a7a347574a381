"""L0107: levels whose anchors say only how good they are."""

import re
from collections.abc import Iterator

from ..syntax import nodes as n
from .subject import Finding, Subject

_GRADES = (
    "absent acceptable adequate average bad basic best complete completely excellent fair fully "
    "good great half high incomplete insufficient level low medium met moderate no none not ok "
    "okay partial partially partly perfect poor satisfactory some somewhat sufficient unacceptable "
    "unmet unsatisfactory very weak well worst yes"
)
_WORD = re.compile(r"\w+")


def empty_anchor(subject: Subject) -> Iterator[Finding]:
    """Anchors made of grades alone: two judges need not mean the same by `fair`."""
    grades = frozenset(_GRADES.split())
    for written in subject.written:
        for clause in written.item.clauses:
            if not isinstance(clause, n.LevelClause):
                continue
            words = _WORD.findall(clause.anchor.value.casefold())
            if all(word in grades or word.isdigit() for word in words):
                values = {"name": written.criterion.id, "anchor": clause.anchor.value}
                place = subject.span(clause.anchor)
                yield subject.finding("L0107", place, values, about=written)
