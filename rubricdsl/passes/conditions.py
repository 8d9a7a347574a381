"""`when` conditions: typed against the inputs, quantities converted to the input's own unit."""

from fractions import Fraction

from .. import ir
from ..syntax import nodes as n
from .scope import MAX_NESTED, Scope
from .values import NOUNS, example, literal

ORDERED = ("integer", "quantity")


def condition(scope: Scope, expr: n.Expr, room: int = MAX_NESTED) -> ir.Condition | None:
    """The typed condition, or None with findings; `room` is for how many levels within."""
    if not room:
        scope.report("R0109", expr)
        return None
    match expr:
        case n.Chain():
            parts = [condition(scope, operand, room - 1) for operand in expr.operands]
            known = tuple(part for part in parts if part is not None)
            if len(known) < len(parts):
                return None
            return ir.And(known) if expr.word == "and" else ir.Or(known)
        case n.Not():
            inner = condition(scope, expr.operand, room - 1)
            return None if inner is None else ir.Not(inner)
        case n.IsGiven():
            spec = _input(scope, expr.operand)
            return None if spec is None else ir.Given(spec.id)
        case n.Compare():
            return _compare(scope, expr)
        case n.Member():
            return _member(scope, expr)
        case n.Name():
            return _flag(scope, expr)
        case n.Call():
            scope.report("R0408", expr, name=expr.name.text)
        case _:
            scope.report("R0407", expr)
    return None


def _input(scope: Scope, expr: n.Expr) -> ir.Input | None:
    """The input that an operand names."""
    if isinstance(expr, n.Call):
        scope.report("R0408", expr, name=expr.name.text)
    elif not isinstance(expr, n.Name):
        scope.report("R0407", expr)
    elif expr.text in scope.inputs:
        return scope.inputs[expr.text]
    else:
        scope.unknown("R0401", expr, expr.text, scope.inputs)
    return None


def _flag(scope: Scope, name: n.Name) -> ir.Condition | None:
    spec = _input(scope, name)
    if spec is None:
        return None
    if spec.type != "bool":
        got, hint = "it stands alone here", f"compare it with a value: {example(spec)}"
        scope.report("R0405", name, name=spec.id, found=NOUNS[spec.type], got=got, hint=hint)
        return None
    return ir.Compare(spec.id, "==", True)


def _compare(scope: Scope, expr: n.Compare) -> ir.Condition | None:
    spec = _input(scope, expr.left)
    if spec is None or not isinstance(expr.right, n.Name | n.Text | n.Number | n.Quantity):
        if spec is not None:
            scope.report("R0407", expr.right)
        return None
    if spec.type.endswith("_list"):
        hint = f"write `{spec.id} contains …`"
        got = f"`{expr.op.text}` stands here"
        scope.report("R0405", expr.op, name=spec.id, found=NOUNS[spec.type], got=got, hint=hint)
        return None
    op = expr.op.text
    if op not in ("==", "!=") and spec.type not in ORDERED:
        scope.report("R0409", expr.op, name=spec.id)
        return None
    value = literal(scope, spec, expr.right, expr.left)
    if value is None:
        return None
    return ir.Compare(spec.id, comparison(op), value)


def comparison(op: str) -> ir.Comparison:
    # The grammar's COMPARE terminal and ir.Comparison list the same six.
    known: dict[str, ir.Comparison] = {
        "==": "==",
        "!=": "!=",
        "<": "<",
        "<=": "<=",
        ">": ">",
        ">=": ">=",
    }
    return known[op]


def _member(scope: Scope, expr: n.Member) -> ir.Condition | None:
    spec = _input(scope, expr.left)
    if spec is None:
        return None
    is_list = spec.type.endswith("_list")
    if is_list != (expr.word == "contains"):
        hint = f"write `{spec.id} {'contains' if is_list else 'in'} …`"
        got = f"`{expr.word}` stands here"
        scope.report("R0405", expr, name=spec.id, found=NOUNS[spec.type], got=got, hint=hint)
        return None
    if spec.type not in ("one_of", "text", "text_list", "one_of_list"):
        hint = f"compare it instead: {example(spec)}"
        got = f"`{expr.word}` stands here"
        scope.report("R0405", expr, name=spec.id, found=NOUNS[spec.type], got=got, hint=hint)
        return None
    values: list[str] = []
    for value in expr.values:
        found = member_values(scope, spec, value, expr.left)
        if found is None:
            return None
        values.extend(found)
    kept = tuple(dict.fromkeys(values))
    return ir.Contains(spec.id, kept) if is_list else ir.OneOf(spec.id, kept)


def member_values(
    scope: Scope, spec: ir.Input, value: n.Value, against: n.Expr
) -> tuple[str, ...] | None:
    """The texts that one element of a set stands for: itself, or the terms of a value set."""
    if isinstance(value, n.Name) and spec.type.startswith("text"):
        if value.text in scope.value_sets:
            return tuple(term.text for term in scope.value_sets[value.text].terms)
        scope.unknown("R0410", value, value.text, scope.value_sets)
        return None
    found = literal(scope, spec, value, against)
    return None if found is None or isinstance(found, bool | Fraction) else (found,)
