"""Facts about the case, and conditions on them that are true, false, or not known (None).

A fact is a bool, a pair of integers, a plain text or a list of plain texts; None stands for an
input that was given but cannot be read. Whatever cannot be read leaves a condition unknown, and
the caller decides what unknown means: a criterion applies then, a profile does not.
"""

from collections.abc import Mapping
from typing import Any

from .amounts import compares, read_decimal, read_quantity, reduced
from .form import CompactInput
from .text import plain


def read_inputs(inputs: list[CompactInput], row: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a row, by id. An input without a value and without a default is left out."""
    facts = {}
    for spec in inputs:
        value = row.get(spec["id"])
        if value is not None:
            facts[spec["id"]] = _read_input(spec, value)
        elif spec["default"] is not None:
            default = spec["default"]
            is_number = spec["type"] in ("integer", "quantity")
            facts[spec["id"]] = (default[0], default[1]) if is_number else default
    return facts


def _read_input(spec: CompactInput, value: Any) -> Any:
    kind = spec["type"]
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if kind == "integer":
        number = _read_number(value)
        return number if number is not None and number[1] == 1 else None
    if kind == "quantity":
        if isinstance(value, str):
            return read_quantity(value, spec["unit"] or "")
        return _read_number(value)
    if kind in ("one_of", "text"):
        return _read_text(spec, value)
    if not isinstance(value, (list, tuple)):
        return None
    texts = [_read_text(spec, part) for part in value]
    return None if None in texts else texts


def _read_number(value: Any) -> tuple[int, int] | None:
    """An int as it is, a float as the decimal it is written as; no bool, no NaN, no infinity."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return (value, 1)
    digits, _, exponent = repr(float(value)).partition("e")
    number = read_decimal(digits)
    if number is None or not exponent:
        return number
    power = 10 ** abs(int(exponent))
    more = int(exponent) > 0
    return reduced(number[0] * (power if more else 1), number[1] * (1 if more else power))


def _read_text(spec: CompactInput, value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    text = plain(value)
    return text if not spec["options"] or text in spec["options"] else None


def holds(condition: list[Any], facts: Mapping[str, Any]) -> bool | None:
    """Three-valued truth (Kleene): True, False, or None when the facts do not settle it."""
    kind = condition[0]
    if kind in ("and", "or"):
        decisive: bool = kind == "or"
        parts = [holds(part, facts) for part in condition[1:]]
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if kind == "not":
        inner = holds(condition[1], facts)
        return None if inner is None else not inner
    if kind == "given":
        return condition[1] in facts
    fact = facts.get(condition[1])
    if fact is None:
        return None
    if kind == "compare":
        return _compare(fact, condition[2], condition[3])
    if kind == "one_of":
        return any(fact == value for value in condition[2]) if isinstance(fact, str) else None
    return any(value in fact for value in condition[2]) if isinstance(fact, list) else None


def _compare(fact: Any, op: str, value: Any) -> bool | None:
    if isinstance(fact, tuple) and isinstance(value, list):
        return compares(fact[0] * value[1], op, value[0] * fact[1])
    if type(fact) is not type(value) or op not in ("==", "!="):
        return None
    return bool(fact == value) == (op == "==")
