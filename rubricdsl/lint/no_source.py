"""L0301: a veto that names no source."""

from collections.abc import Iterator

from .subject import Finding, Subject


def no_source(subject: Subject) -> Iterator[Finding]:
    """Vetoes of this file without `cites`. An active rubric has none: there it is an error."""
    for written in subject.written:
        if written.is_safety and not written.criterion.cites:
            place = subject.span(written.item.name)
            yield subject.finding("L0301", place, {"name": written.criterion.id}, about=written)
