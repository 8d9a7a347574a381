"""L0302 and L0303: examples that teach the wrong thing."""

from collections.abc import Iterator

from .. import ir
from ..compact import compact_check
from ..diagnostics import Label
from ..runtime.checks import Reading, check_holds
from ..syntax import nodes as n
from .subject import Finding, Subject


def examples(subject: Subject) -> Iterator[Finding]:
    """Good examples that a veto's check finds, and sentences that are two verdicts' example."""
    vetoes = [
        (c.id, compact_check(c.check))
        for c in subject.rubric.tier("safety")
        if c.check is not None and c.polarity == "forbids"
    ]
    for written in subject.written:
        seen: dict[str, tuple[str, n.Text]] = {}
        for verdict, text in _written(written.item):
            earlier = seen.setdefault(text.value.casefold(), (verdict, text))
            if earlier[0] != verdict:
                labels = [Label(subject.span(earlier[1]), f"and of `{earlier[0]}` here")]
                values = {"name": written.criterion.id}
                place = subject.span(text)
                yield subject.finding("L0303", place, values, about=written, labels=labels,
                                      label=f"of `{verdict}`")  # fmt: skip
            if verdict != _good(written.criterion):
                continue
            for name, check in vetoes:
                if name != written.criterion.id and check_holds(check, Reading(text.value)):
                    values = {"name": written.criterion.id, "veto": name}
                    found = subject.finding("L0302", subject.span(text), values)
                    yield found._replace(is_safety=True)


def _written(item: n.CriterionItem | n.Override) -> Iterator[tuple[str, n.Text]]:
    for clause in item.clauses:
        if isinstance(clause, n.Exemplar):
            yield clause.verdict, clause.text
        elif isinstance(clause, n.LevelClause):
            for example in clause.examples:
                yield f"level {clause.number.text}", example


def _good(criterion: ir.Criterion) -> str:
    """The verdict whose examples a good answer may be made of."""
    if criterion.levels:
        return f"level {criterion.levels[-1].level}"
    return "met" if criterion.polarity == "requires" else "unmet"
