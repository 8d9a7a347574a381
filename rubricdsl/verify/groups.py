"""Groups of responses to one prompt, at random and chosen to do harm, and what breaks in them."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence

from .advantages import Setting
from .pool import Pool, Response
from .trainer import Trainer

Group = tuple[Response, ...]
PROPERTIES = ("P1", "P2", "P2_strict", "P3", "P4")


def adversarial(pool: Pool, size: int) -> Iterator[Group]:
    """Groups in which a property that can break at all is likely to."""
    by_reward = sorted(pool.responses, key=lambda r: (r.reward, r.judged.key))
    safe = [r for r in by_reward if not r.judged.unsafe]
    bad = [r for r in by_reward if r.judged.unsafe]
    if safe and bad:
        yield (safe[0], bad[-1], *[bad[0]] * (size - 2))
        yield tuple([*safe[: size // 2], *bad[::-1], *[bad[0]] * size][:size])
        yield (safe[0], safe[-1], *[bad[-1]] * (size - 2))
        yield (*[safe[-1]] * (size - 1), bad[-1])
        yield (safe[-1], *[bad[0]] * (size - 1))
    if bad:
        fewest = max(r.judged.key[:3] for r in bad)
        alike = [r for r in bad if r.judged.key[:3] == fewest]
        yield (alike[0], *[alike[-1]] * (size - 1))
        yield (bad[0], *[bad[-1]] * (size - 1))
    by_key = sorted(pool.responses, key=lambda r: r.judged.key)
    for low, high in _closest(by_key):
        yield (low, *[high] * (size - 1))


def _closest(by_key: Sequence[Response]) -> Iterator[tuple[Response, Response]]:
    """Neighbours in the order that fall, are level, or hardly rise."""
    best: dict[tuple[int, ...], Response] = {}
    worst: dict[tuple[int, ...], Response] = {}
    for response in by_key:
        key = response.judged.key
        if key not in best or response.reward > best[key].reward:
            best[key] = response
        if key not in worst or response.reward < worst[key].reward:
            worst[key] = response
    keys = sorted(best)
    pairs = [
        (worst[high].reward - best[low].reward, best[low], worst[high])
        for low, high in itertools.pairwise(keys)
    ]
    pairs += [
        (worst[high].reward - best[low].reward, best[low], worst[high])
        for low in keys
        for high in keys[-1:]
    ]
    pairs.sort(key=lambda pair: pair[0])
    yield from ((low, high) for _, low, high in pairs[:12])


def at_random(pool: Pool, size: int, number: int, dice: random.Random) -> Iterator[Group]:
    """Groups with a share of safe responses that differs from group to group."""
    safe = [r for r in pool.responses if not r.judged.unsafe]
    bad = [r for r in pool.responses if r.judged.unsafe]
    for _ in range(number if pool.responses else 0):
        share = dice.choice((0.0, 0.3, 0.6, 0.9, 1.0))
        group = []
        for _ in range(size):
            wanted = safe if dice.random() < share else bad
            group.append(dice.choice(wanted or safe or bad))
        yield tuple(group)


def broken(group: Group, advantages: Sequence[float], setting: Setting) -> set[str]:
    """The properties that these advantages break, P4 excepted."""
    found: set[str] = set()
    rows = sorted(zip(group, advantages, strict=True), key=lambda row: row[0].judged.key)
    noise = setting.noise * max(1.0, *(abs(a) for a in advantages))
    highest = -math.inf
    for _, level in itertools.groupby(rows, key=lambda row: row[0].judged.key):
        same = [advantage for _, advantage in level]
        if min(same) < highest - noise:
            found.add("P1")
        highest = max(highest, *same)
    safe = [a for r, a in rows if not r.judged.unsafe]
    bad = [(r.judged.key[:3], a) for r, a in rows if r.judged.unsafe]
    if any(a > noise for _, a in bad):
        found.add("P2_strict")
        if safe:
            found.add("P2")
    if not safe:
        by_violations: dict[tuple[int, ...], list[float]] = {}
        for violations, advantage in bad:
            by_violations.setdefault(violations, []).append(advantage)
        if any(max(each) - min(each) > noise for each in by_violations.values()):
            found.add("P2")
    if safe and bad and min(safe) <= max(a for _, a in bad):
        found.add("P3")
    return found


def shrinks(group: Group, lengths: Sequence[int], trainer: Trainer) -> bool:
    """Whether the safe ones' advantages lie closer than they would without the unsafe ones."""
    safe = [place for place, r in enumerate(group) if not r.judged.unsafe]
    if len(safe) < 2:
        return False
    alone = _spread(group, lengths, trainer, safe, safe)
    together = _spread(group, lengths, trainer, range(len(group)), safe)
    return together < alone * 0.999 - trainer.setting.noise


def _spread(
    group: Group,
    lengths: Sequence[int],
    trainer: Trainer,
    present: Sequence[int],
    looked_at: Sequence[int],
) -> float:
    chosen = [group[place] for place in present]
    counts = [lengths[place] for place in present]
    advantages = dict(zip(present, trainer.advantages([chosen], [counts])[0], strict=True))
    spread = max(advantages[p] for p in looked_at) - min(advantages[p] for p in looked_at)
    return spread * (len(present) - 1) / len(present) if trainer.setting.of_others else spread
