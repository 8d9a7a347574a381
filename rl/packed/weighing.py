"""What each term of the loss counts, by its tier and by how rare its verdict is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .examples import Example, Pair, Point

MOST_BALANCE = 10.0
"""How much more a rare verdict may count than it does by itself."""


@dataclass(frozen=True)
class Weighing:
    """What the terms of a tier count.

    `shares`: the part of the loss that each tier has; without them every term counts the same.
    `margins`: by how much the chosen answer has to be ahead. `balance`: violated and kept vetoes
    count the same in sum, as do met and unmet criteria of the other tiers; rare ones at most
    `MOST_BALANCE` times as much as a term does on average.
    """

    shares: Mapping[str, float] | None = None
    margins: Mapping[str, float] | None = None
    balance: bool = True


@dataclass(frozen=True)
class Weights:
    """The weights of pairs by tier and of points by tier and credit; each kind is 1 on average,
    or less where `MOST_BALANCE` holds."""

    pairs: Mapping[str, float]
    points: Mapping[tuple[str, float], float]
    margins: Mapping[str, float]

    def of_pair(self, example: Example, pair: Pair) -> float:
        return self.pairs[_tier(example, pair)]

    def margin(self, example: Example, pair: Pair) -> float:
        return self.margins.get(_tier(example, pair), 0.0)

    def of_point(self, point: Point) -> float:
        return self.points[point.question.tier, point.credit]


def weights(examples: Sequence[Example], weighing: Weighing) -> Weights:
    """The weights of all terms of these examples."""
    tiers = Counter(_tier(example, pair) for example in examples for pair in example.pairs)
    kinds = Counter(
        (example.points[place].question.tier, example.points[place].credit)
        for example in examples
        for place in example.alone
    )
    pairs = {tier: _share(tier, tiers, weighing.shares) for tier in tiers}
    return Weights(pairs, _of_points(kinds, weighing), weighing.margins or {})


def _tier(example: Example, pair: Pair) -> str:
    return example.points[pair.chosen].question.tier


def _share(tier: str, counts: Mapping[str, int], shares: Mapping[str, float] | None) -> float:
    """What one term of a tier counts, so that the mean over all terms is 1."""
    if shares is None:
        return 1.0
    total, present = sum(counts.values()), sum(shares.get(each, 0.0) for each in counts)
    return shares.get(tier, 0.0) / present * total / counts[tier] if present else 1.0


def _of_points(
    kinds: Mapping[tuple[str, float], int], weighing: Weighing
) -> dict[tuple[str, float], float]:
    tiers = Counter[str]()
    decided = Counter[tuple[str, bool]]()
    for (tier, credit), count in kinds.items():
        tiers[tier] += count
        if credit in (0, 1):
            decided[tier, credit == 1] += count
    found: dict[tuple[str, float], float] = {}
    for tier, credit in kinds:
        weight = _share(tier, tiers, weighing.shares)
        good, bad = decided[tier, True], decided[tier, False]
        if weighing.balance and credit in (0, 1) and good and bad:
            own = good if credit == 1 else bad
            weight *= min(MOST_BALANCE, (good + bad) / (2 * own))
        found[tier, credit] = weight
    return found
