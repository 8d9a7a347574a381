"""Literals: exact numbers, dates and texts, and values against the type of an input."""

import re
from datetime import date
from fractions import Fraction

from .. import ir
from ..diagnostics import Label
from ..syntax import nodes as n
from ..units import UNITS, convert, dimension
from ..units import suggest as suggest_unit
from .scope import Placed, Scope

MAX_DIGITS = 12
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Scalar = bool | Fraction | str

NOUNS = {
    "bool": "a yes or no",
    "one_of": "one of a list of words",
    "integer": "a whole number",
    "quantity": "a quantity with a unit",
    "text": "a text",
    "text_list": "a list of texts",
    "one_of_list": "a list of words",
}
_LITERALS: dict[type[n.Value], str] = {
    n.Text: "a text in quotes",
    n.Name: "a word",
    n.Number: "a plain number",
    n.Quantity: "a quantity with a unit",
}


def exact(scope: Scope, number: n.Number) -> Fraction | None:
    """The number as written, or None with a finding."""
    short = len(number.text) <= MAX_DIGITS or sum(map(str.isdigit, number.text)) <= MAX_DIGITS
    value = number.value if short else None
    if value is None:
        found = number.text if len(number.text) <= 20 else number.text[:17] + "…"
        scope.report("R0222", number, found=found)
    return value


def known_unit(scope: Scope, unit: n.Name) -> bool:
    if unit.text in UNITS:
        return True
    near = suggest_unit(unit.text)
    hint = f"did you mean `{near}`?" if near else "docs/language.md lists the units"
    scope.report("R0403", unit, name=unit.text, suggestion=hint)
    return False


def amount_in(scope: Scope, value: n.Quantity, unit: str, against: Placed) -> Fraction | None:
    """A quantity in another unit; `against` is the place of the thing that has that unit."""
    number = exact(scope, value.number)
    if number is None or not known_unit(scope, value.unit):
        return None
    here, there = dimension(value.unit.text), dimension(unit)
    if here != there:
        other = Label(scope.span(against), f"{unit}: {there}")
        label = f"{value.unit.text}: {here}"
        scope.report("R0404", value, label, labels=[other], left=value.unit.text, right=unit)
        return None
    return convert(ir.Quantity(number, value.unit.text), unit)


def literal(scope: Scope, spec: ir.Input, value: n.Value, against: Placed) -> Scalar | None:
    """One literal as a value of the input's (item) type, or None with a finding."""
    kind = spec.type.removesuffix("_list")
    if kind == "bool" and isinstance(value, n.Name) and value.text in ("true", "false"):
        return value.text == "true"
    if kind == "one_of" and isinstance(value, n.Name):
        if value.text in spec.options:
            return value.text
        scope.report(
            "R0406",
            value,
            value=value.text,
            name=spec.id,
            suggestion="it has: " + ", ".join(f"`{o}`" for o in spec.options),
        )
        return None
    if kind == "integer" and isinstance(value, n.Number):
        number = exact(scope, value)
        if number is None or number.denominator == 1:
            return number
    if kind == "quantity" and spec.unit is not None:
        if isinstance(value, n.Quantity):
            return amount_in(scope, value, spec.unit, against)
        if isinstance(value, n.Number):
            scope.report("R0412", value, name=value.text, example=f"{value.text} {spec.unit}")
            return None
    if kind == "text" and isinstance(value, n.Text):
        return value.value
    _mismatch(scope, spec, value)
    return None


def _mismatch(scope: Scope, spec: ir.Input, value: n.Value) -> None:
    got = f"{_LITERALS[type(value)]} stands here"
    scope.report("R0405", value, name=spec.id, found=NOUNS[spec.type], got=got, hint=example(spec))


def bindings(scope: Scope, items: tuple[n.Binding, ...]) -> dict[str, Scalar | tuple[str, ...]]:
    """Facts of one case, as written after a prompt or `given`."""
    facts: dict[str, Scalar | tuple[str, ...]] = {}
    for item in items:
        spec = scope.inputs.get(item.name.text)
        if spec is None:
            scope.unknown("R0401", item.name, item.name.text, scope.inputs)
            continue
        if item.name.text in facts:
            scope.report("R0808", item.name, what=item.name.text)
        is_list = spec.type.endswith("_list")
        if item.is_list != is_list:
            hint = f'write `{spec.id}: ("…", "…")`' if is_list else example(spec)
            got = f"{'a list' if item.is_list else 'a single value'} stands here"
            found = NOUNS[spec.type]
            scope.report("R0405", item, name=spec.id, found=found, got=got, hint=hint)
            continue
        values = [literal(scope, spec, value, item.name) for value in item.values]
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            facts[spec.id] = tuple(map(str, known)) if is_list else known[0]
    return facts


def example(spec: ir.Input) -> str:
    kind = spec.type.removesuffix("_list")
    return {
        "bool": "write `true` or `false`",
        "one_of": "write one of: " + ", ".join(f"`{o}`" for o in spec.options),
        "integer": "write a whole number, like 3",
        "quantity": f"write a number and its unit, like `5 {spec.unit}`",
        "text": 'write a text in quotes, like `"aspirin"`',
    }[kind]


def day(scope: Scope, written: n.Text) -> None:
    """A date of the calendar, year first."""
    try:
        known = _DATE.fullmatch(written.value) and date.fromisoformat(written.value)
    except ValueError:
        known = None
    if not known:
        scope.report("R0809", written, found=written.value)


def text(scope: Scope, written: n.Text) -> str:
    """The text, with a finding where it is blank."""
    if not written.value.strip():
        scope.report("R0210", written)
    return written.value
