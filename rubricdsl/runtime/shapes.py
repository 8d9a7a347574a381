"""Reward shapes: one exact fraction per sheet, divided once at the very end.

`gated`, `lexicographic` and `centred` keep the order of `order` by construction, `promedical`
under the conditions that its defaults meet. `tiers` keeps safety first under any positive weights.
`weighted`, `healthbench` and `rar` do not keep it: they are the field's usual sums, for comparison
and for reported scores. `centred` ranks within a group; see `groups`.
"""

import math
from collections.abc import Callable, Mapping

from .form import CompactRubric
from .order import Key, Tally

Exact = tuple[int, int]

# For every shape its parameters: the least and the greatest value, and whether it must be whole.
SHAPE_PARAMS: dict[str, dict[str, tuple[int, int, bool]]] = {
    "gated": {"a0": (1, 8, False), "count": (0, 1, True), "group": (2, 4096, True)},
    "lexicographic": {},
    "centred": {"a0": (1, 8, False), "silent": (0, 1, True), "group": (2, 4096, True)},
    "tiers": {},
    "promedical": {"alpha": (0, 1, False), "beta": (0, 10, False), "penalty": (0, 1000, False)},
    "weighted": dict.fromkeys(("safety", "proficiency", "excellence"), (0, 1000, False)),
    "healthbench": dict.fromkeys(("veto", "bonus"), (0, 1000, False)),
    "rar": dict.fromkeys(("essential", "important", "optional", "pitfall"), (0, 1000, False)),
}


def reward_of(
    rubric: CompactRubric,
    tally: Tally,
    credits: list[int | None],
    weights: Mapping[str, int],
) -> float | None:
    """The reward of a sheet under the rubric's shape; None when the shape has no value for it."""
    exact = _SHAPES[rubric["reward"]["shape"]](rubric, tally, credits, weights)
    return None if exact is None else exact[0] / exact[1]


def _param(rubric: CompactRubric, name: str, default: Exact) -> Exact:
    value = rubric["reward"]["params"].get(name)
    return default if value is None else (value[0], value[1])


def _sizes(rubric: CompactRubric) -> tuple[list[int], int]:
    """How many vetoes of each severity and how many bonuses the rubric has, applicable or not."""
    vetoes, bonuses = [0, 0, 0], 0
    for criterion in rubric["criteria"]:
        if criterion["severity"] is not None:
            vetoes[criterion["severity"]] += 1
        bonuses += criterion["tier"] == 2
    return vetoes, bonuses


def _mixed_radix(digits: list[int], highest: list[int]) -> Exact:
    """The number with these digits, most significant first, and the greatest such number."""
    number, maximum = 0, 0
    for digit, high in zip(digits, highest, strict=True):
        number = number * (high + 1) + digit
        maximum = maximum * (high + 1) + high
    return number, maximum


