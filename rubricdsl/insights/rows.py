"""Rows with no more in them than brings their case about."""

from collections.abc import Mapping
from typing import Any

from ..runtime.conditions import holds, read_inputs
from ..runtime.form import CompactRubric
from ..runtime.verdicts import applies

Outcome = tuple[frozenset[str], frozenset[str]]


def fewest(form: CompactRubric, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without the inputs on which nothing hangs."""
    kept, wanted = dict(row), _outcome(form, row)
    for name in row:
        without = {other: value for other, value in kept.items() if other != name}
        if _outcome(form, without) == wanted:
            kept = without
    return kept


def _outcome(form: CompactRubric, row: Mapping[str, Any]) -> Outcome:
    """What is set aside, and which profiles are true."""
    facts = read_inputs(form["inputs"], row)
    off = frozenset(c["id"] for c in form["criteria"] if not applies(c, facts))
    true = frozenset(
        p["id"]
        for p in form["profiles"]
        if p["when"] is not None and holds(p["when"], facts) is True
    )
    return off, true
