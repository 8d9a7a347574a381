"""L0103: words that leave the decision to the judge."""

import re
from collections.abc import Iterator

from .subject import Finding, Subject
from .wording import any_of, demands, own_words

_NEEDS = (
    "sleep|rest|hydration|nutrition|food|fluids?|water|calories|intake|calcium|protein|fib(?:er|re)|"
    "ventilation|oxygen(?:ation)?|blood|pain|perfusion"
)
_VAGUE = any_of(
    "(?:where|when|if) (?:appropriate|applicable|suitable|indicated)",
    "as (?:appropriate|needed|necessary)(?= *[,.;]| *$)",
    r"(?<!is )(?<!are )(?<!be )(?:"
    r"(?<!age-)(?<!age )(?<!as )appropriate(?:ly)?(?! for)"
    rf"|(?:adequate|sufficient)(?:ly)?(?! (?:{_NEEDS})\b)"
    "|suitabl[ey](?! for)"
    "|(?<!get )properly"
    "|reasonabl[ey]"
    "|satisfactor(?:y|ily)"
    "|ideally"
    "|or similar)",
)

_EXPLAINED = re.compile(
    r"[^.;]{0,60}(?:[(:]|\bi\.e\.|\bsuch as\b|\bincluding\b|\bnamely\b|\bwhich is\b)", re.IGNORECASE
)


def vague(subject: Subject) -> Iterator[Finding]:
    """The first such word of every text, in what it asks; not in what an answer is to say, and not
    where the text goes on to say what the word means."""
    for written, text in demands(subject):
        match = _VAGUE.search(own_words(text.value))
        if match is not None and not _EXPLAINED.match(text.value, match.end()):
            place = subject.phrase(text, *match.span())
            values = {"name": written.criterion.id, "word": match[0].lower()}
            yield subject.finding("L0103", place, values, about=written)
