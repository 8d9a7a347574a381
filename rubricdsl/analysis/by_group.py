"""`centred`: rewards are ranks within the group, so what holds follows from how they are made.

With k safe ones among n: the unsafe have 0, the safe `a0` + rank/2 with ranks from -1 to 1 that add
up to 0. So the mean is k·a0/n > 0, and the gate holds as `a0` > 1/2. Ranks grow with the key, and
are what they are whoever is unsafe. Without a safe one all have rank/2 by violations alone, or 0.
A response whose key falls loses rank; the only safe one that becomes unsafe had `a0` ≥ 1/2 before
and has 1/2 at most after. All of that needs nothing of a rubric but the finite conditions below.
"""

from collections.abc import Iterator
from fractions import Fraction

from ..runtime.form import CompactRubric
from .facts import PROVED, UNKNOWN, Fact, Facts, Gap
from .reach import Place, Reach, reach
from .samples import Case, Key, Sample, Witness, case_of, with_key, witness

MAX_CASES = 64
HALF = Fraction(1, 2)


def facts_by_group(places: list[Place], group: int) -> Facts:
    """The facts for every group of at most this size."""
    form = places[0][0].form
    base, silent = _params(form)
    holds = PROVED if base > HALF else UNKNOWN
    bounds = [reach(rubric, over) for rubric, over in places]
    vetoes = max(sum(found.violations) for found in bounds)
    level = vetoes < 2 or silent
    # Two neighbours among n differ by 2/(n - 1) in rank at least.
    closest = Fraction(1, max(group - 1, 1))
    gaps = {"excellence": closest, "proficiency": closest, "safety": base - HALF}
    if not silent:
        gaps["violations"] = closest
    if not vetoes:
        gaps.pop("safety")
    worst = Fraction(0) if level else HALF
    return Facts(
        group=group,
        promise=holds,
        monotone=holds,
        gate=holds,
        blind=PROVED,
        flat=PROVED if level else _uneven(places),
        mean=holds,
        failing=PROVED if _fails_closed(form) else UNKNOWN,
        largest_group=None if holds.holds else 0,
        safe=(base - HALF, base + HALF),
        unsafe=(-worst, worst) if vetoes else None,
        gaps={name: Gap(least, base + HALF) for name, least in sorted(gaps.items())},
        varied=_varied(places, base),
        span=base + HALF if vetoes else Fraction(1),
    )


def _params(form: CompactRubric) -> tuple[Fraction, bool]:
    params = form["reward"]["params"]
    return Fraction(*params.get("a0", [1, 1])), params.get("silent", [0, 1])[0] == 1


def _fails_closed(form: CompactRubric) -> bool:
    """No place of a key rises when a verdict fails; see `failing_by_key`."""
    return "exclude" not in form["policies"][:2]


def _uneven(places: list[Place]) -> Fact:
    """Two unsafe responses of one case with other violations: the better one gains among them."""
    for case, found in _singles(places):
        last = found.bins[-1]
        if sum(found.violations) > 1:
            critical, major, moderate = found.violations
            low: Key = (-critical, -major, -moderate, last, found.bonuses)
            single = next(k for k in range(3) if found.violations[k])
            high: Key = (-(single == 0), -(single == 1), -(single == 2), last, found.bonuses)
            shown = _ranked(case, [(low, -HALF), (high, HALF)])
            if shown is not None:
                return Fact(False, shown)
    return UNKNOWN


def _varied(places: list[Place], base: Fraction) -> Witness | None:
    """Two safe responses at either end of the ranks, and an unsafe one."""
    for case, found in _singles(places):
        if any(found.violations) and (len(found.bins) > 1 or found.bonuses):
            critical, major, moderate = found.violations
            keys: list[tuple[Key, Fraction]] = [
                ((0, 0, 0, found.bins[0], 0), base - HALF),
                ((0, 0, 0, found.bins[-1], found.bonuses), base + HALF),
                ((-critical, -major, -moderate, found.bins[0], 0), Fraction(0)),
            ]
            shown = _ranked(case, keys)
            if shown is not None:
                return shown
    return None


def _singles(places: list[Place]) -> Iterator[tuple[Case, Reach]]:
    for rubric, over in places:
        for each in over.each(MAX_CASES) if over.exact else ():
            yield case_of(rubric, each), reach(rubric, each)


def _ranked(case: Case, keys: list[tuple[Key, Fraction]]) -> Witness | None:
    """Sheets with these keys, and the rewards that they have as one group."""
    shown: list[Sample] = []
    for key, reward in keys:
        found = with_key(case, key)
        if found is None:
            return None
        shown.append(found._replace(reward=reward))
    return witness(case, shown)
