"""The facts of a case in a data row, read against the inputs that the rubric declares."""

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rubricdsl import ir
from rubricdsl.facts import Fact
from rubricdsl.runtime.amounts import read_quantity
from rubricdsl.units import dimension, suggest

from .importers.jsonl import describe


@dataclass(frozen=True)
class InputFault:
    what: str
    hint: str


def read_inputs(
    given: Mapping[str, Any], declared: Sequence[ir.Input]
) -> Iterator[tuple[str, Fact] | InputFault]:
    """Each given input with its value, amounts in the declared unit; a fault where it is wrong.

    `null` is the same as not given. An input that is neither given, optional nor has a default is
    a fault.
    """
    known = {i.id: i for i in declared}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "inputs: " + (", ".join(known) or "-")
            yield InputFault(f"the rubric has no input `{name}`", hint)
        elif value is not None:
            yield _value(value, known[name])
    for name, entry in known.items():
        if given.get(name) is None and not entry.optional and entry.default is None:
            hint = f"give it in `inputs`, or declare it `{name} : … optional`"
            yield InputFault(f"the input `{name}` is missing", hint)


def _value(value: Any, entry: ir.Input) -> tuple[str, Fact] | InputFault:
    found: Fact | None
    match entry.type:
        case "bool":
            found = value if isinstance(value, bool) else None
            hint = "write true or false"
        case "integer":
            found = Fraction(value) if type(value) is int else None
            hint = "write a whole number"
        case "quantity":
            found = _amount(value, entry)
            hint = _amount_hint(value, entry)
        case "text":
            found = value if isinstance(value, str) else None
            hint = "write a text"
        case "one_of":
            found = value if isinstance(value, str) and value in entry.options else None
            hint = _option_hint(value, entry.options)
        case "text_list":
            found = _texts(value)
            hint = "write a list of texts"
        case "one_of_list":
            texts = _texts(value)
            odd = [t for t in texts or () if t not in entry.options]
            found = None if odd else texts
            hint = _option_hint(odd[0] if odd else value, entry.options)
    if found is None:
        return InputFault(f"the input `{entry.id}` is {describe(value)}", hint)
    return entry.id, found


def _amount(value: Any, entry: ir.Input) -> Fraction | None:
    if isinstance(value, bool) or entry.unit is None:
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        # The digits as written, not the binary number nearest to them.
        return Fraction(repr(value)) if math.isfinite(value) and abs(value) < 1e15 else None
    pair = read_quantity(value, entry.unit) if isinstance(value, str) else None
    return None if pair is None else Fraction(*pair)


def _amount_hint(value: Any, entry: ir.Input) -> str:
    expected = f'write a number of {entry.unit}, or a text such as "40 {entry.unit}"'
    words = value.split() if isinstance(value, str) else []
    if len(words) != 2 or entry.unit is None:
        return expected
    unit, wanted = words[1], dimension(entry.unit)
    if dimension(unit) is None:
        near = suggest(unit)
        return f"the unit `{unit}` is not known; did you mean `{near}`?" if near else expected
    if dimension(unit) != wanted:
        return f"{unit} is {dimension(unit)}, and {entry.unit} is {wanted}"
    return expected


def _option_hint(value: Any, options: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, options, n=1) if isinstance(value, str) else []
    return f'did you mean "{near[0]}"?' if near else "one of " + ", ".join(options)


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None
