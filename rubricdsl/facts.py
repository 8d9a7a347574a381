"""Facts of a case as JSON values, from the exact values that the language holds."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from . import ir

Fact = bool | Fraction | str | tuple[str, ...]
JsonFact = bool | int | float | str | list[str]


def plain_inputs(inputs: Mapping[str, Fact], declared: Sequence[ir.Input]) -> dict[str, JsonFact]:
    """Inputs in declared order, as a data row holds them; they read back exactly."""
    return {i.id: _plain(inputs[i.id], i.unit) for i in declared if i.id in inputs}


def _plain(value: Fact, unit: str | None) -> JsonFact:
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, Fraction):
        return value
    if value.denominator == 1:
        return int(value)
    short = float(value)
    return short if Fraction(repr(short)) == value else f"{value} {unit}"
