"""Units: exact factors, no conversion across dimensions, and helpful names."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubricdsl.ir import Quantity
from rubricdsl.runtime import amounts
from rubricdsl.units import UNITS, UnitMismatch, convert, dimension, suggest


@pytest.mark.parametrize(
    ("amount", "unit", "target", "expected"),
    [
        ("1", "g", "mg", "1000"),
        ("500", "mg", "g", "1/2"),
        ("1", "mcg", "ug", "1"),
        ("2", "years", "months", "24"),
        ("36", "hours", "days", "3/2"),
        ("126", "mg/dL", "g/L", "63/50"),
        ("760", "mmHg", "kPa", "760*133322387415/1000000000000"),
        ("60", "mL/h", "mL/min", "1"),
        ("30", "mL/kg/h", "mL/kg/h", "30"),
    ],
)
def test_known_conversions(amount, unit, target, expected):
    if "*" in expected:
        left, rest = expected.split("*")
        wanted = Fraction(left) * Fraction(rest)
    else:
        wanted = Fraction(expected)
    assert convert(Quantity(Fraction(amount), unit), target) == wanted


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("mg", "mmHg"),
        ("months", "weeks"),
        ("mEq/L", "mmol/L"),
        ("bpm", "breaths/min"),
        ("IU", "units"),
    ],
)
def test_dimensions_do_not_mix(unit, target):
    with pytest.raises(UnitMismatch, match="do not mix"):
        convert(Quantity(Fraction(1), unit), target)
    assert amounts.in_unit((1, 1), unit, target) is None


def test_unknown_units_are_named():
    with pytest.raises(UnitMismatch, match="'furlong'"):
        convert(Quantity(Fraction(1), "m"), "furlong")
    assert dimension("furlong") is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [("year", "years"), ("ML", "mL"), ("milligrams", "mg"), ("mmhg", "mmHg"), ("°C", "celsius"),
     ("µg", "mcg"), ("yeers", "years"), ("mg/kg/dya", "mg/kg/day"), ("wibble", None)],
)  # fmt: skip
def test_suggestions(written, meant):
    assert suggest(written) == meant


@given(
    st.fractions(),
    st.sampled_from(
        [(a, b) for a in UNITS for b in UNITS if UNITS[a].dimension == UNITS[b].dimension]
    ),
)
def test_conversion_goes_back_and_agrees_with_the_runtime(amount, pair):
    unit, target = pair
    there = convert(Quantity(amount, unit), target)
    assert convert(Quantity(there, target), unit) == amount
    assert Fraction(*amounts.in_unit((amount.numerator, amount.denominator), unit, target)) == there


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", (3, 1)), ("-0.250", (-1, 4)), ("7/2", (7, 2)), ("+4", (4, 1)), ("1e9", None), ("", None),
     (".5", None), ("5.", None), ("1/0", None), ("٣", None), ("1,000", None), ("9" * 41, None),
     ("nan", None), ("1_0", None), ("--3", None)],
)  # fmt: skip
def test_decimals_are_read_exactly_or_not_at_all(text, value):
    assert amounts.read_decimal(text) == value


def test_quantities_from_text():
    assert amounts.read_quantity("40 years", "years") == (40, 1)
    assert amounts.read_quantity("18 months", "years") == (3, 2)
    assert amounts.read_quantity("40 mg", "years") is None
    assert amounts.read_quantity("40", "years") is None
