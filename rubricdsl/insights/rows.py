"""Rows that show a case: with facts that are known, and with no more than brings it about."""

from collections.abc import Mapping
from typing import Any

from ..analysis.cases import Case, Cases
from ..runtime.conditions import holds, read_inputs
from ..runtime.form import CompactRubric
from ..runtime.verdicts import applies


def plain_first(form: CompactRubric, over: Cases) -> Cases:
    """The same cases; in each component those whose facts are all known come first, and of them
    those in which most applies."""
    kinds = {spec["id"]: spec["type"] for spec in form["inputs"]}
    components = []
    for part in over.components:
        names = {name for case in part for name in case.row}

        def unknown(case: Case, names: frozenset[str] = frozenset(names)) -> int:
            readable = (is_readable(kinds[name], value) for name, value in case.row.items())
            return len(names) - sum(readable)

        components.append(tuple(sorted(part, key=lambda c: (unknown(c), len(c.off), str(c.row)))))
    return over._replace(components=tuple(components))


def first(over: Cases) -> Cases:
    """The single case made of the first one of every component."""
    return over._replace(components=tuple((part[0],) for part in over.components))


def is_readable(kind: str, value: Any) -> bool:
    """Whether a value of a row made by the analysis is of its input's type."""
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, list) == kind.endswith("list")


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
