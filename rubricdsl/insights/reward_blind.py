"""Criteria that the order tells apart and the reward never shows, as its factor for them is 0."""

from collections.abc import Iterator

from ..analysis.cases import Cases
from ..analysis.reach import reach
from ..analysis.samples import Key, reward_of_key
from ..runtime.form import CompactCriterion
from ..runtime.shapes import points_for
from .finding import Finding, Undecided, finding
from .subject import Subject, noun, where

SHOWN = 5
_FACTORS = ("safety", "proficiency", "excellence")


def reward_blind(subject: Subject) -> Iterator[Finding | Undecided]:
    """One finding with every criterion that applies in some case and never changes the reward.

    Weights lost on the grid have a finding of their own.
    """
    if not subject.over.exact:
        yield Undecided(
            "reward-blind", subject.form["name"], "conditions with too many combinations"
        )
        return
    unseen = [
        criterion
        for criterion in subject.form["criteria"]
        if (there := where(subject.over, criterion["id"])) is not None
        and not _sees(subject, criterion, there)
    ]
    if unseen:
        names = [f"`{criterion['id']}`" for criterion in unseen]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        nouns = {noun(criterion) for criterion in unseen}
        values = {
            "shape": subject.form["reward"]["shape"],
            "what": f"{len(unseen)} {_plural(nouns, len(unseen))}",
        }
        reason = f"never seen: {', '.join(names[:SHOWN])}{more}"
        found = finding(subject.form, "R0907", subject.reward, values, reason=reason)
        found.evidence["criteria"] = [criterion["id"] for criterion in unseen]
        yield found


def _plural(nouns: set[str], count: int) -> str:
    if len(nouns) > 1:
        return "criteria"
    many = {"veto": "vetoes", "criterion": "criteria", "bonus": "bonuses"}
    noun = next(iter(nouns))
    return noun if count == 1 else many[noun]


def _sees(subject: Subject, criterion: CompactCriterion, there: Cases) -> bool:
    """Whether two sheets that differ in this criterion can have different rewards."""
    shape = subject.form["reward"]["shape"]
    if shape == "weighted":
        # Each tier has a factor; with one above 0 its share shows, as far as the grid lets it.
        factor = subject.form["reward"]["params"].get(_FACTORS[criterion["tier"]], [1, 1])
        return factor[0] != 0
    if shape in ("healthbench", "rar"):
        return _gives_points(subject, criterion, there)
    if shape == "centred" or criterion["tier"] == 1:
        return True
    return any(_in_key(subject, place, criterion) for place in range(len(subject.places)))


def _in_key(subject: Subject, place: int, criterion: CompactCriterion) -> bool:
    """A violation or a bonus more, where least is earned otherwise and no clip hides it."""
    weighed, over = subject.places[place]
    there = where(over, criterion["id"])
    if there is None:
        return False
    severity = criterion["severity"]

    def shows(step: int) -> bool:
        clean: Key = (0, 0, 0, step, 0)
        other: Key = (0, 0, 0, step, 1)
        if severity is not None:
            other = (-(severity == 0), -(severity == 1), -(severity == 2), step, 0)
        return reward_of_key(weighed, clean) != reward_of_key(weighed, other)

    # Most is clipped at the last step: what shows there always does, what is hidden at the first
    # never does.
    if shows(weighed.form["steps"]) or not shows(0):
        return shows(0)
    return shows(reach(weighed, there).bins[0])


def _gives_points(subject: Subject, criterion: CompactCriterion, there: Cases) -> bool:
    """Points for it, in a case in which the score has a divisor."""
    worth = points_for(subject.form)
    weights = subject.places[0][0].weights
    if worth is None:
        return True
    unit = subject.form["unit"]
    if worth(criterion, unit, weights)[0] == worth(criterion, 0, weights)[0]:
        return False
    return any(
        worth(other, unit, weights)[1] > 0 and where(there, other["id"]) is not None
        for other in subject.form["criteria"]
    )
