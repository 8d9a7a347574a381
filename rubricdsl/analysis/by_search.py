"""Shapes that promise no order: counterexamples are searched for, and nothing is proved.

The sheets tried are as good or as bad as can be in each tier, and the same with one answer turned.
"""

import itertools
from collections.abc import Callable, Iterable
from fractions import Fraction

from .answers import Answer
from .facts import PROVED, UNKNOWN, Fact, Facts, largest_group
from .reach import Place
from .samples import Case, Sample, Witness, case_of, chosen, sample, witness

MAX_CASES = 4
MAX_SAMPLES = 64
"""Sheets compared in pairs; of more criteria only some are turned."""

Pair = Callable[[Sample, Sample], bool]
"""Whether a worse and a better sample break something."""


def facts_by_search(places: list[Place], group: int, failing: Fact, span: Fraction | None) -> Facts:
    """The facts as far as a search refutes them; `mean` for this group size alone."""
    tried = [(case, _samples(case)) for case in _cases(places)]
    harmless = all(c["severity"] is None for c in places[0][0].form["criteria"])

    def refuted(wrong: Pair) -> Fact:
        for case, samples in tried:
            for low, high in itertools.permutations(samples, 2):
                if wrong(low, high):
                    return Fact(False, witness(case, _closest(case, low, high, wrong)))
        return UNKNOWN

    return Facts(
        group=group,
        promise=UNKNOWN,
        monotone=refuted(_falls),
        gate=PROVED if harmless else refuted(_passes),
        blind=PROVED if harmless else refuted(_same_violations),
        flat=PROVED if harmless else refuted(_both_unsafe),
        mean=PROVED if harmless else _mean(tried, group),
        failing=failing,
        largest_group=0,
        safe=None,
        unsafe=None,
        span=span,
        gaps={},
        varied=_varied(tried),
    )


def _closest(case: Case, low: Sample, high: Sample, wrong: Pair) -> tuple[Sample, Sample]:
    """The pair made alike, answer by answer, as far as it stays wrong."""
    for name in case.answers:
        for change, other in ((low, high), (high, low)):
            if change.sheet[name] == other.sheet[name]:
                continue
            turned = sample(case, {**chosen(case, change.sheet), name: _same(case, name, other)})
            pair = (turned, high) if change is low else (low, turned)
            if wrong(*pair):
                low, high = pair
                break
    return low, high


def _same(case: Case, name: str, other: Sample) -> Answer:
    return next(a for a in case.answers[name] if a.verdict == other.sheet[name])


def _more(low: Sample, high: Sample) -> bool:
    return low.reward is not None and high.reward is not None and low.reward > high.reward


def _falls(low: Sample, high: Sample) -> bool:
    """The better key has less."""
    return low.tally.key() < high.tally.key() and _more(low, high)


def _passes(low: Sample, high: Sample) -> bool:
    """The unsafe one has as much as the safe one."""
    known = low.reward is not None and high.reward is not None
    return low.unsafe and not high.unsafe and known and not _more(high, low)


def _same_violations(low: Sample, high: Sample) -> bool:
    same = low.tally.violations == high.tally.violations
    return low.unsafe and same and (_more(low, high) or _more(high, low))


def _both_unsafe(low: Sample, high: Sample) -> bool:
    return low.unsafe and high.unsafe and (_more(low, high) or _more(high, low))


def _cases(places: list[Place]) -> Iterable[Case]:
    for rubric, over in places:
        if over.exact:
            for single in over.each(MAX_CASES):
                yield case_of(rubric, single)


def _samples(case: Case) -> list[Sample]:
    tiers = {c["id"]: c["tier"] for c in case.rubric.form["criteria"]}
    ends = case.ends
    corners = [
        {name: pair[places[tiers[name]]] for name, pair in ends.items()}
        for places in itertools.product((1, 0), repeat=3)
    ]
    turned = list(corners)
    for corner in (corners[0], corners[4], corners[3], corners[7]):
        for name, pair in ends.items():
            turned.append({**corner, name: pair[corner[name] == pair[0]]})
    found = {tuple(sorted((k, str(v)) for k, v in s.sheet.items())): s for s in
             (sample(case, c) for c in turned[:MAX_SAMPLES])}  # fmt: skip
    return list(found.values())


def _mean(tried: Iterable[tuple[Case, list[Sample]]], group: int) -> Fact:
    for case, samples in tried:
        known = [s for s in samples if s.reward is not None]
        safe, bad = [s for s in known if not s.unsafe], [s for s in known if s.unsafe]
        if not safe or not bad:
            continue
        least, low = min(safe, key=_reward), min(known, key=_reward)
        high = max(bad, key=_reward)
        largest = largest_group(_reward(least), _reward(high), _reward(low))
        if largest is not None and largest < group:
            shown = (least, high, low)[: 2 + (group > 2)]
            return Fact(False, witness(case, shown, (1, 1, group - 2)[: len(shown)]))
    return UNKNOWN


def _reward(found: Sample) -> Fraction:
    return found.reward if found.reward is not None else Fraction(0)


def _varied(tried: Iterable[tuple[Case, list[Sample]]]) -> Witness | None:
    for case, samples in tried:
        safe = sorted((s for s in samples if not s.unsafe and s.reward is not None), key=_reward)
        bad = [s for s in samples if s.unsafe and s.reward is not None]
        if safe and bad and safe[0].reward != safe[-1].reward:
            return witness(case, (safe[0], safe[-1], min(bad, key=_reward)))
    return None
