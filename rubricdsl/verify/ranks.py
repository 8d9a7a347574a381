"""Claims about `centred`, whose rewards are there in whole groups alone."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from .. import ir
from .emitted import Emitted
from .groups import Group
from .meaning import Key
from .pool import Pool
from .rewards import ranked


def ranked_faults(
    rubric: ir.Rubric,
    gaps: Mapping[str, Fraction],
    pool: Pool,
    groups: Sequence[Group],
    emitted: Emitted,
    dice: random.Random,
    closed: bool,
) -> Iterator[str]:
    """What is not as it should be in groups of one case; `closed` says that P5 is claimed."""
    params = rubric.reward.params
    for group in groups:
        keys = [r.judged.key for r in group]
        exact = ranked(params, keys)
        if emitted.ranked(keys) != [e.numerator / e.denominator for e in exact]:
            yield f"reward.py ranks {keys} otherwise than {[str(e) for e in exact]}"
        yield from _order(keys, exact, gaps, bool(params.get("silent", 0)))
        if closed:
            yield from _failing(group, exact, pool, emitted, dice)


def _order(
    keys: Sequence[Key], exact: Sequence[Fraction], gaps: Mapping[str, Fraction], silent: bool
) -> Iterator[str]:
    """Equal places, equal rewards; a higher place, a higher reward, by no less than is said."""
    some_safe = any(not any(key[:3]) for key in keys)

    def place(key: Key) -> tuple[int, ...]:
        if not any(key[:3]):
            return (1, *key[3:])
        return (0,) if some_safe or silent else (0, *key[:3])

    rows = sorted(zip(map(place, keys), exact, strict=True), key=lambda row: row[0])
    for (low, worse), (high, better) in itertools.pairwise(rows):
        if low == high:
            if worse != better:
                yield f"equal places, and {worse} and {better}, among {list(keys)}"
            continue
        if low[0] != high[0]:
            name = "safety"
        elif len(low) > 3:
            name = "violations"
        else:
            name = "excellence" if low[1] == high[1] else "proficiency"
        if better - worse < gaps.get(name, Fraction(0)) or better <= worse:
            yield f"closer than {gaps.get(name)} in {name}, among {list(keys)}"


def _failing(
    group: Group,
    exact: Sequence[Fraction],
    pool: Pool,
    emitted: Emitted,
    dice: random.Random,
) -> Iterator[str]:
    """A response whose verdict fails does not gain, the others being what they are."""
    keys: list[Key | None] = [r.judged.key for r in group]
    place = dice.randrange(len(group))
    sheet = group[place].sheet
    if not sheet:
        return
    lost = {**sheet, dice.choice(sorted(sheet)): "cannot_assess"}
    keys[place] = emitted.key(lost, pool.case.row, pool.case.profile)
    after = emitted.ranked(keys)[place]
    before = exact[place].numerator / exact[place].denominator
    if after is not None and after > before:
        yield f"a failed verdict earns more: {lost} instead of {sheet}"
