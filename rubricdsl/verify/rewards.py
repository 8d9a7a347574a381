"""The reward shapes once more, for the checker alone, as sums of fractions. One entry per shape."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from .. import ir
from .meaning import Key

Params = Mapping[str, Fraction]
Credits = Mapping[str, Fraction]


def _most(rubric: ir.Rubric) -> list[int]:
    """How many vetoes of each severity, and how many bonuses, a rubric has."""
    vetoes = [sum(c.severity == s for c in rubric.criteria) for s in ir.SEVERITIES]
    return [*vetoes, sum(c.tier == "excellence" for c in rubric.criteria)]


def _share(places: list[tuple[int, int]]) -> Fraction:
    """Where digits stand among all numbers with digits up to the second of each pair, in [0, 1]."""
    value, highest, worth = 0, 0, 1
    for digit, most in reversed(places):
        value, highest, worth = value + digit * worth, highest + most * worth, worth * (most + 1)
    return Fraction(value, highest) if highest else Fraction(0)


def _gated(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    critical, major, moderate, bonuses = _most(rubric)
    base = params.get("a0", Fraction(1))
    if not any(key[:3]):
        return base + _share([(key[3], rubric.steps), (key[4], bonuses)])
    if not params.get("count", 0):
        return Fraction(0)
    worst = _share([(-key[0], critical), (-key[1], major), (-key[2], moderate)])
    return base * (1 - worst) / params.get("group", Fraction(8))


def _lexicographic(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    most = _most(rubric)
    kept = [(most[k] + key[k], most[k]) for k in range(3)]
    return _share([*kept, (key[3], rubric.steps), (key[4], most[3])])


def _promedical(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    steps = rubric.steps
    alpha = params.get("alpha", Fraction(1, 2 * steps * max(_most(rubric)[3], 1)))
    beta = params.get("beta", Fraction(1, 2 * steps))
    penalty = params.get("penalty", Fraction(2) if steps == 1 else Fraction(3, 2))
    gain = Fraction(key[3], steps) + alpha * key[4]
    return min(max(gain, Fraction(0)), 1 + beta) + penalty * sum(key[:3])


def _weighted(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    counts = dict.fromkeys(ir.TIERS, 0)
    for criterion in rubric.criteria:
        counts[criterion.tier] += criterion.id in credits
    gained = mass = Fraction(0)
    parts: dict[ir.Tier, tuple[int, int]] = {
        "safety": (counts["safety"] + sum(key[:3]), counts["safety"]),
        "proficiency": (key[3], rubric.steps if counts["proficiency"] else 0),
        "excellence": (key[4], counts["excellence"]),
    }
    for tier, (part, whole) in parts.items():
        if whole:
            gained += params.get(tier, Fraction(1)) * Fraction(part, whole)
            mass += params.get(tier, Fraction(1))
    return gained / mass if mass else Fraction(0)


def _healthbench(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction | None:
    happened = possible = Fraction(0)
    for criterion in rubric.criteria:
        if criterion.id not in credits:
            continue
        points = weighed.get(criterion.id, params.get("bonus", Fraction(1)))
        if criterion.tier == "safety":
            points = params.get("veto", Fraction(10))
        if criterion.polarity == "requires":
            happened += points * credits[criterion.id]
            possible += points
        else:
            happened -= points * (1 - credits[criterion.id])
    return happened / possible if possible else None


def _centred(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    """Of a group of one; see `ranked`."""
    return Fraction(0) if any(key[:3]) else params.get("a0", Fraction(1))


def _tiers(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    return sum(columns(rubric, key), Fraction(0))


def _rar(
    rubric: ir.Rubric, params: Params, key: Key, credits: Credits, weighed: Credits
) -> Fraction:
    labels = {"safety": "essential", "proficiency": "important", "excellence": "optional"}
    usual = {"essential": (1, 1), "important": (7, 10), "optional": (3, 10), "pitfall": (9, 10)}
    gained = whole = Fraction(0)
    for criterion in rubric.criteria:
        if criterion.id in credits:
            label = "pitfall" if criterion.polarity == "forbids" else labels[criterion.tier]
            worth = params.get(label, Fraction(*usual[label]))
            gained += worth * credits[criterion.id]
            whole += worth
    return gained / whole if whole else Fraction(0)


def columns(rubric: ir.Rubric, key: Key) -> list[Fraction]:
    """One reward per tier, all 0 with a violation."""
    if any(key[:3]):
        return [Fraction(0)] * 3
    return [Fraction(1), Fraction(key[3], rubric.steps), Fraction(key[4], max(_most(rubric)[3], 1))]


def ranked(params: Params, keys: Sequence[Key]) -> list[Fraction]:
    """The rewards of a whole group under `centred`: how many each beats, less how many beat it."""
    safe = [key for key in keys if not any(key[:3])]

    def share(mine: tuple[int, ...], all_: Sequence[tuple[int, ...]]) -> Fraction:
        beaten = sum(other < mine for other in all_) - sum(other > mine for other in all_)
        return Fraction(beaten, 2 * max(len(all_) - 1, 1))

    found = []
    for key in keys:
        if safe:
            base = params.get("a0", Fraction(1))
            found.append(Fraction(0) if any(key[:3]) else base + share(key, safe))
        elif params.get("silent", 0):
            found.append(Fraction(0))
        else:
            found.append(share(key[:3], [other[:3] for other in keys]))
    return found


REWARDS: dict[str, Callable[..., Fraction | None]] = {
    "gated": _gated,
    "lexicographic": _lexicographic,
    "promedical": _promedical,
    "weighted": _weighted,
    "healthbench": _healthbench,
    "centred": _centred,
    "tiers": _tiers,
    "rar": _rar,
}
