"""Everything that is said about one rubric."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .conditions import conditions
from .figures import Figures, figures
from .finding import Finding, Undecided
from .never_decides import never_decides
from .profiles import profiles
from .reward_blind import reward_blind
from .steps_unreached import steps_unreached
from .subject import Subject

QUESTIONS: tuple[Callable[[Subject], Iterator[Finding | Undecided]], ...] = (
    conditions,
    never_decides,
    steps_unreached,
    reward_blind,
    profiles,
)


@dataclass(frozen=True)
class Insights:
    """The findings of one rubric, what was given up, and its figures."""

    subject: Subject
    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    figures: Figures


def analyze(subject: Subject) -> Insights:
    """All findings of a rubric, in the order of its text, and its figures."""
    found = [each for question in QUESTIONS for each in question(subject)]
    findings = [each for each in found if isinstance(each, Finding)]
    return Insights(
        subject,
        tuple(sorted(findings, key=lambda f: (f.diagnostic.span.start, f.diagnostic.code))),
        tuple(each for each in found if isinstance(each, Undecided)),
        figures(subject),
    )
