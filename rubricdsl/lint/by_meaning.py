"""R0901 to R0904, R0908, R0909: what `analyze` finds that never decides anything."""

from collections.abc import Iterator

from ..insights.conditions import conditions
from ..insights.finding import Finding as Insight
from ..insights.never_decides import never_decides
from ..insights.profiles import profiles
from ..insights.subject import subject as insight_subject
from .subject import Finding, Subject

CODES = ("R0901", "R0902", "R0903", "R0904", "R0908", "R0909")
"""Of what these questions find, the warnings."""


def by_meaning(subject: Subject) -> Iterator[Finding]:
    """Conditions that are always or never true, weights that never matter, idle profiles."""
    rubric = subject.rubric
    if not (any(c.when for c in rubric.criteria) or rubric.profiles or _is_weighed(subject)):
        return
    whole = insight_subject(subject.checked)
    assert whole is not None  # the rubric has no errors
    for question in (conditions, never_decides, profiles):
        for found in question(whole):
            if isinstance(found, Insight):
                yield Finding(found.diagnostic)


def _is_weighed(subject: Subject) -> bool:
    return any(criterion.tier == "proficiency" for criterion in subject.rubric.criteria)
