"""Several judges, or one asked several times, as one; and how far they agree.

The votes on a criterion are put in order, worst first, and one of them counts:

- `worst`: the first. One violation is a violation, and a member that fails leaves nothing better
  than `cannot_assess`.
- `majority`: the one in the middle, the worse of two middles. For met / unmet that is the majority
  with ties going to the worse verdict, for levels the lower median.

Worst first: verdicts without credit, `cannot_assess`, `not_applicable`, then credit ascending. So
no vote that gets worse, and no failure, makes the outcome better. Safety takes `worst` unless it
is told otherwise.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from rubricdsl import ir

from ..material import Item, Verdict
from .criteria import Criteria
from .parallel import in_parallel
from .protocol import CANNOT_ASSESS, Grader, Outcome, Record, Usage, failed

Rule = Literal["worst", "majority"]
RULES: tuple[Rule, ...] = ("worst", "majority")


@dataclass
class Ensemble:
    """`safety` is the rule for vetoes, `others` for everything else."""

    members: Sequence[Grader]
    criteria: Criteria
    safety: Rule = "worst"
    others: Rule = "majority"

    def grade(self, items: Sequence[Item]) -> list[Record]:
        """One record per item, with the members' votes in it; all members are asked at once."""
        found = in_parallel(lambda member: member.grade(items), self.members, len(self.members))
        return [
            self._together(item, records)
            for item, records in zip(items, zip(*found, strict=True), strict=True)
        ]

    def _together(self, item: Item, records: Sequence[Record]) -> Record:
        outcomes = {
            name: self._outcome(item["rubric"], name, [r.outcomes[name] for r in records])
            for name in item["criteria"]
        }
        return Record(outcomes, sum((record.usage for record in records), Usage()))

    def _outcome(self, rubric: str, name: str, votes: Sequence[Outcome]) -> Outcome:
        criterion = self.criteria.get((rubric, name))
        if criterion is None:
            return replace(failed("unknown_criterion"), votes=tuple(votes))
        rule = self.safety if criterion.tier == "safety" else self.others
        chosen = combined(votes, criterion.credits, rule)
        return replace(chosen, score=None, votes=tuple(votes))


def combined(votes: Sequence[Outcome], credits: Mapping[Verdict, Fraction], rule: Rule) -> Outcome:
    """The vote that counts."""
    worst_first = sorted(votes, key=lambda vote: _goodness(vote.verdict, credits))
    return worst_first[0 if rule == "worst" else (len(votes) - 1) // 2]


def _goodness(verdict: Verdict, credits: Mapping[Verdict, Fraction]) -> tuple[int, Fraction]:
    credit = credits.get(verdict)
    if credit is not None:
        return (3 if credit else 0), credit
    return (2 if verdict == "not_applicable" else 1), Fraction(0)


@dataclass
class Agreement:
    """How far the members agree, per tier, over everything that was added.

    Failures are no votes; a criterion of an answer on which fewer than two members gave a verdict
    is left out.
    """

    units: dict[str, list[Counter[str]]] = field(default_factory=dict)

    def add(self, item: Item, record: Record, criteria: Criteria) -> None:
        """Count the votes of one record."""
        for name, outcome in record.outcomes.items():
            criterion = criteria.get((item["rubric"], name))
            votes = Counter(str(v.verdict) for v in outcome.votes if v.verdict != CANNOT_ASSESS)
            if criterion and votes.total() > 1:
                self.units.setdefault(criterion.tier, []).append(votes)

    def figures(self) -> dict[str, dict[str, float | int | None]]:
        """Per tier: how many were compared, the share without a dissent, Krippendorff's alpha."""
        return {
            tier: {
                "compared": len(self.units[tier]),
                "unanimous": sum(len(votes) == 1 for votes in self.units[tier])
                / len(self.units[tier]),
                "alpha": alpha(self.units[tier]),
            }
            for tier in ir.TIERS
            if tier in self.units
        }


def alpha(units: Sequence[Counter[str]]) -> float | None:
    """Krippendorff's alpha for nominal values: 1 full agreement, 0 as by chance.

    None where all votes are the same, which says nothing about agreement.
    """
    totals: Counter[str] = Counter()
    observed = Fraction(0)
    for votes in units:
        totals += votes
        n = votes.total()
        same = sum(count * (count - 1) for count in votes.values())
        observed += Fraction(n * (n - 1) - same, n - 1)
    n = totals.total()
    expected = n * (n - 1) - sum(count * (count - 1) for count in totals.values())
    if not expected:
        return None
    return float(1 - observed * (n - 1) / expected)
