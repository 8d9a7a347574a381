"""Whether a verdict that turns into `cannot_assess` can raise a reward."""

from collections.abc import Iterator

from ..runtime.order import round_half_even
from .answers import Answer, answers
from .facts import PROVED, UNKNOWN, Fact
from .reach import Place, sums
from .samples import (
    Case,
    Sample,
    case_of,
    sample,
    with_gains,
    witness,
)
from .sums import TooLarge, trace

MAX_CASES = 16
MAX_SUMS = 200_000


def failing_by_key(places: list[Place]) -> Fact:
    """For a reward that never falls when any place of the key rises.

    Under `violate` and `unmet` a failed verdict takes a credit of 0: violations can only grow, the
    share can only fall (a criterion that joins brings weight and no gain), bonuses only fall. Under
    `drop` there is no reward. Under `exclude` in excellence the count of bonuses can only fall.
    That leaves `exclude` in proficiency, where the share of the others counts instead.
    """
    policies = places[0][0].form["policies"]
    if policies[0] == "exclude":
        return UNKNOWN
    if policies[1] != "exclude":
        return PROVED
    unknown = False
    for rubric, over in places:
        for single in over.each(MAX_CASES):
            case = case_of(rubric, single)
            for name in case.answers:
                if name in rubric.proficiency:
                    found = _excluded(case, name)
                    if found.holds is False and over.exact:
                        return found
                    unknown |= found.holds is None
        unknown |= over.number() > MAX_CASES or not over.exact
    return UNKNOWN if unknown else PROVED


def _excluded(case: Case, name: str) -> Fact:
    """Whether leaving out this criterion can raise the step of a safe sheet."""
    steps, item = case.rubric.form["steps"], case.rubric.proficiency[name]
    try:
        others = sums(case.rubric, case.single, without=name)
    except TooLarge:
        return UNKNOWN
    tried = 0
    for total, gains in sorted(others.items(), reverse=True):
        # The greatest gain of the others rises the most, but a smaller one may be the one that
        # crosses to the next step.
        for gain in range(gains.bit_length() - 1, -1, -1) if total else ():
            tried += 1
            if gains >> gain & 1:
                before = (gain + item.gains[0]) * steps, total + item.total
                if round_half_even(gain * steps, total) > round_half_even(*before):
                    return _shown(case, name, total, gain)
            if tried > MAX_SUMS:
                return UNKNOWN
    return PROVED


def _shown(case: Case, name: str, total: int, gain: int) -> Fact:
    """A safe sheet whose other criteria have this sum, before and after the criterion fails."""
    items = case.weighed
    others = [other for other in items if other != name]
    gains = dict(zip(others, trace([items[o] for o in others], total, gain), strict=True))
    low = with_gains(case, (0, 0, 0), {**gains, name: items[name].gains[0]}, 0)
    high = with_gains(case, (0, 0, 0), {**gains, name: None}, 0)
    if low is None or high is None or not _raised(low, high):
        return UNKNOWN
    failed = high._replace(sheet={**high.sheet, name: "cannot_assess"})
    return Fact(False, witness(case, (low, failed)))


def _raised(before: Sample, after: Sample) -> bool:
    """A reward that rises, or that is there where there was none."""
    if after.reward is None:
        return False
    return before.reward is None or after.reward > before.reward


def failing_by_search(places: list[Place]) -> Fact:
    """A counterexample among sheets that are as good or as bad as can be but for one answer."""
    for rubric, over in places:
        for single in over.each(MAX_CASES) if over.exact else ():
            case = case_of(rubric, single)
            for chosen, name, failed in _failures(case):
                before, after = sample(case, chosen), sample(case, {**chosen, name: failed})
                if _raised(before, after):
                    return Fact(False, witness(case, (before, after)))
    return UNKNOWN


def _failures(case: Case) -> Iterator[tuple[dict[str, Answer], str, Answer]]:
    form = case.rubric.form
    tiers = {c["id"]: c["tier"] for c in form["criteria"]}
    for place in (0, 1):
        for safe in (True, False):
            base = {
                name: ends[1 if safe and tiers[name] == 0 else place]
                for name, ends in case.ends.items()
            }
            for criterion in case.criteria:
                name = criterion["id"]
                policy = form["policies"][criterion["tier"]]
                if policy == "drop":
                    continue
                failed = Answer(None if policy == "exclude" else 0, "cannot_assess")
                for answer in answers(form, criterion):
                    if answer.credit != failed.credit:
                        yield {**base, name: answer}, name, failed
