"""Units of measurement: a closed table, exact conversion, and the nearest name for a misspelling.

The numbers live in `runtime.amounts`, because an emitted reward module carries the same table;
here they become fractions with a dimension.
"""

from dataclasses import dataclass
from fractions import Fraction

from rubricdsl.ir import Quantity
from rubricdsl.runtime.amounts import UNIT_TABLE


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

# What people write for a unit of the table, in lower case.
_OTHER_NAMES: dict[str, str] = {
    "µg": "mcg", "μg": "mcg", "microgram": "mcg", "micrograms": "mcg", "mcgs": "mcg",
    "nanogram": "ng", "nanograms": "ng", "milligram": "mg", "milligrams": "mg", "mgs": "mg",
    "gram": "g", "grams": "g", "gm": "g", "kilogram": "kg", "kilograms": "kg", "kgs": "kg",
    "µl": "uL", "μl": "uL", "microlitre": "uL", "microliter": "uL", "cc": "mL", "ml": "mL",
    "millilitre": "mL", "milliliter": "mL", "millilitres": "mL", "milliliters": "mL",
    "decilitre": "dL", "deciliter": "dL", "litre": "L", "liter": "L", "litres": "L", "liters": "L",
    "µg/kg": "mcg/kg", "μg/kg": "mcg/kg", "ug/kg": "mcg/kg", "mg/d": "mg/day", "g/d": "g/day",
    "mg/kg/d": "mg/kg/day", "ug/ml": "mcg/mL", "µg/ml": "mcg/mL", "µmol/l": "umol/L",
    "μmol/l": "umol/L", "mm hg": "mmHg", "torr": "mmHg", "cmh20": "cmH2O",
    "s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds",
    "min": "minutes", "mins": "minutes", "minute": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours", "hour": "hours",
    "d": "days", "day": "days", "wk": "weeks", "wks": "weeks", "week": "weeks",
    "mo": "months", "mos": "months", "month": "months",
    "y": "years", "yr": "years", "yrs": "years", "year": "years",
    "beats/min": "bpm", "per_minute": "/min", "rpm": "breaths/min", "ml/hr": "mL/h",
    "ml/kg/hr": "mL/kg/h", "c": "celsius", "°c": "celsius", "degc": "celsius",
    "centigrade": "celsius", "%": "percent", "pct": "percent", "percentage": "percent",
    "millimetre": "mm", "millimeter": "mm", "centimetre": "cm", "centimeter": "cm",
    "metre": "m", "meter": "m", "metres": "m", "meters": "m", "kg/m^2": "kg/m2", "kg/m²": "kg/m2",
    "bmi": "kg/m2", "iu": "IU", "ius": "IU", "unit": "units", "u": "units", "u/l": "IU/L",
}  # fmt: skip


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
    plain = unit.strip().casefold()
    if plain in _OTHER_NAMES:
        return _OTHER_NAMES[plain]
    by_case = {name.casefold(): name for name in UNITS}
    if plain in by_case:
        return by_case[plain]
    import difflib  # late: only a mistake pays for it

    near = difflib.get_close_matches(plain, list(by_case), n=1, cutoff=0.7)
    return by_case[near[0]] if near else None
