"""L0201: a rubric that nothing in an answer can break."""

from collections.abc import Iterator

from .subject import Finding, Subject


def no_negative(subject: Subject) -> Iterator[Finding]:
    """A finding for a rubric with criteria, none of which forbids anything."""
    criteria = subject.rubric.criteria
    if criteria and not any(c.polarity == "forbids" or c.tier == "safety" for c in criteria):
        yield subject.finding("L0201", subject.head, {"name": subject.rubric.name})
