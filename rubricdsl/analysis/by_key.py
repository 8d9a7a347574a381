"""Shapes whose reward is a function of the key: decided exactly by the rungs of the order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from ..runtime.form import CompactRubric
from .cases import Cases
from .facts import PROVED, UNKNOWN, Fact, Facts, Gap, largest_group
from .ladder import Rung, rungs
from .reach import Place, Reach, Rubric, reach
from .samples import Case, Key, Witness, case_of, distance, reward_of_key, with_key, witness

MAX_CASES = 64
"""Single cases looked at when the bounds over all cases do not settle a question."""

RISES, STAYS, OPEN = "rises", "stays", "open"
Promise = Callable[[CompactRubric, Rung], str]


class Step(NamedTuple):
    """A rung with the rewards at its ends, and what the shape promises of it."""

    rung: Rung
    low: Fraction
    high: Fraction
    promise: str


def climbed(rubric: Rubric, found: Reach, promise: Promise) -> list[Step]:
    """Every rung of the bounds with its rewards."""
    known: dict[Key, Fraction] = {}

    def value(key: Key) -> Fraction:
        if key not in known:
            known[key] = reward_of_key(rubric, key)
        return known[key]

    return [
        Step(rung, value(rung.low), value(rung.high), promise(rubric.form, rung))
        for rung in rungs(found)
    ]


def unsafe(key: Key) -> bool:
    return any(key[:3])


def breaks_promise(step: Step) -> bool:
    if step.promise == RISES:
        return step.low >= step.high
    return step.promise == STAYS and step.low != step.high


def falls(step: Step) -> bool:
    """The better key has the smaller reward. Counts alone are no order of keys."""
    return step.rung.kind != "count" and step.low > step.high


def opens_gate(step: Step) -> bool:
    return step.rung.kind == "gate" and step.low >= step.high


def sees_more(step: Step) -> bool:
    """Unsafe responses with the same violations and different rewards."""
    below = unsafe(step.rung.low) and step.rung.low[:3] == step.rung.high[:3]
    return below and step.low != step.high


def differs(step: Step) -> bool:
    """Unsafe responses with different rewards."""
    return unsafe(step.rung.high) and step.low != step.high


class _Bound(NamedTuple):
    """What a choice of weights can reach over its cases, and the rungs of that."""

    rubric: Rubric
    over: Cases
    found: Reach
    steps: list[Step]


@dataclass(frozen=True)
class _Single:
    """A single case with its own bounds; `complete` if it is one of all that there are."""

    case: Case
    found: Reach
    complete: bool
    bound: _Bound
    promise: Promise

    @cached_property
    def steps(self) -> list[Step]:
        """The rungs of this case: those of the whole where it reaches all of that."""
        if self.found == self.bound.found:
            return self.bound.steps
        return climbed(self.case.rubric, self.found, self.promise)


class _Singles:
    """Single cases, made as they are asked for, and remembered for the next question."""

    def __init__(self, bounds: Iterable[_Bound], promise: Promise) -> None:
        self._made: list[_Single] = []
        self._rest = self._each(bounds, promise)

    def __iter__(self) -> Iterator[_Single]:
        yield from self._made
        for single in self._rest:
            self._made.append(single)
            yield single

    @staticmethod
    def _each(bounds: Iterable[_Bound], promise: Promise) -> Iterator[_Single]:
        for bound in bounds:
            rubric, over = bound.rubric, bound.over
            complete = over.exact and over.number() <= MAX_CASES
            for single in over.each(MAX_CASES):
                found = reach(rubric, single)
                case = case_of(rubric, single)
                yield _Single(case, found, complete and found.exact, bound, promise)


def facts_by_key(places: list[Place], group: int, promise: Promise, failing: Fact) -> Facts:
    """All facts of a shape of the key, over every case and every choice of weights."""
    bounds = [_bound(rubric, over, promise) for rubric, over in places]
    steps = [step for bound in bounds for step in bound.steps]
    singles = _Singles(bounds, promise)

    def settle(wrong: Callable[[Step], bool]) -> Fact:
        if not any(map(wrong, steps)):
            return PROVED
        return _search(singles, wrong)

    extremes = [_extremes(bound.rubric, bound.found) for bound in bounds]
    safe = min(e.safe[0] for e in extremes), max(e.safe[1] for e in extremes)
    low = [e.unsafe for e in extremes if e.unsafe is not None]
    below = (min(u[0] for u in low), max(u[1] for u in low)) if low else None
    largest = largest_group(safe[0], below[1], min(below[0], safe[0])) if below else None
    mean = PROVED if largest is None or largest >= group else _mean(singles, group)
    return Facts(
        group=group,
        promise=settle(breaks_promise),
        monotone=settle(falls),
        gate=settle(opens_gate),
        blind=settle(sees_more),
        flat=settle(differs),
        mean=mean,
        failing=failing,
        largest_group=largest,
        safe=safe,
        unsafe=below,
        gaps=_gaps(steps),
        varied=_varied(singles),
        span=max(safe[1], *(below or safe)) - min(safe[0], *(below or safe)),
    )


def _bound(rubric: Rubric, over: Cases, promise: Promise) -> _Bound:
    found = reach(rubric, over)
    return _Bound(rubric, over, found, climbed(rubric, found, promise))


class _Extremes(NamedTuple):
    safe: tuple[Fraction, Fraction]
    unsafe: tuple[Fraction, Fraction] | None
    keys: dict[str, Key]


def _extremes(rubric: Rubric, found: Reach) -> _Extremes:
    """The least and greatest rewards on either side of the gate, and the keys that have them."""
    first, last, most = found.bins[0], found.bins[-1], found.bonuses
    critical, major, moderate = found.violations
    keys: dict[str, Key] = {
        "safe": (0, 0, 0, first, 0),
        "lowest": (-critical, -major, -moderate, first, 0),
    }
    safe = reward_of_key(rubric, keys["safe"]), reward_of_key(rubric, (0, 0, 0, last, most))
    if not any(found.violations):
        return _Extremes(safe, None, keys)
    single: list[Key] = [
        (-(k == 0), -(k == 1), -(k == 2), last, most) for k in range(3) if found.violations[k]
    ]
    keys["unsafe"] = max(single, key=lambda key: reward_of_key(rubric, key))
    lowest, highest = reward_of_key(rubric, keys["lowest"]), reward_of_key(rubric, keys["unsafe"])
    return _Extremes(safe, (lowest, highest), keys)


def _search(singles: _Singles, wrong: Callable[[Step], bool]) -> Fact:
    """A pair of sheets of one case that is wrong, the closest of those in the first such case."""
    all_seen = True
    for single in singles:
        case = single.case
        all_seen &= single.complete
        best: Witness | None = None
        for step in filter(wrong, single.steps):
            low, high = with_key(case, step.rung.low), with_key(case, step.rung.high)
            if low is None or high is None:
                all_seen = False
            elif best is None or distance(low, high) < distance(*best.samples[:2]):
                best = witness(case, (low, high))
        if best is not None and case.single.exact:
            return Fact(False, best)
    return PROVED if all_seen else UNKNOWN


def _mean(singles: _Singles, group: int) -> Fact:
    """A group in which an unsafe response exceeds the mean although a safe one is there."""
    all_seen = True
    for single in singles:
        case, found = single.case, single.found
        all_seen &= single.complete
        extremes = _extremes(case.rubric, found)
        if extremes.unsafe is None:
            continue
        least = min(extremes.unsafe[0], extremes.safe[0])
        largest = largest_group(extremes.safe[0], extremes.unsafe[1], least)
        if largest is None or largest >= group:
            continue
        names = ("safe", "unsafe", "lowest")
        found_samples = [with_key(case, extremes.keys[name]) for name in names]
        shown = [s for s in found_samples if s is not None]
        if len(shown) < 3 or not case.single.exact:
            all_seen = False
            continue
        counts = (1, 1, group - 2)
        return Fact(False, witness(case, shown[: 2 + (group > 2)], counts[: 2 + (group > 2)]))
    return PROVED if all_seen else UNKNOWN


def _varied(singles: _Singles) -> Witness | None:
    """Two safe responses with different rewards, and an unsafe one, in the first case with them."""
    for single in singles:
        case, found = single.case, single.found
        if not any(found.violations) or (len(found.bins) < 2 and not found.bonuses):
            continue
        lowest = _extremes(case.rubric, found).keys["lowest"]
        keys: list[Key] = [(0, 0, 0, found.bins[0], 0), (0, 0, 0, found.bins[-1], found.bonuses)]
        shown = [with_key(case, key) for key in (*keys, lowest)]
        there = [s for s in shown if s is not None]
        if len(there) == 3 and case.single.exact and there[0].reward != there[1].reward:
            return witness(case, there)
    return None


def _gaps(steps: Iterable[Step]) -> dict[str, Gap]:
    """The smallest rise of every kind that the shape promises to show."""
    names = {"bonus": "excellence", "step": "proficiency", "gate": "safety"}
    found: dict[str, Gap] = {}
    for step in steps:
        if step.promise == RISES:
            name = names.get(step.rung.kind, "violations")
            gap = Gap(step.high - step.low, max(abs(step.low), abs(step.high)))
            if name not in found or gap.least < found[name].least:
                found[name] = gap
    return dict(sorted(found.items()))
