"""Whether the grid can tell two answers to one criterion apart, whatever the others are worth."""

from collections.abc import Iterator
from typing import NamedTuple

from ..analysis.cases import Cases
from ..analysis.reach import Rubric, governed, sums
from ..analysis.sums import Item, State, TooLarge, gains_of_bin
from ..runtime.order import round_half_even
from .rows import first
from .subject import where


class Move(NamedTuple):
    """What an answer adds to the total weight and to the gain; nothing where it falls away."""

    total: int
    gain: int


def moves(item: Item) -> list[Move]:
    """One move per answer, worst first, falling away last."""
    found = [Move(item.total, gain) for gain in item.gains]
    return [*found, Move(0, 0)] if item.may_skip else found


def told_apart(state: State, steps: int, left: Move, right: Move) -> bool:
    """Whether some sum of the others comes to different steps with the one and the other."""
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
                try:
                    self._last = alike, sums(self._weighed, over, without=name)
                except TooLarge:
                    if not self._on_the_way(name, over, left, right):
                        raise
                    self._known[asked] = True
                    return True
            self._known[asked] = told_apart(self._last[1], self._steps, left, right)
        return self._known[asked]

    def drops(self, name: str) -> bool:
        """Whether `weighted` shows that a criterion falls away as the last one of its tier.

        The tier then drops out of the mean, which shows beside another tier that counts. Raises
        `TooLarge`.
        """
        form, over = self._weighed.form, where(self._over, name)
        if form["reward"]["shape"] != "weighted" or over is None:
            return False
        if not self._weighed.proficiency[name].may_skip:
            return False
        factors = form["reward"]["params"]
        if not factors.get("proficiency", [1, 1])[0]:
            return False
        for other in form["criteria"]:
            factor = factors.get(("safety", "proficiency", "excellence")[other["tier"]], [1, 1])
            there = where(over, other["id"]) if other["tier"] != 1 and factor[0] else None
            if there is not None and 0 in sums(self._weighed, there, without=name):
                return True
        return False

    def _on_the_way(self, name: str, over: Cases, left: Move, right: Move) -> bool:
        """Whether they are told apart by a sheet of the first case in which the least weights, or
        the greatest, have all they can get and the others nothing."""
        off = governed(first(over))
        items = [i for n, i in self._weighed.proficiency.items() if n != name and n not in off]
        items.sort(key=lambda item: item.total)
        total = sum(item.total for item in items)
        for row in (items, items[::-1]):
            gain = sum(item.gains[0] for item in row)
            for item in (None, *row):
                gain += item.gains[-1] - item.gains[0] if item else 0
                steps = (self._step(total + m.total, gain + m.gain) for m in (left, right))
                if len(set(steps)) == 2:
                    return True
        return False

    def _step(self, total: int, gain: int) -> int:
        return round_half_even(gain * self._steps, total) if total else 0


_Pattern = tuple[tuple[frozenset[str], ...], ...]


def _pattern(over: Cases) -> _Pattern:
    """What is set aside in which cases.

    Two criteria with the same item that apply in the same cases leave the same sums behind.
    """
    return tuple(tuple(case.off for case in part) for part in over.components)


def pairs(item: Item) -> Iterator[tuple[Move, Move]]:
    """Answers of which some two are told apart if any two are.

    The step grows with the gain, so the least and the greatest decide about all between; and where
    these two come to the same, falling away differs from both or from neither.
    """
    low = Move(item.total, item.gains[0])
    yield low, Move(item.total, item.gains[-1])
    if item.may_skip:
        yield low, Move(0, 0)
