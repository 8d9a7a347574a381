"""Examples against the checks: a sentence that is said to meet a criterion must pass its check."""

from collections.abc import Iterator

from .. import ir
from ..syntax import nodes as n
from .scope import Placed, Scope


def exemplars(scope: Scope, rubric: ir.Rubric) -> None:
    """Findings for examples that their own criterion's check decides the other way."""
    written = {(name, verdict, text): node for name, verdict, text, node in _written(scope)}
    names = {name for name, _, _ in written} | {
        item.name.text for item in _items(scope) if isinstance(item, n.Override)
    }
    checked = [c for c in rubric.criteria if c.check is not None and c.id in names]
    if not checked or scope.damaged:
        return
    from ..compact import compact_check
    from ..runtime.checks import Reading, check_holds

    for criterion in checked:
        if criterion.check is None:
            continue
        small = compact_check(criterion.check)
        for verdict, texts in (("met", criterion.met), ("unmet", criterion.unmet)):
            for text in texts:
                found = "met" if check_holds(small, Reading(text)) else "unmet"
                if found != verdict:
                    place = written.get((criterion.id, verdict, text))
                    here = scope.places[criterion.id]
                    node = place or n.Name(criterion.id, here.start, here.end)
                    scope.report("R0218", node, name=criterion.id, verdict=found)


def _written(scope: Scope) -> Iterator[tuple[str, str, str, Placed]]:
    for item in _items(scope):
        for clause in item.clauses:
            if isinstance(clause, n.Exemplar):
                yield item.name.text, clause.verdict, clause.text.value, clause


def _items(scope: Scope) -> Iterator[n.CriterionItem | n.Override]:
    for block in scope.tree.items:
        if isinstance(block, n.TierBlock):
            for item in block.items:
                if isinstance(item, n.CriterionItem | n.Override):
                    yield item
