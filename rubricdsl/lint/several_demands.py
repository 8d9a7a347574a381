"""L0102: one criterion that asks for several things."""

import re
from collections.abc import Iterator

from .subject import Finding, Subject
from .wording import plain, sentences

# What an answer does, as criteria say it. Words that are as often a plural (`lists`, `notes`,
# `reports`, `uses`, `states`) are left out behind `and`.
_VERBS = (
    "acknowledges|advises|asks|avoids|clarifies|describes|discourages|discusses|emphasises|"
    "emphasizes|encourages|explains|expresses|gives|identifies|includes|informs|inquires|"
    "instructs|mentions|offers|outlines|provides|reassures|recommends|reminds|says|suggests|tells|"
    "urges|warns"
)
_FIRST = rf"(?:{_VERBS}|highlights|indicates|lists|makes|notes|specifies|states|uses)"
_ADVERB = r"(?:\w+ly |also |then |instead |briefly )?"
_BEGINS = re.compile(rf"\s*{_ADVERB}{_FIRST}\b", re.IGNORECASE)
_GOES_ON = re.compile(rf"(?:,| and|;|\.)\s+(?:and )?{_ADVERB}({_VERBS})\b", re.IGNORECASE)
_SUBORDINATE = re.compile(
    r"\b(?:that|which|who|how|whether|what|why|when|if|because|or|nor|either)\b", re.IGNORECASE
)
MOST_LOOKED_AT = 2_000
"""Characters of a sentence; a longer one asks for several things in any case."""


def several_demands(subject: Subject) -> Iterator[Finding]:
    """Sentences in which a second verb asks for a second thing, to be judged yes or no at once."""
    for written, text in sentences(subject):
        match = None if written.criterion.levels else _second(plain(text.value[:MOST_LOOKED_AT]))
        if match is not None:
            place = subject.phrase(text, *match.span(1))
            values = {"name": written.criterion.id}
            label = "a second demand"
            yield subject.finding("L0102", place, values, about=written, label=label)


def _second(text: str) -> re.Match[str] | None:
    """The verb of the second demand, where the first one is no clause within a clause."""
    begins = _BEGINS.match(text)
    if begins is None:
        return None
    for match in _GOES_ON.finditer(text, begins.end()):
        between = text[begins.end() : match.start()]
        clause = between[max(between.rfind(sign) for sign in ",;.") + 1 :]
        joined = match[0][0] in ".;" or "and" in match[0].lower().split()
        if joined and not _SUBORDINATE.search(clause):
            return match
    return None
