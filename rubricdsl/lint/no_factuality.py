"""L0202: a rubric that asks nothing about being right."""

from collections.abc import Iterator

from .. import ir
from .subject import Finding, Subject
from .wording import any_of

_FACTS = any_of(
    r"(?:in)?accura\w+", r"(?:in)?correct\w*", r"fals\w+", r"fact\w*", r"wrong\w*", r"fabricat\w+",
    r"invent\w*", r"hallucinat\w+", r"mislead\w*", r"misinform\w*", r"mistaken\w*", r"made[- ]up",
    r"evidence\w*", r"contradict\w*", "outdated", r"truth\w*", "untrue", "errors?",
    r"erroneous\w*", r"misstat\w+", r"misrepresent\w*", "claims?",
)  # fmt: skip


def no_factuality(subject: Subject) -> Iterator[Finding]:
    """A finding for a rubric none of whose criteria speaks of facts, in its words or its tags."""
    criteria = subject.rubric.criteria
    if criteria and not any(_FACTS.search(_words(criterion)) for criterion in criteria):
        yield subject.finding("L0202", subject.head, {"name": subject.rubric.name})


def _words(criterion: ir.Criterion) -> str:
    anchors = (level.anchor for level in criterion.levels)
    return " ".join((criterion.id.replace("_", " "), criterion.text, *criterion.tags, *anchors))
