"""Amounts: the closed table of units, and exact reading of numbers and of texts such as "40 years".

A unit is `(dimension, numerator, denominator)`: its factor to the base unit of the dimension. Two
units convert into one another when they share a dimension, and never otherwise: calendar time is
not clock time, milliequivalents are not millimoles, a heart rate is not a breathing rate. All
amounts are pairs of integers `(numerator, denominator)` with a positive denominator.
"""

import math

UNIT_TABLE: dict[str, tuple[str, int, int]] = {
    "ng": ("mass", 1, 10**9),
    "mcg": ("mass", 1, 10**6),
    "ug": ("mass", 1, 10**6),
    "mg": ("mass", 1, 1000),
    "g": ("mass", 1, 1),
    "kg": ("mass", 1000, 1),
    "uL": ("volume", 1, 10**6),
    "mL": ("volume", 1, 1000),
    "dL": ("volume", 1, 10),
    "L": ("volume", 1, 1),
    "mcg/kg": ("dose per body weight", 1, 1000),
    "mg/kg": ("dose per body weight", 1, 1),
    "g/kg": ("dose per body weight", 1000, 1),
    "mg/day": ("dose per day", 1, 1),
    "g/day": ("dose per day", 1000, 1),
    "mcg/kg/day": ("dose per body weight and day", 1, 1000),
    "mg/kg/day": ("dose per body weight and day", 1, 1),
    "mg/dL": ("mass concentration", 1, 100),
    "g/dL": ("mass concentration", 10, 1),
    "g/L": ("mass concentration", 1, 1),
    "mg/L": ("mass concentration", 1, 1000),
    "mcg/mL": ("mass concentration", 1, 1000),
    "ng/mL": ("mass concentration", 1, 10**6),
    "mmol/L": ("molar concentration", 1, 1000),
    "umol/L": ("molar concentration", 1, 10**6),
    "nmol/L": ("molar concentration", 1, 10**9),
    "mEq/L": ("equivalent concentration", 1, 1000),
    # Pascal is the base; both manometric units are exact by convention.
    "mmHg": ("pressure", 133322387415, 10**9),
    "kPa": ("pressure", 1000, 1),
    "cmH2O": ("pressure", 980665, 10**4),
    "seconds": ("clock time", 1, 1),
    "minutes": ("clock time", 60, 1),
    "hours": ("clock time", 3600, 1),
    "days": ("clock time", 86400, 1),
    "weeks": ("clock time", 604800, 1),
    "months": ("calendar time", 1, 1),
    "years": ("calendar time", 12, 1),
    "/min": ("rate", 1, 1),
    "bpm": ("heart rate", 1, 1),
    "breaths/min": ("breathing rate", 1, 1),
    "mL/min": ("flow", 60, 1),
    "mL/h": ("flow", 1, 1),
    "mL/kg/h": ("flow per body weight", 1, 1),
    "celsius": ("temperature", 1, 1),
    "percent": ("percent", 1, 1),
    "mm": ("length", 1, 1000),
    "cm": ("length", 1, 100),
    "m": ("length", 1, 1),
    "kg/m2": ("body mass index", 1, 1),
    "IU": ("international units", 1, 1),
    "units": ("units", 1, 1),
    "IU/L": ("activity concentration", 1, 1),
}

