"""Examples against the checks: a sentence that is said to meet a criterion must pass its check."""

from .. import ir
from ..syntax import nodes as n
from .scope import Scope


def exemplars(scope: Scope, rubric: ir.Rubric) -> None:
    """Findings for examples that their own criterion's check decides the other way."""
    checked = [c for c in rubric.criteria if c.check is not None and c.origin.rubric == rubric.name]
    if not checked or scope.damaged:
        return
    from ..compact import compact_check
    from ..runtime.checks import Reading, check_holds

    places = {
        (clause.verdict, clause.text.value): clause
        for block in scope.tree.items
        if isinstance(block, n.TierBlock)
        for item in block.items
        if isinstance(item, n.CriterionItem | n.Override)
        for clause in item.clauses
        if isinstance(clause, n.Exemplar)
    }
    for criterion in checked:
        assert criterion.check is not None
        small = compact_check(criterion.check)
        for verdict, texts in (("met", criterion.met), ("unmet", criterion.unmet)):
            for text in texts:
                found = "met" if check_holds(small, Reading(text)) else "unmet"
                place = places.get((verdict, text))
                if found != verdict and place is not None:
                    scope.report("R0218", place, name=criterion.id, verdict=found)
