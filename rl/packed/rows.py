"""Examples as rows of tokens with the weights of their terms, for `PackedRewardTrainer`.

What is too long is cut (`cutting`). An answer that is cut may lose what its verdict is about;
`leave-out` leaves such answers out instead.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import TrainingError
from .cutting import PROMPT_KEPT, fit
from .examples import Example, Pair, Point
from .layout import Tokens
from .turns import Turns

MOST_BALANCE = 10.0
"""How much more a rare verdict may count than it does by itself."""

Long = Literal["cut", "leave-out"]


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
class Counts:
    """What became of the labels: `cut` and `left_out` count answers, the other two what is left."""

    pairs: int
    points: int
    prompts_cut: int
    answers_cut: int
    answers_left_out: int


@dataclass(frozen=True)
class Rows:
    """One row per example, and `turns`, the tokens of the criteria that they point into.

    Columns, for an example of A answers with N branches and P pairs: `trunks` (A token lists),
    `asked` (A lists of places in `turns`), `pairs` (P × 2 places among the branches),
    `pair_weights` and `margins` (P), `credits` and `point_weights` (N; weight 0 for a branch that
    is there for its pairs alone).
    """

    rows: list[dict[str, Any]]
    turns: list[Tokens]
    counts: Counts


def rows(
    examples: Sequence[Example],
    turns: Turns,
    max_length: int,
    weighing: Weighing,
    long: Long = "cut",
) -> Rows:
    """Tokens and weights of all examples.

    Raises `TrainingError` where a criterion alone leaves no room, or nothing is left.
    """
    table: dict[str, int] = {}
    branches: list[Tokens] = []
    seen = Counter[str]()
    kept: list[tuple[Example, list[Tokens]]] = []
    for example in examples:
        for point in example.points:
            if point.question.turn not in table:
                table[point.question.turn] = len(branches)
                branches.append(turns.branch(point.question.turn))
        trunks: dict[int, Tokens] = {}
        made = turns.trunks([(one.prompt, one.response) for one in example.answers])
        for place, (answer, trunk) in enumerate(zip(example.answers, made, strict=True)):
            longest = max(len(branches[table[p.question.turn]]) for p in answer.points)
            room = max_length - longest
            if room < PROMPT_KEPT:
                raise TrainingError(
                    f"a criterion has {longest} tokens and leaves {room} of {max_length} for the "
                    "conversation",
                    "raise it: --set max_length=…",
                )
            fitted, what = trunk, "nothing"
            if len(trunk) > room:
                fitted, what = fit(trunk, turns.parts(answer.prompt, answer.response), room)
            if what == "answer" and long == "leave-out":
                seen["left_out"] += 1
            else:
                seen[what] += 1
                trunks[place] = fitted
        if trunks:
            kept.append((_without(example, trunks), list(trunks.values())))
    pairs = [(e, p) for e, _ in kept for p in e.pairs]
    if not pairs:
        raise TrainingError(
            f"no pair is left: {seen['left_out']} answers are longer than {max_length} tokens",
            "raise it: --set max_length=…",
        )
    tiers = Counter(e.points[p.chosen].question.tier for e, p in pairs)
    kinds = Counter(_kind(e.points[i]) for e, _ in kept for i in e.alone)
    shares, margins = weighing.shares, weighing.margins or {}
    of_pair = {tier: _share(tier, tiers, shares) for tier in tiers}
    of_kind = _kind_weights(kinds, weighing)
    found = [
        {
            "trunks": [list(trunk) for trunk in trunks],
            "asked": [[table[p.question.turn] for p in a.points] for a in example.answers],
            "pairs": [list(pair) for pair in example.pairs],
            "pair_weights": [of_pair[_tier(example, pair)] for pair in example.pairs],
            "margins": [margins.get(_tier(example, pair), 0.0) for pair in example.pairs],
            "credits": [point.credit for point in example.points],
            "point_weights": [
                of_kind[_kind(point)] if place in example.alone else 0.0
                for place, point in enumerate(example.points)
            ],
        }
        for example, trunks in kept
    ]
    counts = Counts(len(pairs), kinds.total(), seen["prompt"], seen["answer"], seen["left_out"])
    return Rows(found, branches, counts)


def _without(example: Example, kept: Mapping[int, object]) -> Example:
    """The example with some of its answers only."""
    if len(kept) == len(example.answers):
        return example
    moved: dict[int, int] = {}
    place = 0
    for index, answer in enumerate(example.answers):
        for _ in answer.points:
            if index in kept:
                moved[place] = len(moved)
            place += 1
    return Example(
        tuple(answer for index, answer in enumerate(example.answers) if index in kept),
        tuple(
            Pair(moved[chosen], moved[rejected])
            for chosen, rejected in example.pairs
            if chosen in moved and rejected in moved
        ),
        frozenset(moved[place] for place in example.alone if place in moved),
    )


def _tier(example: Example, pair: Pair) -> str:
    return example.points[pair.chosen].question.tier


def _kind(point: Point) -> tuple[str, float]:
    return point.question.tier, point.credit


def _share(tier: str, counts: Mapping[str, int], shares: Mapping[str, float] | None) -> float:
    """What one term of a tier counts, so that the mean over all terms is 1."""
    if shares is None:
        return 1.0
    total, present = sum(counts.values()), sum(shares.get(each, 0.0) for each in counts)
    return shares.get(tier, 0.0) / present * total / counts[tier] if present else 1.0


def _kind_weights(
    kinds: Mapping[tuple[str, float], int], weighing: Weighing
) -> dict[tuple[str, float], float]:
    """What one point counts by tier and credit; 1 on average."""
    tiers = Counter[str]()
    for (tier, _), count in kinds.items():
        tiers[tier] += count
    found: dict[tuple[str, float], float] = {}
    for tier in tiers:
        decided = [c for (t, credit), c in kinds.items() if t == tier and credit in (0, 1)]
        for (of, credit), count in kinds.items():
            if of != tier:
                continue
            weight = _share(tier, tiers, weighing.shares)
            if weighing.balance and credit in (0, 1) and len(decided) == 2:
                weight *= min(MOST_BALANCE, sum(decided) / (2 * count))
            found[tier, credit] = weight
    return found
