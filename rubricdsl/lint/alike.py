"""L0203 to L0206: two criteria of which one says what the other says, or its opposite."""

from collections.abc import Iterator

from .. import ir
from ..diagnostics import Label
from .similar import Gist, Pair, alike, gist
from .subject import Finding, Subject
from .wording import sentences


def twice(subject: Subject) -> Iterator[Finding]:
    """Pairs of criteria that are alike and apply in the same cases, one of them written here.

    The one that comes later has the finding: said twice, opposite of each other, said twice in
    opposite words, and perhaps opposite.
    """
    here = {written.criterion.id: written for written, _ in sentences(subject)}
    criteria = [c for c in subject.rubric.criteria if c.id not in here]
    criteria += [written.criterion for written in here.values()]
    gists = [gist(criterion.text) for criterion in criteria]
    for pair in alike(gists):
        one, other = criteria[pair.earlier], criteria[pair.later]
        if other.id not in here or one.when != other.when:
            continue
        code = _code(pair, gists[pair.earlier], gists[pair.later], one, other)
        if code:
            values = {"name": other.id, "other": one.id}
            place = subject.checked.places.get(one.id, subject.head)
            found = subject.finding(
                code,
                subject.span(here[other.id].item.name),
                values,
                labels=[Label(place, "the other one")],
            )
            yield found._replace(is_safety="safety" in (one.tier, other.tier))


def _code(pair: Pair, one: Gist, other: Gist, mine: ir.Criterion, theirs: ir.Criterion) -> str:
    """The code of a pair; empty where too much differs to say."""
    same_polarity = mine.polarity == theirs.polarity
    if one.negations == other.negations:
        if same_polarity:
            return "L0203"
        return "L0204" if one.text == other.text else "L0206"
    if bool(one.negations) == bool(other.negations) or not pair.same:
        return ""
    return "L0206" if same_polarity else "L0205"
