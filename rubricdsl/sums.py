"""A rubric's reward as a weighted sum of credits, which is all that most other formats can say.

`healthbench`, `rar`, `weighted` and `promedical` are such sums by their formulas. `lexicographic`
is one as well: the place values of its digits are the weights. A gate is none, because below it
nothing else may count; a rubric without vetoes has no gate.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from . import ir
from .printing import decimal

Place = tuple[Literal["criterion", "profile", "policy", "reward", "steps"], str]
"""What a loss is about: the kind, and the name of a criterion, a profile or a tier."""

MOST_STEPS = 1000
"""The finest grid that the language has."""


@dataclass(frozen=True)
class Sum:
    """`reward = offset + slope * sum(weights[c] * credit of c)`.

    Where `loses` finds something, that holds in so far as the losses allow, and slope and offset
    mean nothing.
    """

    weights: Mapping[str, Fraction]
    slope: Fraction
    offset: Fraction = Fraction(0)


class Loss(NamedTuple):
    """What does not come through, in words that follow `cannot say`.

    `order` is whether answers may change places; otherwise they keep them, and only numbers differ
    or ties are broken.
    """

    place: Place
    what: str
    why: str
    hint: str
    order: bool = True

    def __str__(self) -> str:
        """In a file that cannot point at its source."""
        kind, name = self.place
        where = f"{name}: " if kind == "criterion" else ""
        return f"{where}{self.what} ({self.why})"


def as_sum(rubric: ir.Rubric) -> Sum:
    """The sum that is the reward, or the nearest: for a gate, the order that it cuts off."""
    match rubric.reward.shape:
        case "healthbench":
            return _healthbench(rubric)
        case "rar":
            return _rar(rubric)
        case "weighted":
            return _weighted(rubric)
        case "promedical":
            return _promedical(rubric)
        case "tiers" if not rubric.tier("safety"):
            return _tiers(rubric)
        case _:
            return _places(rubric)


def loses(rubric: ir.Rubric) -> Iterator[Loss]:
    """What is lost where the reward becomes a sum, apart from what a format has no words for."""
    shape = rubric.reward.shape
    if shape in ("gated", "tiers", "centred"):
        for veto in rubric.tier("safety"):
            yield Loss(
                ("criterion", veto.id),
                "a veto",
                f"with `reward {shape}` nothing else counts once it is violated, and in a sum all "
                "criteria go on counting",
                "`--shape lexicographic` is a reward that is a sum, in the order of the tiers",
            )
    if shape == "centred" and not rubric.tier("safety"):
        yield Loss(("reward", ""), "`centred`", "a rank within the group is no property of one "
                   "answer; the score has the same order", "", order=False)  # fmt: skip
    if shape == "promedical" and _is_clipped(rubric):
        yield Loss(("reward", ""), "a `beta` this small", "the gain is cut off at 1 + beta, and a "
                   "sum goes on", "leave beta out")  # fmt: skip
    yield from _grid(rubric)


def _grid(rubric: ir.Rubric) -> Iterator[Loss]:
    """The rounding of proficiency to steps, where it changes anything."""
    if rubric.reward.shape in ("healthbench", "rar"):
        return
    total = sum((_weight(c) for c in rubric.tier("proficiency")), Fraction(0))
    shares = [
        _weight(criterion) * credit / total
        for criterion in rubric.tier("proficiency")
        for credit in _credits(criterion)
    ]
    if all((share * rubric.steps).denominator == 1 for share in shares):
        return
    finer = math.lcm(*(share.denominator for share in shares))
    beside = [*rubric.tier("excellence")]
    if rubric.reward.shape in ("weighted", "promedical"):
        beside += rubric.tier("safety")
    hint = (
        f"with `proficiency in steps of 1/{finer}` every answer lies on the grid"
        if finer <= MOST_STEPS
        else "weights whose sum divides the number of steps leave nothing to round"
    )
    why = (
        "what the rounding ties, other tiers decide here, and a sum would not ask them"
        if beside
        else "answers that are tied here may be a little apart there"
    )
    yield Loss(("steps", ""), "rounding to steps", why, hint, order=bool(beside))


def _weight(criterion: ir.Criterion) -> Fraction:
    return criterion.weight if criterion.weight is not None else Fraction(0)


def _credits(criterion: ir.Criterion) -> list[Fraction]:
    return [level.credit for level in criterion.levels] or [Fraction(0), Fraction(1)]


def _param(rubric: ir.Rubric, name: str, default: Fraction | int) -> Fraction:
    return rubric.reward.params.get(name, Fraction(default))


def _healthbench(rubric: ir.Rubric) -> Sum:
    """Points over positive points; what a `forbids` costs is a point less than not to do it."""
    worth = {
        "safety": _param(rubric, "veto", 10),
        "excellence": _param(rubric, "bonus", 1),
    }
    weights = {c.id: worth.get(c.tier, _weight(c)) for c in rubric.criteria}
    positive = sum((weights[c.id] for c in rubric.criteria if c.polarity == "requires"), Fraction())
    negative = sum(weights.values(), Fraction()) - positive
    unit = positive or Fraction(1)
    return Sum(weights, 1 / unit, -negative / unit)


def _rar(rubric: ir.Rubric) -> Sum:
    labels = {
        "safety": _param(rubric, "essential", 1),
        "proficiency": _param(rubric, "important", Fraction(7, 10)),
        "excellence": _param(rubric, "optional", Fraction(3, 10)),
    }
    pitfall = _param(rubric, "pitfall", Fraction(9, 10))
    weights = {
        c.id: pitfall if c.polarity == "forbids" else labels[c.tier] for c in rubric.criteria
    }
    return Sum(weights, 1 / (sum(weights.values(), Fraction()) or Fraction(1)))


def _in_tiers(
    rubric: ir.Rubric, veto: Mapping[ir.Severity, Fraction], proficiency: Fraction, bonus: Fraction
) -> dict[str, Fraction]:
    """Weights from what a kept veto, full proficiency and a bonus are worth."""
    total = sum((_weight(c) for c in rubric.tier("proficiency")), Fraction())
    found = {}
    for criterion in rubric.criteria:
        if criterion.severity is not None:
            found[criterion.id] = veto[criterion.severity]
        elif criterion.tier == "excellence":
            found[criterion.id] = bonus
        else:
            found[criterion.id] = proficiency * _weight(criterion) / total
    return found


def _weighted(rubric: ir.Rubric) -> Sum:
    """The mean over the tiers that have anything."""
    parts = {tier: _param(rubric, tier, 1) for tier in ir.TIERS if rubric.tier(tier)}
    share = {tier: part / len(rubric.tier(tier)) for tier, part in parts.items()}
    veto = dict.fromkeys(ir.SEVERITIES, share.get("safety", Fraction()))
    weights = _in_tiers(
        rubric, veto, parts.get("proficiency", Fraction()), share.get("excellence", Fraction())
    )
    return Sum(weights, 1 / (sum(parts.values(), Fraction()) or Fraction(1)))


def _promedical(rubric: ir.Rubric) -> Sum:
    """One penalty per violation, whatever its severity."""
    penalty = _param(rubric, "penalty", Fraction(3, 2) if rubric.steps > 1 else 2)
    veto = dict.fromkeys(ir.SEVERITIES, penalty)
    weights = _in_tiers(rubric, veto, Fraction(1), _alpha(rubric))
    return Sum(weights, Fraction(1), -penalty * len(rubric.tier("safety")))


def _alpha(rubric: ir.Rubric) -> Fraction:
    return _param(rubric, "alpha", Fraction(1, 2 * rubric.steps * (_bonuses(rubric) or 1)))


def _is_clipped(rubric: ir.Rubric) -> bool:
    beta = _param(rubric, "beta", Fraction(1, 2 * rubric.steps))
    return _alpha(rubric) * _bonuses(rubric) > beta


def _bonuses(rubric: ir.Rubric) -> int:
    return len(rubric.tier("excellence"))


def _tiers(rubric: ir.Rubric) -> Sum:
    """The sum of the columns of a rubric without vetoes: safety is 1."""
    bonus = Fraction(1, _bonuses(rubric) or 1)
    return Sum(_in_tiers(rubric, {}, Fraction(1), bonus), Fraction(1), Fraction(1))


def _places(rubric: ir.Rubric) -> Sum:
    """The key as one number: a digit's place is worth all that the digits after it can say."""
    vetoes = [sum(c.severity == s for c in rubric.criteria) for s in ir.SEVERITIES]
    step = Fraction(_bonuses(rubric) + 1)
    place = step * (rubric.steps + 1)
    veto: dict[ir.Severity, Fraction] = {}
    for severity, count in reversed(list(zip(ir.SEVERITIES, vetoes, strict=True))):
        veto[severity] = place
        place *= count + 1
    weights = _in_tiers(rubric, veto, step * rubric.steps, Fraction(1))
    # Without a veto the fine part of `gated` is this number over its greatest, above `a0`.
    offset = _param(rubric, "a0", 1) if rubric.reward.shape == "gated" else Fraction()
    return Sum(weights, 1 / (place - 1), offset)


