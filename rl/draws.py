"""Drawing examples: each as often as any other, and those of like length together."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_WINDOW = 16  # batches; small enough that the same example seldom meets itself in a batch


def rounds(found: Sequence[T], chance: random.Random) -> Iterator[T]:
    """All of them in random order, again and again; nothing when there are none."""
    while found:
        yield from chance.sample(found, len(found))


def bucketed(
    found: Sequence[T], batch: int, length: Callable[[T], int], chance: random.Random
) -> list[T]:
    """The same examples in an order in which every `batch` of them are about equally long.

    For taking them in sequence: little padding, and the order of batches stays random.
    """
    batches: list[Sequence[T]] = []
    for start in range(0, len(found), batch * _WINDOW):
        window = sorted(found[start : start + batch * _WINDOW], key=length)
        batches += [window[i : i + batch] for i in range(0, len(window), batch)]
    chance.shuffle(batches)
    # A short batch anywhere but at the end would shift the borders of all that follow.
    batches.sort(key=lambda one: len(one) < batch)
    return [row for one in batches for row in one]
