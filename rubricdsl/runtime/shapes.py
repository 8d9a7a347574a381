"""Reward shapes: one exact fraction per sheet, divided once at the very end.

`gated`, `lexicographic` and `centred` keep the order of `order` by construction, `promedical`
under the conditions that its defaults meet. `tiers` keeps safety first under any positive weights.
`weighted`, `healthbench` and `rar` do not keep it: they are the field's usual sums, for comparison
and for reported scores. `centred` ranks within a group; see `groups`.

A shape is made for a rubric, with its sizes and parameters settled, and takes the tally of a sheet
and its points. `healthbench` and `rar` are sums of points; the other shapes look at the tally.
"""

import math
from collections.abc import Callable, Mapping

from .form import CompactCriterion, CompactRubric
from .order import Key, Tally

Exact = tuple[int, int]
Points = tuple[int, int]
ExactShape = Callable[[Tally, Points], Exact | None]
CriterionPoints = Callable[[CompactCriterion, int, Mapping[str, int]], Points]

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


def exact_reward(
    rubric: CompactRubric,
    tally: Tally,
    credits: list[int | None],
    weights: Mapping[str, int],
) -> Exact | None:
    """The reward of a sheet before the division: numerator and (positive) denominator.

    None when the shape has no value for it.
    """
    points = sum_of_points(rubric, points_for(rubric), credits, weights)
    return shape_for(rubric)(tally, points)


def sum_of_points(
    rubric: CompactRubric,
    worth: CriterionPoints | None,
    credits: list[int | None],
    weights: Mapping[str, int],
) -> Points:
    """The points of a sheet: what happened, and what was possible. `worth` is `points_for`'s."""
    happened, possible = 0, 0
    if worth is not None:
        for criterion, credit in zip(rubric["criteria"], credits, strict=True):
            if credit is not None:
                gained, most = worth(criterion, credit, weights)
                happened, possible = happened + gained, possible + most
    return happened, possible


def shape_for(rubric: CompactRubric) -> ExactShape:
    """The rubric's shape: from a tally and the points to the exact reward, None without a value."""
    return _SHAPES[rubric["reward"]["shape"]](rubric)


def looks_at_tally(rubric: CompactRubric) -> bool:
    """Whether the shape needs more of a sheet than its points."""
    return rubric["reward"]["shape"] not in ("healthbench", "rar")


def points_for(rubric: CompactRubric) -> CriterionPoints | None:
    """What a criterion with a credit adds to the points of a sheet; None where no shape asks."""
    make = _POINTS.get(rubric["reward"]["shape"])
    return None if make is None else make(rubric)


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


def _mixed_radix(digits: list[int], highest: list[int]) -> int:
    """The number with these digits, most significant first, each from 0 to its highest."""
    number = 0
    for digit, high in zip(digits, highest, strict=True):
        number = number * (high + 1) + digit
    return number


def _gated(rubric: CompactRubric) -> ExactShape:
    """0 with any violation, otherwise `a0` + fine, where fine orders (bin, bonuses) in [0, 1].

    With `count` 1, fewer violations still show below the gate: at most `a0` / `group`, so that
    a group's mean with a safe response in it stays above every unsafe one.
    """
    vetoes, bonuses = _sizes(rubric)
    base, base_unit = _param(rubric, "a0", (1, 1))
    counts = _param(rubric, "count", (0, 1))[0]
    group, group_unit = _param(rubric, "group", (8, 1))
    worst = _mixed_radix(vetoes, vetoes)
    most = _mixed_radix([rubric["steps"], bonuses], [rubric["steps"], bonuses])

    def exact(tally: Tally, points: Points) -> Exact:
        if any(tally.violations):
            if not counts:
                return 0, 1
            found = _mixed_radix(list(tally.violations), vetoes)
            return base * group_unit * (worst - found), base_unit * group * worst
        fine = tally.bin * (bonuses + 1) + tally.bonuses
        return base * most + fine * base_unit, base_unit * most

    return exact


def _lexicographic(rubric: CompactRubric) -> ExactShape:
    """The whole key as one number in [0, 1]."""
    vetoes, bonuses = _sizes(rubric)
    sizes = [*vetoes, rubric["steps"], bonuses]
    most = _mixed_radix(sizes, sizes)

    def exact(tally: Tally, points: Points) -> Exact:
        kept = [high - count for high, count in zip(vetoes, tally.violations, strict=True)]
        return _mixed_radix([*kept, tally.bin, tally.bonuses], sizes), most

    return exact


def _centred(rubric: CompactRubric) -> ExactShape:
    """The value in a group of one: `a0` without a violation, otherwise 0."""
    alone = _param(rubric, "a0", (1, 1))
    return lambda tally, points: (0, 1) if any(tally.violations) else alone


def columns_of(rubric: CompactRubric, key: Key) -> tuple[float, float, float]:
    """One reward per tier, each in [0, 1], whatever the rubric's own shape.

    Safety is 1 without a violation, otherwise all three are 0; proficiency is S1 on the grid,
    excellence the share of the rubric's bonuses.
    """
    if any(key[:3]):
        return 0.0, 0.0, 0.0
    _, bonuses = _sizes(rubric)
    return 1.0, key[3] / rubric["steps"], key[4] / max(bonuses, 1)