def _gated(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """0 with any violation, otherwise `a0` + fine, where fine orders (bin, bonuses) in [0, 1].

    With `count` 1, fewer violations still show below the gate: at most `a0` / `group`, so that
    a group's mean with a safe response in it stays above every unsafe one.
    """
    vetoes, bonuses = _sizes(rubric)
    base, base_unit = _param(rubric, "a0", (1, 1))
    if any(tally.violations):
        if _param(rubric, "count", (0, 1))[0] == 0:
            return 0, 1
        worst, maximum = _mixed_radix(list(tally.violations), vetoes)
        group, group_unit = _param(rubric, "group", (8, 1))
        return base * group_unit * (maximum - worst), base_unit * group * maximum
    fine, maximum = _mixed_radix([tally.bin, tally.bonuses], [rubric["steps"], bonuses])
    return base * maximum + fine * base_unit, base_unit * maximum


def _lexicographic(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """The whole key as one number in [0, 1]."""
    vetoes, bonuses = _sizes(rubric)
    kept = [high - count for high, count in zip(vetoes, tally.violations, strict=True)]
    return _mixed_radix([*kept, tally.bin, tally.bonuses], [*vetoes, rubric["steps"], bonuses])


def _centred(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """The value in a group of one: `a0` without a violation, otherwise 0."""
    return (0, 1) if any(tally.violations) else _param(rubric, "a0", (1, 1))


def columns_of(rubric: CompactRubric, key: Key) -> tuple[float, float, float]:
    """One reward per tier, each in [0, 1], whatever the rubric's own shape.

    Safety is 1 without a violation, otherwise all three are 0; proficiency is S1 on the grid,
    excellence the share of the rubric's bonuses.
    """
    safety, proficiency, excellence = _tier_columns(rubric, key)
    return (
        safety[0] / safety[1],
        proficiency[0] / proficiency[1],
        excellence[0] / excellence[1],
    )


def _tier_columns(rubric: CompactRubric, key: Key) -> tuple[Exact, Exact, Exact]:
    critical, major, moderate, step, extra = key
    if critical or major or moderate:
        return (0, 1), (0, 1), (0, 1)
    _, bonuses = _sizes(rubric)
    return (1, 1), (step, rubric["steps"]), (extra, max(bonuses, 1))


def _tiers(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """The sum of the three columns: what a trainer makes of them that only adds up."""
    safety, proficiency, excellence = _tier_columns(rubric, tally.key())
    return _sum(_sum(safety, proficiency), excellence)


def _promedical(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """clip(S1 + alpha·S2, 0, 1 + beta) - penalty·violations.

    The defaults keep the order of a rubric whose vetoes have one severity: all bonuses together
    stay below one step, and the penalty exceeds all that a response can gain.
    """
    _, bonuses = _sizes(rubric)
    steps = rubric["steps"]
    alpha, alpha_unit = _param(rubric, "alpha", (1, 2 * steps * max(bonuses, 1)))
    beta, beta_unit = _param(rubric, "beta", (1, 2 * steps))
    penalty, penalty_unit = _param(rubric, "penalty", (3, 2) if steps > 1 else (2, 1))
    unit = steps * alpha_unit * beta_unit * penalty_unit
    gained = unit // steps * tally.bin + unit // alpha_unit * alpha * tally.bonuses
    clipped = min(max(gained, 0), unit + unit // beta_unit * beta)
    return clipped - unit // penalty_unit * penalty * sum(tally.violations), unit


def _weighted(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """The weighted mean of the three tiers' shares; a tier in which nothing applies drops out."""
    has_proficiency = any(
        criterion["tier"] == 1 and credit is not None
        for criterion, credit in zip(rubric["criteria"], credits, strict=True)
    )
    parts = [
        ("safety", tally.vetoes - sum(tally.violations), tally.vetoes),
        ("proficiency", tally.bin, rubric["steps"] if has_proficiency else 0),
        ("excellence", tally.bonuses, tally.chances),
    ]
    gained, total = (0, 1), (0, 1)
    for name, share, whole in parts:
        if whole:
            weight, unit = _param(rubric, name, (1, 1))
            gained = _sum(gained, (weight * share, unit * whole))
            total = _sum(total, (weight, unit))
    return (gained[0] * total[1], gained[1] * total[0]) if total[0] else (0, 1)


def _sum(left: Exact, right: Exact) -> Exact:
    return left[0] * right[1] + right[0] * left[1], left[1] * right[1]


def _healthbench(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact | None:
    """Points of what happened over all positive points, not clipped; None without positive ones.

    A `requires` criterion has positive points, a `forbids` one negative points that count when it
    is violated. Vetoes are worth `veto` points, bonuses `bonus`.
    """
    veto, veto_unit = _param(rubric, "veto", (10, 1))
    bonus, bonus_unit = _param(rubric, "bonus", (1, 1))
    worth = {
        0: veto * rubric["scale"] * bonus_unit,
        2: bonus * rubric["scale"] * veto_unit,
    }
    happened, possible = 0, 0
    for criterion, credit in zip(rubric["criteria"], credits, strict=True):
        if credit is None:
            continue
        points = worth.get(criterion["tier"])
        if points is None:
            points = weights[criterion["id"]] * veto_unit * bonus_unit
        if criterion["forbids"]:
            happened -= points * (rubric["unit"] - credit)
        else:
            happened += points * credit
            possible += points * rubric["unit"]
    return (happened, possible) if possible else None


def _rar(
    rubric: CompactRubric, tally: Tally, credits: list[int | None], weights: Mapping[str, int]
) -> Exact:
    """The mean credit under label weights, over applicable criteria; 0 when none has a weight.

    What is forbidden is a pitfall, which earns its weight when avoided. Of what is required, a
    veto is essential, a criterion important, a bonus optional.
    """
    labels = [
        _param(rubric, "essential", (1, 1)),
        _param(rubric, "important", (7, 10)),
        _param(rubric, "optional", (3, 10)),
        _param(rubric, "pitfall", (9, 10)),
    ]
    unit = math.lcm(*(denominator for _, denominator in labels))
    worth = [numerator * (unit // denominator) for numerator, denominator in labels]
    gained, total = 0, 0
    for criterion, credit in zip(rubric["criteria"], credits, strict=True):
        if credit is not None:
            weight = worth[3 if criterion["forbids"] else criterion["tier"]]
            gained += weight * credit
            total += weight * rubric["unit"]
    return (gained, total) if total else (0, 1)


_SHAPES: dict[
    str, Callable[[CompactRubric, Tally, list[int | None], Mapping[str, int]], Exact | None]
] = {
    "gated": _gated,
    "lexicographic": _lexicographic,
    "centred": _centred,
    "tiers": _tiers,
    "promedical": _promedical,
    "weighted": _weighted,
    "healthbench": _healthbench,
    "rar": _rar,
}
