"""Scores of points: what happened over what was possible, by dynamic programming over both.

A state maps each possible sum to the set of happened sums, one bit each; sums may be negative, so
bit `zero` stands for 0.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from ..analysis.answers import Answer, answers
from ..analysis.cases import Cases
from ..analysis.reach import Rubric, governed
from ..analysis.samples import Case, Sample, sample
from ..analysis.sums import MAX_BITS, State, TooLarge

MAX_SCORES = 300_000


class Option(NamedTuple):
    """An answer and its points."""

    answer: Answer
    happened: int
    possible: int


class Points(NamedTuple):
    """The options of each criterion, in a common unit, and the bit that stands for 0."""

    options: dict[str, list[Option]]
    zero: int


def points(rubric: Rubric) -> Points:
    """The points of every answer, their common factor divided out."""
    worth, found = rubric.points, {}
    if worth is None:
        raise ValueError(f"{rubric.form['reward']['shape']} has no points")
    for criterion in rubric.form["criteria"]:
        found[criterion["id"]] = [
            Option(a, *((0, 0) if a.credit is None else worth(criterion, a.credit, rubric.weights)))
            for a in answers(rubric.form, criterion)
        ]
    factor = math.gcd(*(n for each in found.values() for o in each for n in o[1:])) or 1
    options = {
        name: [Option(o.answer, o.happened // factor, o.possible // factor) for o in each]
        for name, each in found.items()
    }
    zero = -sum(min(0, *(option.happened for option in each)) for each in options.values())
    return Points(options, zero)


def scores(found: Points, over: Cases) -> State:
    """All sums that sheets of these cases have. Raises `TooLarge`."""
    off = governed(over)
    if found.zero > MAX_BITS:
        raise TooLarge
    state = {0: 1 << found.zero}
    for name in found.options:
        if name not in off:
            state = _extended(state, found, name)
    for part in over.components:
        names = {name for case in part for name in case.off}
        branches: State = {}
        for chosen in {frozenset(names - case.off) for case in part}:
            branch = state
            for name in sorted(chosen):
                branch = _extended(branch, found, name)
            for possible, happened in branch.items():
                branches[possible] = branches.get(possible, 0) | happened
        state = branches
    return state


def _extended(state: State, found: Points, name: str) -> State:
    widest = max(abs(option.happened) for option in found.options[name])
    if sum(happened.bit_length() + widest for happened in state.values()) > MAX_BITS:
        raise TooLarge
    grown: State = {}
    for possible, happened in state.items():
        for more, room in {(o.happened, o.possible) for o in found.options[name]}:
            moved = happened << more if more >= 0 else happened >> -more
            grown[possible + room] = grown.get(possible + room, 0) | moved
    return grown


def ends(shape: str, state: State, zero: int) -> tuple[Fraction, Fraction] | None:
    """The least and the greatest score; None where there is none."""
    found: list[Fraction] = []
    for possible, happened in state.items():
        if possible:
            low = (happened & -happened).bit_length() - 1 - zero
            found += [Fraction(low, possible), Fraction(happened.bit_length() - 1 - zero, possible)]
        elif shape == "rar":
            found.append(Fraction(0))
    return (min(found), max(found)) if found else None


def distinct(shape: str, state: State, zero: int) -> int | None:
    """How many different scores there are; None for more than can be listed."""
    with_room = {possible: happened for possible, happened in state.items() if possible}
    nothing = shape == "rar" and 0 in state
    if len(with_room) == 1:
        (happened,) = with_room.values()
        return happened.bit_count() + (nothing and not happened >> zero & 1)
    if sum(happened.bit_count() for happened in with_room.values()) > MAX_SCORES:
        return None
    found = {Fraction(0)} if nothing else set()
    for possible, happened in with_room.items():
        found |= {Fraction(gain - zero, possible) for gain in _bits(happened)}
    return len(found)


def _bits(value: int) -> Iterator[int]:
    for place, bit in enumerate(bin(value)[:1:-1]):
        if bit == "1":
            yield place


def with_score(case: Case, found: Points, score: Fraction) -> Sample | None:
    """A sheet of a case with this score. Raises `TooLarge`."""
    states = [{0: 1 << found.zero}]
    for name in case.answers:
        states.append(_extended(states[-1], found, name))
    for possible, sums in states[-1].items():
        exact = score * possible + found.zero
        if not possible and score:
            continue
        if exact.denominator == 1 and exact >= 0 and sums >> exact.numerator & 1:
            return _traced(case, found, states, possible, exact.numerator)
    return None


def _traced(
    case: Case, found: Points, states: list[State], possible: int, happened: int
) -> Sample | None:
    chosen: dict[str, Answer] = {}
    for name, before in zip(reversed(case.answers), reversed(states[:-1]), strict=True):
        for option in reversed(found.options[name]):
            rest = happened - option.happened
            if rest >= 0 and before.get(possible - option.possible, 0) >> rest & 1:
                chosen[name] = option.answer
                possible, happened = possible - option.possible, rest
                break
    given = {name: chosen[name] for name in case.answers}
    return sample(case, given)