# What people write for a unit of the table, case folded.
UNIT_SPELLINGS: dict[str, str] = {name.casefold(): name for name in UNIT_TABLE} | {
    "nanogram": "ng", "nanograms": "ng", "μg": "mcg", "microgram": "mcg", "micrograms": "mcg",
    "mcgs": "mcg", "milligram": "mg", "milligrams": "mg", "mgs": "mg", "gram": "g", "grams": "g",
    "gm": "g", "kilogram": "kg", "kilograms": "kg", "kgs": "kg",
    "μl": "uL", "microlitre": "uL", "microlitres": "uL", "microliter": "uL", "microliters": "uL",
    "cc": "mL", "millilitre": "mL", "millilitres": "mL", "milliliter": "mL", "milliliters": "mL",
    "decilitre": "dL", "deciliter": "dL", "litre": "L", "litres": "L", "liter": "L", "liters": "L",
    "μg/kg": "mcg/kg", "ug/kg": "mcg/kg", "mg per kg": "mg/kg", "mcg per kg": "mcg/kg",
    "mg/d": "mg/day", "mg per day": "mg/day", "mg a day": "mg/day", "mg daily": "mg/day",
    "g/d": "g/day", "g per day": "g/day", "g a day": "g/day", "g daily": "g/day",
    "grams per day": "g/day", "grams a day": "g/day", "grams daily": "g/day",
    "mg/kg/d": "mg/kg/day", "mg/kg per day": "mg/kg/day", "mg per kg per day": "mg/kg/day",
    "mg/kg daily": "mg/kg/day", "mcg/kg/d": "mcg/kg/day", "ug/ml": "mcg/mL", "μg/ml": "mcg/mL",
    "μmol/l": "umol/L", "mm hg": "mmHg", "cmh20": "cmH2O", "cm h2o": "cmH2O",
    "s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds",
    "min": "minutes", "mins": "minutes", "minute": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours", "hour": "hours", "d": "days", "day": "days",
    "wk": "weeks", "wks": "weeks", "week": "weeks", "mo": "months", "month": "months",
    "y": "years", "yr": "years", "yrs": "years", "year": "years",
    "per minute": "/min", "beats/min": "bpm", "beats per minute": "bpm",
    "breaths per minute": "breaths/min", "ml/hr": "mL/h", "ml/hour": "mL/h",
    "ml per hour": "mL/h", "ml/kg/hr": "mL/kg/h", "c": "celsius", "°c": "celsius",
    "degrees celsius": "celsius", "%": "percent", "per cent": "percent",
    "millimetre": "mm", "millimetres": "mm", "millimeter": "mm", "millimeters": "mm",
    "centimetre": "cm", "centimetres": "cm", "centimeter": "cm", "centimeters": "cm",
    "metre": "m", "metres": "m", "meter": "m", "meters": "m", "kg/m^2": "kg/m2",
    "international units": "IU", "unit": "units", "u": "units", "u/l": "IU/L",
}  # fmt: skip

_MAX_DIGITS = 40


def read_decimal(text: str) -> tuple[int, int] | None:
    """The exact value of a plain decimal such as `-3`, `0.25` or `7/2`; None for anything else.

    No exponent, no thousands separator, at most 40 digits: a text from data can neither be
    mistaken nor grow.
    """
    body = text[1:] if text[:1] in ("-", "+") else text
    sign = -1 if text[:1] == "-" else 1
    if not body.isascii() or len(body) > _MAX_DIGITS:
        return None
    over, slash, under = body.partition("/")
    if slash:
        if not (over.isdigit() and under.isdigit()) or int(under) == 0:
            return None
        return reduced(sign * int(over), int(under))
    whole, dot, part = body.partition(".")
    if not whole.isdigit() or (dot and not part.isdigit()):
        return None
    return reduced(sign * int(whole + part), 10 ** len(part))


def reduced(numerator: int, denominator: int) -> tuple[int, int]:
    """The same fraction in lowest terms; `denominator` must be positive."""
    divisor = math.gcd(numerator, denominator)
    return numerator // divisor, denominator // divisor


def in_unit(amount: tuple[int, int], unit: str, target: str) -> tuple[int, int] | None:
    """`amount` of `unit` expressed in `target`; None when either is unknown or they do not mix."""
    source, wanted = UNIT_TABLE.get(unit), UNIT_TABLE.get(target)
    if source is None or wanted is None or source[0] != wanted[0]:
        return None
    return reduced(amount[0] * source[1] * wanted[2], amount[1] * source[2] * wanted[1])


def read_quantity(text: str, target: str) -> tuple[int, int] | None:
    """A text such as "40 years" or "0.5 g" as an amount of `target`; None when it is not one."""
    number, _, unit = " ".join(text.split()).partition(" ")
    amount = read_decimal(number)
    unit = unit if unit in UNIT_TABLE else UNIT_SPELLINGS.get(unit.casefold(), "")
    return None if amount is None else in_unit(amount, unit, target)


def compares(left: int, op: str, right: int) -> bool:
    """`left op right`; fractions are compared by cross-multiplying first."""
    if op == "==":
        return left == right
    if op == "!=":
        return left != right
    if op in ("<", "<="):
        return left < right or (op == "<=" and left == right)
    return left > right or (op == ">=" and left == right)
