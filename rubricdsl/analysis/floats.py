"""How exact differences fare in the formats that trainers compute in."""

from fractions import Fraction

_BITS = {"float32": 24, "bfloat16": 8}
"""Significant bits of each format."""


def float_steps(least: Fraction, size: Fraction) -> dict[str, int]:
    """How many of a format's steps a difference spans at this size, rounded down, from 0 on."""
    return {name: max(int(least / spacing(size, bits)), 0) for name, bits in _BITS.items()}


def spacing(size: Fraction, bits: int) -> Fraction:
    """The distance between neighbouring floats just below and at `size`, the wider one."""
    if size == 0:
        return Fraction(1, 1 << 149)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if size < Fraction(2) ** exponent:
        exponent -= 1
    return Fraction(2) ** (exponent - bits + 1)
