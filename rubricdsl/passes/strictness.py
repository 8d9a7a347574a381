"""What an active rubric owes its users, and what is good to have in any."""

from .. import ir
from ..syntax import nodes as n
from .scope import Placed, Scope

MOST_TOLD = 5
"""With more criteria that lack an example, the rubric as a whole is told."""


def strictness(scope: Scope, rubric: ir.Rubric) -> None:
    """Findings that follow from the status, and examples that are missing."""
    if scope.damaged:
        return
    if rubric.status == "active":
        _active(scope, rubric)
    if rubric.purpose == "training":
        _examples(scope, rubric)


def _active(scope: Scope, rubric: ir.Rubric) -> None:
    for veto in rubric.tier("safety"):
        if not veto.cites and veto.id not in scope.broken:
            scope.report("R0804", _place(scope, veto.id), name=veto.id)
    if not rubric.reviews:
        scope.report("R0805", scope.head)


def _examples(scope: Scope, rubric: ir.Rubric) -> None:
    """A judge is shown examples, and synthetic answers are made of them."""
    lacking: list[tuple[str, str, str]] = []
    for criterion in rubric.criteria:
        written = criterion.id in scope.places and criterion.origin.rubric == rubric.name
        if not written or criterion.id in scope.broken:
            continue
        wanted = [(f"level {x.level}", x.examples) for x in criterion.levels]
        if not criterion.levels:
            wanted = [("met", criterion.met), ("unmet", criterion.unmet)]
        missing = [word for word, there in wanted if not there]
        if missing:
            how = '`example "…"` behind the level' if criterion.levels else f'`{missing[0]} "…"`'
            listed = " or ".join(f"`{word}`" for word in missing)
            lacking.append((criterion.id, listed, how))
    if len(lacking) > MOST_TOLD:
        first = lacking[0][0]
        scope.report("R0224", _place(scope, first), name=first, more=len(lacking) - 1)
        return
    for name, listed, how in lacking:
        scope.report("R0217", _place(scope, name), name=name, missing=listed, how=how)


def _place(scope: Scope, criterion: str) -> Placed:
    """Where a criterion is written; the head of the file for an inherited one."""
    span = scope.places.get(criterion)
    return n.Name(criterion, span.start, span.end) if span else scope.head
