"""L0105: criteria that longer answers meet more easily."""

import re
from collections.abc import Iterator

from .. import ir
from ..syntax import nodes as n
from .subject import Finding, Subject
from .wording import own_words, sentences

_GIVES = "(?:provid|giv|offer|includ|present|contain|writ|deliver|generat)(?:e|es|s)?"
_MUCH = "(?:detailed|comprehensive|thorough|in-depth|extensive|exhaustive|lengthy|elaborate)"
_SAID = (
    "(?:explanations?|descriptions?|answers?|responses?|overviews?|summar(?:y|ies)|discussions?|"
    "information|guidance|instructions?|accounts?|advice|lists?|details?|breakdowns?|outlines?|"
    "recommendations?|analys[ei]s|reply|replies)"
)
_TELLS = "(?:explain|describe|discusse?|elaborate|addresse?|cover|outline|answer)s?"
# A few words may stand between; each gap is short, so that the search stays linear.
_ASKED = re.compile(
    rf"\b(?:{_GIVES} (?:an? |the |accurate |clear |well-organized |\w+ and |\w+ly ){{0,3}}"
    rf"{_MUCH}(?: and \w+|, \w+(?:,? and \w+)?)? (?:\w+ )?{_SAID}"
    rf"|{_TELLS},?(?: \w+){{0,6}},? (?:in (?:great |more |full )?detail|in depth|at length)"
    rf"|(?:comprehensively|thoroughly|exhaustively) (?:\w+ and )?{_TELLS}"
    r"|(?:at least|more than|over) \w+ (?:words|sentences|paragraphs|pages))\b",
    re.IGNORECASE,
)
_SHORT = re.compile(r"\b(?:too|overly) (?:short|brief|concise)\b|\black(?:s|ing)? detail", re.I)
_LACK = re.compile(r"\b(?:not|no|lack\w*|without|fails?|neglects?|doesn't|don't)\b", re.IGNORECASE)


def rewards_length(subject: Subject) -> Iterator[Finding]:
    """Sentences that ask for much in place of something, and checks that count words upwards."""
    for written, text in sentences(subject):
        shown = own_words(text.value)
        forbids = written.criterion.polarity == "forbids"
        match = _ASKED.search(shown)
        if match is not None and forbids != bool(_LACK.search(shown[: match.start()])):
            match = None
        if match is None and forbids:
            match = _SHORT.search(shown)
        if match is not None:
            place = subject.phrase(text, *match.span())
            yield subject.finding("L0105", place, {"name": written.criterion.id}, about=written)
    for written in subject.written:
        clause = next((c for c in written.item.clauses if isinstance(c, n.CheckClause)), None)
        if clause is not None and _counts_up(written.criterion):
            place = subject.span(clause)
            yield subject.finding("L0105", place, {"name": written.criterion.id}, about=written)


def _counts_up(criterion: ir.Criterion) -> bool:
    """Whether more words alone can turn the check to the good side."""
    check = criterion.check
    if not isinstance(check, ir.Words):
        return False
    return check.op in ((">", ">=") if criterion.polarity == "requires" else ("<", "<="))
