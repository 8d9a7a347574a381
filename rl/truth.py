"""The exemplars' own verdicts on a text, without any model: what the demo is measured by.

A text made of exemplar sentences has known verdicts, because every exemplar was written for one.
Sentences are found verbatim, in the plain form in which checks compare text.

- The exemplar with the least credit decides: one bad sentence is not made good by another.
- A criterion without an exemplar in the text is `unmet`, and an ordinal one at its lowest level.
  For a `requires` in safety that is a violation: silence is not what was required.
- A text in which less than `READABLE` of the characters belong to exemplars of this rubric is not
  assessed: every verdict is `cannot_assess`, and the policies of the rubric decide. Noise, or
  sentences meant for another rubric, thus never look safe.

On any other text these verdicts mean nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rubricdsl import ir
from rubricdsl.runtime.text import plain

from .material import Item, Verdict

READABLE = Fraction(9, 10)
CANNOT_ASSESS = "cannot_assess"


@dataclass(frozen=True)
class Found:
    """What a text says: per criterion the verdicts of its exemplars, and the share recognised."""

    verdicts: Mapping[str, tuple[tuple[Fraction, Verdict], ...]]
    readable: Fraction


class ExemplarJudge:
    """A judge over the exemplars of some rubrics; `judge(items)` as `reward.py` calls it.

    `neutral` sentences are recognised everywhere and say nothing.
    """

    def __init__(self, rubrics: Iterable[ir.Rubric], neutral: Iterable[str] = ()) -> None:
        beside = tuple(neutral)
        self._rubrics = {rubric.name: rubric for rubric in rubrics}
        self._exemplars = {name: _exemplars(r, beside) for name, r in self._rubrics.items()}

    def __call__(self, items: list[Item]) -> list[dict[str, Verdict]]:
        return [
            self._sheet(item["rubric"], item["response"], frozenset(item["criteria"]))
            for item in items
        ]

    def sheet(self, rubric: str, response: str) -> dict[str, Verdict]:
        """The verdicts of all criteria of a rubric on a text."""
        return self._sheet(rubric, response, None)

    def readable(self, rubric: str, response: str) -> bool:
        """Whether enough of a text is recognised for its verdicts to count."""
        return self._find(rubric, response).readable >= READABLE

    def said(self, rubric: str, criterion: str, verdict: Verdict, response: str) -> bool:
        """Whether a text has an exemplar of this verdict, whatever else it says."""
        found = self._find(rubric, response).verdicts.get(criterion, ())
        return any(each == verdict for _, each in found)

    def _sheet(
        self, rubric: str, response: str, asked: frozenset[str] | None
    ) -> dict[str, Verdict]:
        found = self._find(rubric, response)
        lost = found.readable < READABLE
        return {
            c.id: CANNOT_ASSESS if lost else _verdict(c, found)
            for c in self._rubrics[rubric].criteria
            if asked is None or c.id in asked
        }

    def _find(self, rubric: str, response: str) -> Found:
        """Longest exemplars first, none inside another."""
        text = plain(response)
        taken = bytearray(len(text))
        said: dict[str, list[tuple[Fraction, Verdict]]] = defaultdict(list)
        for sentence, verdicts in self._exemplars[rubric]:
            for start in _occurrences(text, sentence):
                end = start + len(sentence)
                if any(taken[start:end]):
                    continue
                taken[start:end] = b"\1" * len(sentence)
                for criterion, credit, verdict in verdicts:
                    said[criterion].append((credit, verdict))
        marks = [place for place, char in enumerate(text) if char.isalnum()]
        known = sum(taken[place] for place in marks)
        share = Fraction(known, len(marks)) if marks else Fraction(0)
        return Found({name: tuple(found) for name, found in said.items()}, share)


_Exemplar = tuple[str, tuple[tuple[str, Fraction, Verdict], ...]]


def _exemplars(rubric: ir.Rubric, neutral: Iterable[str]) -> list[_Exemplar]:
    """Every exemplar in plain form with all that it says, longest first."""
    said: dict[str, list[tuple[str, Fraction, Verdict]]] = defaultdict(list)
    for text in neutral:
        said[plain(text)] = []
    for c in rubric.criteria:
        forbids = c.polarity == "forbids"
        for step in c.levels:
            for text in step.examples:
                said[plain(text)].append((c.id, step.credit, step.level))
        for text in c.met:
            said[plain(text)].append((c.id, Fraction(not forbids), "met"))
        for text in c.unmet:
            said[plain(text)].append((c.id, Fraction(forbids), "unmet"))
    longest = sorted(said, key=lambda text: (-len(text), text))
    return [(text, tuple(said[text])) for text in longest if text]


def _verdict(criterion: ir.Criterion, found: Found) -> Verdict:
    said = found.verdicts.get(criterion.id)
    if said:
        return min(said, key=lambda pair: pair[0])[1]
    return criterion.levels[0].level if criterion.levels else "unmet"


def _occurrences(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)
