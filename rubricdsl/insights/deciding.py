"""Whether the grid can tell two answers to one criterion apart, whatever the others are worth."""

from collections.abc import Iterator
from typing import NamedTuple

from ..analysis.cases import Cases
from ..analysis.reach import Rubric, sums
from ..analysis.sums import Item, State, gains_of_bin
from .subject import where


class Move(NamedTuple):
    """What an answer adds to the total weight and to the gain; nothing where it falls away."""

    total: int
    gain: int


def moves(item: Item) -> list[Move]:
    """One move per answer, worst first, falling away last."""
    found = [Move(item.total, gain) for gain in item.gains]
    return [*found, Move(0, 0)] if item.may_skip else found


def told_apart(state: State, steps: int, left: Move, right: Move, drops: bool = False) -> bool:
    """Whether some sum of the others comes to different steps with the one and the other.

    `drops`: a tier in which nothing counts has another reward than one with a share of 0.
    """
    if drops and 0 in state and (left.total == 0) != (right.total == 0):
        return True
    for total, gains in state.items():
        for step in range(steps + 1):
            here = gains & _window(total + left.total, step, steps, left.gain)
            if here & ~_window(total + right.total, step, steps, right.gain):
                return True
    return False


def _window(total: int, step: int, steps: int, gain: int) -> int:
    """The sums of the others, one bit each, that come to a step with this gain on top."""
    low, high = gains_of_bin(step, steps, total) if total else (0, 0 if step == 0 else -1)
    low, high = max(low - gain, 0), high - gain
    return ((1 << (high - low + 1)) - 1) << low if low <= high else 0


class Neighbourhood:
    """The sums around each criterion, made when asked for, once for criteria that are alike."""

    def __init__(self, weighed: Rubric, over: Cases) -> None:
        self._weighed, self._over = weighed, over
        self._steps = weighed.form["steps"]
        self._drops = weighed.form["reward"]["shape"] == "weighted"
        self._whole = sum(item.total for item in weighed.proficiency.values())
        self._known: dict[tuple[Item, _Pattern, Move, Move], bool] = {}
        self._last: tuple[tuple[Item, _Pattern], State] | None = None

    def apart(self, name: str, left: Move, right: Move) -> bool:
        """Whether two answers are told apart in some case. Raises `TooLarge`."""
        item = self._weighed.proficiency[name]
        over = where(self._over, name)
        if over is None:
            return False
        equal = left.total == right.total
        if equal and abs(left.gain - right.gain) * self._steps > self._whole:
            return True  # More than a step, whatever the rest.
        alike = item, _pattern(over)
        asked = (*alike, left, right)
        if asked not in self._known:
            if self._last is None or self._last[0] != alike:
                self._last = alike, sums(self._weighed, over, without=name)
            self._known[asked] = told_apart(self._last[1], self._steps, left, right, self._drops)
        return self._known[asked]


_Pattern = tuple[tuple[frozenset[str], ...], ...]


def _pattern(over: Cases) -> _Pattern:
    """What is set aside in which cases.

    Two criteria with the same item that apply in the same cases leave the same sums behind.
    """
    return tuple(tuple(case.off for case in part) for part in over.components)


def pairs(item: Item) -> Iterator[tuple[Move, Move]]:
    """Answers of which some two are told apart if any two are.

    The step grows with the gain, so the least and the greatest decide about all between; falling
    away is held against both.
    """
    low, high = Move(item.total, item.gains[0]), Move(item.total, item.gains[-1])
    yield low, high
    if item.may_skip:
        yield low, Move(0, 0)
        yield high, Move(0, 0)