def _tiers(rubric: CompactRubric) -> ExactShape:
    """The sum of the three columns: what a trainer makes of them that only adds up."""
    steps, bonuses = rubric["steps"], max(_sizes(rubric)[1], 1)

    def exact(tally: Tally, points: Points) -> Exact:
        if any(tally.violations):
            return 0, 1
        return (steps + tally.bin) * bonuses + tally.bonuses * steps, steps * bonuses

    return exact


def _promedical(rubric: CompactRubric) -> ExactShape:
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
    step, bonus = unit // steps, unit // alpha_unit * alpha
    ceiling, violation = unit + unit // beta_unit * beta, unit // penalty_unit * penalty

    def exact(tally: Tally, points: Points) -> Exact:
        gained = step * tally.bin + bonus * tally.bonuses
        return min(max(gained, 0), ceiling) - violation * sum(tally.violations), unit

    return exact


def _weighted(rubric: CompactRubric) -> ExactShape:
    """The weighted mean of the three tiers' shares; a tier in which nothing applies drops out."""
    steps = rubric["steps"]
    factors = [_param(rubric, name, (1, 1)) for name in ("safety", "proficiency", "excellence")]

    def exact(tally: Tally, points: Points) -> Exact:
        shares = [
            (tally.vetoes - sum(tally.violations), tally.vetoes),
            (tally.bin, steps if points[1] else 0),
            (tally.bonuses, tally.chances),
        ]
        gained, total = (0, 1), (0, 1)
        for (weight, unit), (share, whole) in zip(factors, shares, strict=True):
            if whole:
                gained = _sum(gained, (weight * share, unit * whole))
                total = _sum(total, (weight, unit))
        return (gained[0] * total[1], gained[1] * total[0]) if total[0] else (0, 1)

    return exact


def _sum(left: Exact, right: Exact) -> Exact:
    return left[0] * right[1] + right[0] * left[1], left[1] * right[1]


def _proficiency_points(rubric: CompactRubric) -> CriterionPoints:
    """One possible point for each criterion of proficiency: whether any applies."""
    return lambda criterion, credit, weights: (0, int(criterion["tier"] == 1))


def _healthbench(rubric: CompactRubric) -> ExactShape:
    """Points of what happened over all positive points, not clipped; None without positive ones."""
    return lambda tally, points: points if points[1] else None


def _healthbench_points(rubric: CompactRubric) -> CriterionPoints:
    """A `requires` has positive points, a `forbids` negative ones that count when it is violated.

    Vetoes are worth `veto` points, bonuses `bonus`.
    """
    veto, veto_unit = _param(rubric, "veto", (10, 1))
    bonus, bonus_unit = _param(rubric, "bonus", (1, 1))
    unit = rubric["unit"]
    worth = {
        0: veto * rubric["scale"] * bonus_unit,
        2: bonus * rubric["scale"] * veto_unit,
    }

    def points(criterion: CompactCriterion, credit: int, weights: Mapping[str, int]) -> Points:
        value = worth.get(criterion["tier"])
        if value is None:
            value = weights[criterion["id"]] * veto_unit * bonus_unit
        return (
            (value * (credit - unit), 0) if criterion["forbids"] else (value * credit, value * unit)
        )

    return points


def _rar(rubric: CompactRubric) -> ExactShape:
    """The mean credit under label weights, over applicable criteria; 0 when none has a weight."""
    return lambda tally, points: points if points[1] else (0, 1)


def _rar_points(rubric: CompactRubric) -> CriterionPoints:
    """What is forbidden is a pitfall, which earns its weight when avoided.

    Of what is required, a veto is essential, a criterion important, a bonus optional.
    """
    labels = [
        _param(rubric, "essential", (1, 1)),
        _param(rubric, "important", (7, 10)),
        _param(rubric, "optional", (3, 10)),
        _param(rubric, "pitfall", (9, 10)),
    ]
    scale = math.lcm(*(denominator for _, denominator in labels))
    worth = [numerator * (scale // denominator) for numerator, denominator in labels]

    def points(criterion: CompactCriterion, credit: int, weights: Mapping[str, int]) -> Points:
        value = worth[3 if criterion["forbids"] else criterion["tier"]]
        return value * credit, value * rubric["unit"]

    return points


_SHAPES: dict[str, Callable[[CompactRubric], ExactShape]] = {
    "gated": _gated,
    "lexicographic": _lexicographic,
    "centred": _centred,
    "tiers": _tiers,
    "promedical": _promedical,
    "weighted": _weighted,
    "healthbench": _healthbench,
    "rar": _rar,
}
_POINTS: dict[str, Callable[[CompactRubric], CriterionPoints]] = {
    "weighted": _proficiency_points,
    "healthbench": _healthbench_points,
    "rar": _rar_points,
}
