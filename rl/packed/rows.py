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
from .examples import Answer, Example, Pair
from .layout import Tokens
from .turns import Turns
from .weighing import Weighing, Weights, weights

Long = Literal["cut", "leave-out"]
_Fitted = tuple[Example, list[Tokens]]
"""An example with the trunks of its answers."""


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
    every = dict.fromkeys(p.question.turn for example in examples for p in example.points)
    places = {turn: place for place, turn in enumerate(every)}
    seen = Counter[str]()
    fitted = [_fitted(example, turns, max_length, long, seen) for example in examples]
    kept = [one for one in fitted if one[1]]
    pairs = sum(len(example.pairs) for example, _ in kept)
    if not pairs:
        raise TrainingError(
            f"no pair is left: {seen['left out']} answers are longer than {max_length} tokens",
            "raise it: --set max_length=…",
        )
    weighed = weights([example for example, _ in kept], weighing)
    points = sum(len(example.alone) for example, _ in kept)
    return Rows(
        [_row(one, places, weighed) for one in kept],
        [turns.branch(turn) for turn in every],
        Counts(pairs, points, seen["prompt"], seen["answer"], seen["left out"]),
    )


def _fitted(
    example: Example, turns: Turns, max_length: int, long: Long, seen: Counter[str]
) -> _Fitted:
    """The example with what is kept of its answers; what became of each is counted in `seen`."""
    kept: dict[int, Tokens] = {}
    made = turns.trunks([(one.prompt, one.response) for one in example.answers])
    for place, (answer, trunk) in enumerate(zip(example.answers, made, strict=True)):
        room, what = _room(answer, turns, max_length), "nothing"
        if len(trunk) > room:
            trunk, what = fit(trunk, turns.parts(answer.prompt, answer.response), room)
        if what == "answer" and long == "leave-out":
            what = "left out"
        else:
            kept[place] = trunk
        seen[what] += 1
    return _without(example, kept), list(kept.values())


def _room(answer: Answer, turns: Turns, max_length: int) -> int:
    """Tokens that the longest criterion of an answer leaves to the conversation."""
    longest = max(len(turns.branch(point.question.turn)) for point in answer.points)
    room = max_length - longest
    if room < PROMPT_KEPT:
        raise TrainingError(
            f"a criterion has {longest} tokens and leaves {room} of {max_length} for the "
            "conversation",
            "raise it: --set max_length=…",
        )
    return room


def _row(fitted: _Fitted, places: Mapping[str, int], weighed: Weights) -> dict[str, Any]:
    example, trunks = fitted
    return {
        "trunks": [list(trunk) for trunk in trunks],
        "asked": [[places[p.question.turn] for p in one.points] for one in example.answers],
        "pairs": [list(pair) for pair in example.pairs],
        "pair_weights": [weighed.of_pair(example, pair) for pair in example.pairs],
        "margins": [weighed.margin(example, pair) for pair in example.pairs],
        "credits": [point.credit for point in example.points],
        "point_weights": [
            weighed.of_point(point) if place in example.alone else 0.0
            for place, point in enumerate(example.points)
        ],
    }


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
