"""L0106: `forbids` what is not done."""

import re
from collections.abc import Iterator

from .subject import Finding, Subject
from .wording import sentences

_NOT = re.compile(
    r"\s*(?:\w+ly )?(fails? to|does not|doesn't|do not|don't|neglects to|omits|lacks|never)\b",
    re.IGNORECASE,
)


def double_negative(subject: Subject) -> Iterator[Finding]:
    """Sentences of `forbids` that begin with what is left out."""
    for written, text in sentences(subject):
        match = _NOT.match(text.value)
        if match is not None and written.criterion.polarity == "forbids":
            place = subject.phrase(text, *match.span(1))
            values = {"name": written.criterion.id, "words": match[1].lower()}
            yield subject.finding("L0106", place, values, about=written)
