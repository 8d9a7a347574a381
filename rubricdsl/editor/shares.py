"""What a weight comes to: the share of proficiency that a criterion can earn."""

from fractions import Fraction

from .. import ir

Shares = dict[str, dict[str, Fraction]]
"""By profile (`""` without one) and criterion. They hold where every criterion applies."""


def shares(rubric: ir.Rubric) -> Shares:
    """The shares of the criteria of proficiency."""
    weighed = rubric.tier("proficiency")
    found: Shares = {}
    for name, changed in [("", {}), *((p.id, p.weights) for p in rubric.profiles)]:
        weights = {c.id: changed.get(c.id, c.weight or Fraction(0)) for c in weighed}
        total = sum(weights.values()) or Fraction(1)
        found[name] = {criterion: weight / total for criterion, weight in weights.items()}
    return found


def shown(number: Fraction) -> str:
    """A number as a person would write it."""
    return str(number) if number.denominator in (1, 2, 3, 4) else f"{float(number):g}"
