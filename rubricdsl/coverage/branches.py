"""The outcomes of a condition: where its parts are written, and what each of them can be."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from .. import ir
from ..conditions import inputs_of
from ..source import Span
from ..syntax import nodes as n

Truth = bool | None
WORDS: dict[Truth, str] = {True: "true", False: "false", None: "unknown"}


class Branch(NamedTuple):
    """A condition, or one of those that it is made of, and where it is written."""

    condition: ir.Condition
    span: Span
    text: str


def branches(whole: Branch, written: n.Expr | None, text: str) -> tuple[Branch, ...]:
    """The whole condition, then each that it is made of, if there are several.

    `written` is the condition in `text`, the text of its file; None where another file has it.
    """
    atoms = list(_atoms(whole.condition))
    if written is None or len(atoms) == 1:
        return (whole,)
    return (whole, *(
        Branch(atom, Span(whole.span.path, leaf.start, leaf.end), text[leaf.start : leaf.end])
        for atom, leaf in zip(atoms, _leaves(written), strict=True)
    ))  # fmt: skip


MOST_ABSENT = 10
"""Inputs that may be left out and are told apart; with more, a condition is taken to have every
outcome that its parts allow."""


def possible(condition: ir.Condition, inputs: Mapping[str, ir.Input]) -> frozenset[Truth]:
    """The outcomes that a condition can have: in each case of which inputs are left out, with the
    parts of the condition free to be true or false.

    An input can be left out if it is optional and has no default.
    """
    named = sorted({name for atom in _atoms(condition) for name in inputs_of(atom)})
    free = [name for name in named if inputs[name].optional and inputs[name].default is None]
    absences = product((False, True), repeat=min(len(free), MOST_ABSENT))
    found: set[Truth] = set()
    for absence in absences:
        absent = {name for name, is_absent in zip(free, absence, strict=False) if is_absent}
        found |= _outcomes(condition, frozenset(absent))
        if len(found) == len(WORDS):
            break
    return frozenset(found)


def _outcomes(condition: ir.Condition, absent: frozenset[str]) -> frozenset[Truth]:
    """The outcomes while these inputs, and no others, are left out."""
    match condition:
        case ir.And(args) | ir.Or(args):
            decisive = condition.kind == "or"
            parts = (_outcomes(arg, absent) for arg in args)
            found = next(parts)
            for part in parts:
                found = frozenset(_joined(a, b, decisive) for a, b in product(found, part))
            return found
        case ir.Not(arg):
            return frozenset(_negated(truth) for truth in _outcomes(arg, absent))
        case ir.Given(name):
            return frozenset({name not in absent})
        case ir.Compare(name) | ir.OneOf(name) | ir.Contains(name):
            return frozenset({None}) if name in absent else frozenset({True, False})


def _negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _joined(a: Truth, b: Truth, decisive: bool) -> Truth:
    if decisive in (a, b):
        return decisive
    return None if None in (a, b) else not decisive


def _atoms(condition: ir.Condition) -> Iterator[ir.Condition]:
    match condition:
        case ir.And(args) | ir.Or(args):
            for arg in args:
                yield from _atoms(arg)
        case ir.Not(arg):
            yield from _atoms(arg)
        case _:
            yield condition


def _leaves(expr: n.Expr) -> Iterator[n.Expr]:
    match expr:
        case n.Chain(operands=operands):
            for operand in operands:
                yield from _leaves(operand)
        case n.Not(operand=operand):
            yield from _leaves(operand)
        case _:
            yield expr
