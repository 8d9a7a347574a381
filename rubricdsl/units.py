"""Units of measurement: a closed table, exact conversion, and the nearest name for a misspelling.

The numbers live in `runtime.amounts`, because an emitted reward module carries the same table;
here they become fractions with a dimension.
"""

from dataclasses import dataclass
from fractions import Fraction

from rubricdsl.ir import Quantity
from rubricdsl.runtime.amounts import UNIT_SPELLINGS, UNIT_TABLE


@dataclass(frozen=True)
class Unit:
    """`factor` takes an amount to the base unit of `dimension`."""

    dimension: str
    factor: Fraction


class UnitMismatch(ValueError):
    """A unit that is not in the table, or two units of different dimensions."""


UNITS: dict[str, Unit] = {
    name: Unit(dimension, Fraction(numerator, denominator))
    for name, (dimension, numerator, denominator) in UNIT_TABLE.items()
}


def dimension(unit: str) -> str | None:
    """The dimension of a unit, or None when the table does not have it."""
    known = UNITS.get(unit)
    return None if known is None else known.dimension


def convert(quantity: Quantity, to_unit: str) -> Fraction:
    """The amount in `to_unit`, exactly. Raises `UnitMismatch` when the two do not mix."""
    source, target = _known(quantity.unit), _known(to_unit)
    if source.dimension != target.dimension:
        raise UnitMismatch(
            f"{quantity.unit} ({source.dimension}) and {to_unit} ({target.dimension}) do not mix"
        )
    return quantity.amount * source.factor / target.factor


def _known(unit: str) -> Unit:
    if unit not in UNITS:
        raise UnitMismatch(f"the unit {unit!r} is not known")
    return UNITS[unit]


def suggest(unit: str) -> str | None:
    """The unit of the table that was probably meant; None when nothing is near."""
    written = unit.strip().casefold()
    if written in UNIT_SPELLINGS:
        return UNIT_SPELLINGS[written]
    import difflib  # late: only a mistake pays for it

    by_case = {name.casefold(): name for name in UNITS}
    near = difflib.get_close_matches(written, list(by_case), n=1, cutoff=0.7)
    return by_case[near[0]] if near else None
