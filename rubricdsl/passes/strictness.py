"""What an active rubric owes its users, and what is good to have in any."""

from .. import ir
from ..syntax import nodes as n
from .scope import Placed, Scope


def strictness(scope: Scope, rubric: ir.Rubric) -> None:
    """Findings that follow from the status, and examples that are missing."""
    if rubric.status == "active":
        _active(scope, rubric)
    if rubric.purpose == "training" and not scope.damaged:
        _examples(scope, rubric)


def _active(scope: Scope, rubric: ir.Rubric) -> None:
    for veto in rubric.tier("safety"):
        if not veto.cites:
            scope.report("R0804", _place(scope, veto.id), name=veto.id)
    if not rubric.reviews and scope.tree.header is not None:
        scope.report("R0805", scope.tree.header)


def _examples(scope: Scope, rubric: ir.Rubric) -> None:
    """A judge is shown examples, and synthetic answers are made of them."""
    for criterion in rubric.criteria:
        if criterion.id not in scope.places or criterion.origin.rubric != rubric.name:
            continue
        wanted = [(f"`level {x.level}`", x.examples) for x in criterion.levels]
        if not criterion.levels:
            wanted = [("`met`", criterion.met), ("`unmet`", criterion.unmet)]
        missing = " and ".join(word for word, there in wanted if not there)
        if missing:
            hint = 'write `example "…"` behind the level' if criterion.levels else None
            place = _place(scope, criterion.id)
            scope.report("R0217", place, name=criterion.id, missing=missing, hint=hint)


def _place(scope: Scope, criterion: str) -> Placed:
    span = scope.places.get(criterion)
    return n.Name(criterion, span.start, span.end) if span else n.Name("", 0, 1)
