"""L0203 to L0206: two criteria of which one says what the other says, or its opposite."""

from collections.abc import Iterator

from ..diagnostics import Label
from .similar import Gist, Pair, alike, gist
from .subject import Finding, Subject, Written
from .wording import sentences


def twice(subject: Subject) -> Iterator[Finding]:
    """Pairs of criteria that are alike and apply in the same cases.

    The one that comes later has the finding: said twice, said twice in opposite words, opposite of
    each other, and perhaps opposite.
    """
    listed = [written for written, _ in sentences(subject)]
    gists = [gist(text.value) for _, text in sentences(subject)]
    for pair in alike(gists):
        one, other = listed[pair.earlier], listed[pair.later]
        if one.criterion.when != other.criterion.when:
            continue
        code = _code(pair, gists[pair.earlier], gists[pair.later], one, other)
        if code:
            values = {"name": other.criterion.id, "other": one.criterion.id}
            first, second = subject.span(one.item.name), subject.span(other.item.name)
            safe = next((w for w in (other, one) if w.is_safety), None)
            labels = [Label(first, "the other one")]
            yield subject.finding(code, second, values, about=safe, labels=labels)


def _code(pair: Pair, one: Gist, other: Gist, mine: Written, theirs: Written) -> str:
    """The code of a pair; empty where too much differs to say."""
    same_polarity = mine.criterion.polarity == theirs.criterion.polarity
    if one.negations == other.negations:
        if same_polarity:
            return "L0203"
        return "L0204" if one.text == other.text else "L0206"
    if bool(one.negations) == bool(other.negations) or not pair.same:
        return ""
    return "L0206" if same_polarity else "L0205"
