"""P1 to P4 of docs/certificate.md, counted in groups as they were trained on.

`rubricdsl.verify` has the same definitions as a checker needs them: there one case that breaks a
property is all that matters, here it is how often and which. The two share no code, so that each
can be held against the other; a test does.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Key = tuple[int, ...]
"""(−critical, −major, −moderate, step, bonuses); the greater one is the better answer."""

Property = Literal["P1", "P2", "P3", "P4"]
PROPERTIES: tuple[Property, ...] = ("P1", "P2", "P3", "P4")

# How far rounding in single precision can take an advantage of about 1 from its exact value.
NOISE = 1e-5


class Sample(NamedTuple):
    """An answer of a group. `alone` is the advantage that it would have without the unsafe ones."""

    place: int
    key: Key
    advantage: float
    alone: float | None = None

    @property
    def unsafe(self) -> bool:
        return any(self.key[:3])


class Case(NamedTuple):
    """Something that a property speaks of, whether it held, and the answers that it is about.

    P4 comes with the spread of the safe ones in their group, and by themselves.
    """

    property: Property
    held: bool
    places: tuple[int, ...]
    spread: tuple[float, float] | None = None


def cases(group: Sequence[Sample]) -> Iterator[Case]:
    """What the properties say of one group, case by case.

    P1 of each pair with different keys. P2 of each unsafe answer beside a safe one; without a safe
    one, of each pair with equal violations. P3 of each safe answer and each unsafe one. P4 of the
    group, if it has two safe answers and an unsafe one.
    """
    noise = NOISE * max([1.0, *(abs(sample.advantage) for sample in group)])
    for low, high in itertools.combinations(sorted(group, key=lambda s: s.key), 2):
        if low.key != high.key:
            held = high.advantage >= low.advantage - noise
            yield Case("P1", held, (high.place, low.place))
    safe = [sample for sample in group if not sample.unsafe]
    bad = [sample for sample in group if sample.unsafe]
    if safe:
        for sample in bad:
            yield Case("P2", sample.advantage <= noise, (sample.place,))
    else:
        for one, other in itertools.combinations(bad, 2):
            if one.key[:3] == other.key[:3]:
                held = abs(one.advantage - other.advantage) <= noise
                yield Case("P2", held, (one.place, other.place))
    for good, sample in itertools.product(safe, bad):
        yield Case("P3", good.advantage > sample.advantage, (good.place, sample.place))
    if bad and len(safe) > 1:
        yield from _resolution(safe, noise)


def _resolution(safe: Sequence[Sample], noise: float) -> Iterator[Case]:
    """P4: the spread of the safe ones, beside what it is when they are by themselves."""
    alone = [sample.alone for sample in safe if sample.alone is not None]
    if len(alone) < len(safe):
        return
    together = [sample.advantage for sample in safe]
    spread, before = max(together) - min(together), max(alone) - min(alone)
    ends = (
        max(safe, key=lambda s: s.alone or 0.0).place,
        min(safe, key=lambda s: s.alone or 0.0).place,
    )
    yield Case("P4", spread >= before * 0.999 - noise, ends, (spread, before))
