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
    words = text.split()
    if len(words) != 2:
        return None
    amount = read_decimal(words[0])
    return None if amount is None else in_unit(amount, words[1], target)
