"""L0101: `and/or`."""

from collections.abc import Iterator

from .subject import Finding, Subject
from .wording import any_of, demands, own_words

_AND_OR = any_of(r"and ?/ ?or", r"or ?/ ?and")


def and_or(subject: Subject) -> Iterator[Finding]:
    """Texts that leave open whether one of two things is enough."""
    for written, text in demands(subject):
        for match in _AND_OR.finditer(own_words(text.value)):
            place = subject.phrase(text, *match.span())
            yield subject.finding("L0101", place, {"name": written.criterion.id}, about=written)
