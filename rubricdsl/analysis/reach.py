"""What the responses to one prompt can amount to, tier by tier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..runtime.form import CompactCriterion, CompactRubric
from ..runtime.order import round_half_even
from ..runtime.shapes import CriterionPoints, ExactShape, points_for, shape_for
from .answers import answers
from .cases import Cases, cases
from .sums import START, Item, State, TooLarge, bins_of, extend, items_of, union


class Rubric(NamedTuple):
    """A compact rubric under one choice of weights, with what follows from both at once.

    `profile` is the name under which a caller asks for these weights, None for the rubric's own.
    `exact` and `points` are the runtime's own shape.
    """

    form: CompactRubric
    profile: str | None
    weights: Mapping[str, int]
    proficiency: Mapping[str, Item]
    exact: ExactShape
    points: CriterionPoints | None


@dataclass(frozen=True)
class Reach:
    """Bounds that no sheet leaves: violations per severity, steps of the grid, bonuses.

    Every combination of violations up to the bounds, a step and a number of bonuses can be reached
    in a single case. Over many cases each bound is reached, but perhaps not all of them together.
    `exact` is False when steps may be among `bins` that no sheet reaches.
    """

    violations: tuple[int, int, int]
    bins: tuple[int, ...]
    bonuses: int
    exact: bool


def weightings(form: CompactRubric) -> list[Rubric]:
    """The rubric under its own weights, and under those of each profile."""
    unit = form["unit"]
    own = {c["id"]: c["weight"] for c in form["criteria"] if c["weight"] is not None}
    choices: list[tuple[str | None, dict[str, int]]] = [(None, own)]
    choices += [(profile["id"], own | profile["weights"]) for profile in form["profiles"]]
    weighed = [c for c in form["criteria"] if c["tier"] == 1]
    possible = [answers(form, c) for c in weighed]
    credits = [tuple(sorted({a.credit for a in each if a.credit is not None})) for each in possible]
    skips = [any(a.credit is None for a in each) for each in possible]
    found = []
    for name, weights in choices:
        items = items_of([weights[c["id"]] for c in weighed], credits, skips, unit)
        by_id = {c["id"]: item for c, item in zip(weighed, items, strict=True)}
        found.append(Rubric(form, name, weights, by_id, shape_for(form), points_for(form)))
    return found


Place = tuple[Rubric, Cases]
"""A choice of weights, and the cases in which it can be in force."""


def places(form: CompactRubric) -> list[Place]:
    """Every choice of weights with its cases: a caller may name any profile for any row."""
    over = cases(form)
    apart = over.without_profiles()
    found = [(rubric, over if rubric.profile else apart) for rubric in weightings(form)]
    return [(rubric, there) for rubric, there in found if there.number()]


def governed(cases: Cases) -> set[str]:
    """The criteria that some case sets aside."""
    return {name for part in cases.components for case in part for name in case.off}


def reach(rubric: Rubric, cases: Cases) -> Reach:
    """The bounds over all cases; for a single case they are reached together."""
    always = governed(cases)
    free = [c for c in rubric.form["criteria"] if c["id"] not in always]
    vetoes, bonuses = _counts(free)
    for part in cases.components:
        names = {name for case in part for name in case.off}
        if names:
            held = [c for c in rubric.form["criteria"] if c["id"] in names]
            each = [_counts([c for c in held if c["id"] not in case.off]) for case in part]
            most = [max(found[0][s] for found in each) for s in range(3)]
            vetoes = [have + more for have, more in zip(vetoes, most, strict=True)]
            bonuses += max(found[1] for found in each)
    critical, major, moderate = vetoes
    steps = rubric.form["steps"]
    try:
        bins, exact = bins_of(sums(rubric, cases), steps), True
    except TooLarge:
        bins, exact = set(range(steps + 1)), _every_step(rubric, always)
    return Reach((critical, major, moderate), tuple(sorted(bins)), bonuses, exact and cases.exact)


def sums(rubric: Rubric, cases: Cases, without: str | None = None) -> State:
    """Total weights and gains over all cases, leaving out one criterion. Raises `TooLarge`."""
    off = governed(cases)
    state = START
    for name, item in rubric.proficiency.items():
        if name not in off and name != without:
            state = extend(state, item)
    for part in cases.components:
        names = {name for case in part for name in case.off if name in rubric.proficiency}
        if not names:
            continue
        choices = {tuple(sorted(names - case.off)) for case in part}
        branches = []
        for chosen in sorted(choices):
            branch = state
            for name in chosen:
                if name != without:
                    branch = extend(branch, rubric.proficiency[name])
            branches.append(branch)
        state = union(branches)
    return state


def _counts(criteria: list[CompactCriterion]) -> tuple[list[int], int]:
    vetoes, bonuses = [0, 0, 0], 0
    for criterion in criteria:
        if criterion["severity"] is not None:
            vetoes[criterion["severity"]] += 1
        elif criterion["tier"] == 2:
            bonuses += 1
    return vetoes, bonuses


def _every_step(rubric: Rubric, off: set[str]) -> bool:
    """Whether every step is seen on the way from nothing to everything, one criterion at a time.

    Only criteria that always apply are counted, so this needs a rubric without conditions on
    proficiency; it is asked when the sums are too many to be listed.
    """
    if off & rubric.proficiency.keys():
        return False
    items = sorted(rubric.proficiency.values(), key=lambda item: item.total)
    whole, steps = sum(item.total for item in items), rubric.form["steps"]
    seen, gain = set(), sum(item.gains[0] for item in items)
    for item in (None, *items):
        gains = item.gains if item else (0,)
        seen |= {round_half_even((gain + g - gains[0]) * steps, whole) for g in gains}
        gain += gains[-1] - gains[0]
    return len(seen) == steps + 1
