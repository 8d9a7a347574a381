"""The shape `centred`: rewards from ranks among the responses to one prompt.

Only the order counts, so that the spread among the safe responses is the same whatever weights
and steps the rubric has, and whoever else is in the group.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from .form import CompactRubric
from .order import Key
from .shapes import Exact

LEAST_RANKED = -0.5
"""The least reward of a group: of the worst answer where none is safe."""


def is_ranked(rubric: CompactRubric) -> bool:
    """Whether a reward of this rubric needs the whole group."""
    return rubric["reward"]["shape"] == "centred"


def group_rewards(rubric: CompactRubric, keys: Sequence[Key | None]) -> list[float | None]:
    """The rewards of one group under `centred`, from the keys of its responses.

    A response without a key was dropped: it has no reward and is outside the group. With a safe
    response in the group, an unsafe one gets 0 and a safe one `a0` + rank / 2. Without one, all
    get rank / 2 by their violations alone, or 0 with `silent` 1.
    """
    params = rubric["reward"]["params"]
    base, base_unit = params.get("a0", [1, 1])
    present = [key for key in keys if key is not None]
    safe = sorted(key for key in present if _is_safe(key))
    counts = sorted(key[:3] for key in present)
    silent = params.get("silent", [0, 1])[0]

    def value(key: Key) -> Exact:
        if safe:
            if not _is_safe(key):
                return 0, 1
            rank, size = _centred_rank(key, safe)
            return 2 * base * size + rank * base_unit, 2 * base_unit * size
        if silent:
            return 0, 1
        rank, size = _centred_rank(key[:3], counts)
        return rank, 2 * size

    exact = [None if key is None else value(key) for key in keys]
    return [None if pair is None else pair[0] / pair[1] for pair in exact]


def _is_safe(key: Key) -> bool:
    return not any(key[:3])


def _centred_rank(key: tuple[int, ...], ordered: Sequence[Any]) -> Exact:
    """The mid-rank of a key among `ordered`, moved and scaled to [-1, 1]; 0 when it is alone.

    As many are worse, less as many are better, over the number of the others.
    """
    worse = bisect_left(ordered, key)
    better = len(ordered) - bisect_right(ordered, key)
    return worse - better, max(len(ordered) - 1, 1)