EXACT = 1 << 53
"""Sums of whole numbers below this are exact in floats."""


def spelled(rubric: ir.Rubric, found: Sum) -> Sum:
    """The same sum with weights as a file has them.

    Weights of proficiency alone, and points, stay as they are written. Otherwise they become the
    least whole numbers with which every credit adds a whole number, so that floats add them
    exactly.
    """
    weights: Mapping[str, Fraction] = found.weights
    written = rubric.reward.shape == "healthbench"
    if rubric.reward.shape != "rar" and all(c.tier == "proficiency" for c in rubric.criteria):
        weights = {criterion.id: _weight(criterion) for criterion in rubric.criteria}
        written = True
    if written and all(decimal(weight) is not None for weight in weights.values()):
        return _rescaled(found, weights)
    added = [
        weights[c.id] * credit for c in rubric.criteria for credit in (Fraction(1), *_credits(c))
    ]
    scale = math.lcm(*(value.denominator for value in added))
    common = math.gcd(*(int(value * scale) for value in added)) or 1
    return _rescaled(found, {name: w * scale / common for name, w in weights.items()})


def _rescaled(found: Sum, weights: Mapping[str, Fraction]) -> Sum:
    """The sum with weights that are all the same multiple of its own."""
    ratio = next((w / weights[name] for name, w in found.weights.items() if w), Fraction(1))
    return Sum(weights, found.slope * ratio, found.offset)


def smallest(rubric: ir.Rubric, found: Sum) -> Fraction:
    """No two different values of the sum are nearer to each other than this."""
    added = [found.weights[c.id] * credit for c in rubric.criteria for credit in _credits(c)]
    scale = math.lcm(*(value.denominator for value in added))
    return Fraction(math.gcd(*(int(value * scale) for value in added)), scale)
