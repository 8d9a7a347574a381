"""What is asked of a reward, whatever trainer then makes advantages of it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from .samples import Witness


class Fact(NamedTuple):
    """True: proved. False: refuted, by `witness`. None: neither was achieved."""

    holds: bool | None
    witness: Witness | None = None


UNKNOWN = Fact(None)
PROVED = Fact(True)


class Gap(NamedTuple):
    """The smallest difference of a kind, and the greater size of the two rewards that have it."""

    least: Fraction
    size: Fraction


@dataclass(frozen=True)
class Facts:
    """About any responses to one prompt.

    `group` is the size of the groups that these are about. `promise`: what the shape itself
    promises of the order. `monotone`: a greater key never has a smaller reward. `gate`: every safe
    response has more than every unsafe one. `blind`: among unsafe ones the reward depends on the
    violations alone. `flat`: all unsafe ones have the same. `mean`: with a safe response among
    `group`, no unsafe one exceeds the mean. `failing`: a verdict that turns into `cannot_assess`
    never raises a reward. `varied`: two safe responses that differ, and an unsafe one, if there
    are. `safe` and `unsafe` are the least and greatest rewards where they are known, `span` a bound
    on their difference. `largest_group` is the size up to which `mean` holds: None for any, 0 when
    it is not known. `columns` says that the shape also has one reward per tier, for trainers that
    divide each by its own deviation.
    """

    group: int
    promise: Fact
    monotone: Fact
    gate: Fact
    blind: Fact
    flat: Fact
    mean: Fact
    failing: Fact
    largest_group: int | None
    safe: tuple[Fraction, Fraction] | None
    unsafe: tuple[Fraction, Fraction] | None
    gaps: dict[str, Gap]
    varied: Witness | None
    span: Fraction | None
    columns: bool = False


MAX_GROUP = 4096
"""Group sizes beyond this are not told apart from any size at all."""


def largest_group(safe: Fraction, unsafe: Fraction, least: Fraction) -> int | None:
    """The largest group in which an unsafe reward cannot exceed the mean; None for any size.

    The mean is least with one safe response at its least and all others at the least reward there
    is. So the condition is `safe + (n - 2)·least ≥ (n - 1)·unsafe`, for every n from 2 on.
    """
    if unsafe == least:
        return None if safe >= unsafe else 1
    # safe - least >= (n - 1)·(unsafe - least)
    most = 1 + (safe - least) // (unsafe - least)
    return None if most >= MAX_GROUP else int(max(most, 1))
