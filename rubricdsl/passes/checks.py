"""`check` expressions: small, total predicates on the text of the response."""

from collections.abc import Callable
from fractions import Fraction

from .. import ir
from ..patterns import PatternError, compile_pattern, written_out
from ..syntax import nodes as n
from ..syntax.tokens import place_in
from ..units import dimension
from .conditions import comparison
from .scope import MAX_NESTED, Scope, suggestion
from .values import exact, known_unit

USAGE = {
    "mentions": "mentions(response, terms)",
    "matches": 'matches(response, "pattern")',
    "count": "count(response, terms) >= 2",
    "words": "words(response) <= 250",
    "dose": "dose(response, drugs) > 400 mg",
}
COMPARED = ("count", "words", "dose")
MAX_COUNT = 1_000_000
MAX_LOOKED_FOR = 20_000
"""Terms, and characters of patterns, in all checks of a file: each costs time on every answer."""
DOSES = (
    "mass",
    "volume",
    "dose per body weight",
    "dose per day",
    "dose per body weight and day",
    "flow",
    "flow per body weight",
    "international units",
    "units",
)


def check(scope: Scope, expr: n.Expr, room: int = MAX_NESTED) -> ir.Check | None:
    """The typed check, or None with findings; `room` is for how many levels within."""
    if not room:
        scope.report("R0109", expr)
        return None
    match expr:
        case n.Chain():
            parts = [check(scope, operand, room - 1) for operand in expr.operands]
            known = tuple(part for part in parts if part is not None)
            if len(known) < len(parts):
                return None
            return ir.AllOf(known) if expr.word == "and" else ir.AnyOf(known)
        case n.Not():
            inner = check(scope, expr.operand, room - 1)
            return None if inner is None else ir.NoneOf(inner)
        case n.Call():
            return _plain(scope, expr)
        case n.Compare() if isinstance(expr.left, n.Call):
            return _compared(scope, expr, expr.left)
        case _:
            node = expr.left if isinstance(expr, n.Compare | n.Member) else expr
            name = scope.written(node)
            hint = "it can be: " + ", ".join(f"`{usage}`" for usage in USAGE.values())
            if name in scope.inputs:
                hint = "facts of the case belong to `when`; " + hint
            scope.report("R0503", node, name=name, suggestion=hint)
            return None


def _name(scope: Scope, call: n.Call, compared: bool) -> str | None:
    """The name of a known check, used the right way round."""
    name = call.name.text
    if name not in USAGE:
        scope.report("R0501", call.name, name=name, suggestion=suggestion(name, USAGE))
        return None
    if (name in COMPARED) != compared:
        code = "R0506" if compared else "R0505"
        scope.report(code, call, name=name, usage=USAGE[name])
        return None
    wanted = 1 if name == "words" else 2
    first = call.arguments[0] if call.arguments else None
    if not isinstance(first, n.Name) or first.text != "response":
        _misused(scope, call, "the first thing in the brackets is `response`")
        return None
    if len(call.arguments) != wanted:
        _misused(scope, call, f"it takes {wanted} thing{'s' if wanted > 1 else ''} in brackets")
        return None
    return name


def _misused(scope: Scope, call: n.Call, detail: str, at: n.Expr | None = None) -> None:
    name = call.name.text
    scope.report("R0502", at or call, name=name, usage=USAGE[name], detail=detail)


def _plain(scope: Scope, call: n.Call) -> ir.Check | None:
    name = _name(scope, call, compared=False)
    if name == "mentions":
        terms = _terms(scope, call, call.arguments[1])
        return None if terms is None else ir.Mentions(terms)
    if name == "matches":
        pattern = _pattern(scope, call, call.arguments[1])
        return None if pattern is None else ir.Matches(pattern)
    return None


def _compared(scope: Scope, expr: n.Compare, call: n.Call) -> ir.Check | None:
    name = _name(scope, call, compared=True)
    build: dict[str, Callable[[Scope, n.Compare, n.Call], ir.Check | None]] = {
        "words": _words,
        "count": _count,
        "dose": _dose,
    }
    return None if name is None else build[name](scope, expr, call)


def _words(scope: Scope, expr: n.Compare, call: n.Call) -> ir.Check | None:
    number = _whole(scope, expr.right, call)
    return None if number is None else ir.Words(comparison(expr.op.text), number)


def _count(scope: Scope, expr: n.Compare, call: n.Call) -> ir.Check | None:
    number = _whole(scope, expr.right, call)
    what = call.arguments[1]
    if isinstance(what, n.Text):
        pattern = _pattern(scope, call, what)
        if pattern is None or number is None:
            return None
        return ir.Count((), pattern, comparison(expr.op.text), number)
    terms = _terms(scope, call, what)
    if terms is None or number is None:
        return None
    return ir.Count(terms, None, comparison(expr.op.text), number)


def _dose(scope: Scope, expr: n.Compare, call: n.Call) -> ir.Check | None:
    drugs = _terms(scope, call, call.arguments[1])
    right = expr.right
    if not isinstance(right, n.Quantity):
        _misused(scope, call, "compare it with an amount and its unit, like `400 mg`", right)
        return None
    amount = exact(scope, right.number)
    if drugs is None or amount is None or not known_unit(scope, right.unit):
        return None
    if dimension(right.unit.text) not in DOSES:
        _misused(scope, call, f"`{right.unit.text}` is not an amount of a medicine", right)
        return None
    value = ir.Quantity(amount, right.unit.text)
    return ir.Dose(drugs, comparison(expr.op.text), value)


def _whole(scope: Scope, value: n.Expr, call: n.Call) -> int | None:
    number = exact(scope, value) if isinstance(value, n.Number) else Fraction(-1)
    if number is None:
        return None
    if number.denominator != 1 or not 0 <= number <= MAX_COUNT:
        _misused(scope, call, f"compare it with a whole number from 0 to {MAX_COUNT:,}", value)
        return None
    return int(number)


def _terms(scope: Scope, call: n.Call, value: n.Value) -> tuple[str, ...] | None:
    """A single text, or the terms of a value set."""
    if isinstance(value, n.Text):
        if any(c.isalnum() for c in value.value):
            return (value.value,) if _affordable(scope, value, 1) else None
        scope.report("R0210", value, "a term has letters or digits")
    elif isinstance(value, n.Name):
        if value.text in scope.value_sets:
            terms = scope.value_sets[value.text].terms
            if _affordable(scope, value, len(terms)):
                return tuple(term.text for term in terms)
            return None
        scope.unknown("R0410", value, value.text, scope.value_sets)
    else:
        _misused(scope, call, "the second thing in the brackets is a text or a value set", value)
    return None


def _affordable(scope: Scope, node: n.Value, cost: int) -> bool:
    """Whether the checks of the file may look for so much more."""
    scope.looked_for += cost
    what = "terms and characters of patterns in checks"
    return scope.has_room(node, what, scope.looked_for - 1, MAX_LOOKED_FOR)


def _pattern(scope: Scope, call: n.Call, value: n.Value) -> str | None:
    if not isinstance(value, n.Text):
        _misused(scope, call, "the second thing in the brackets is a text in quotes", value)
        return None
    try:
        if not _affordable(scope, value, written_out(value.value)):
            return None
        compile_pattern(value.value)
    except PatternError as error:
        at = value.start + place_in(scope.source.text[value.start : value.end], error.offset)
        place = value._replace(start=at, end=at + 1)
        scope.report("R0504", place, detail=error.message, suggestion=error.hint)
        return None
    return value.value
