"""The syntax tree: what was written, with the place of everything, and no meaning yet.

Every node is an immutable tuple with `start` and `end`, offsets in characters into its file.
Tuples rather than dataclasses because a set of imported rubrics makes half a million of them.
"""

from fractions import Fraction
from typing import NamedTuple


class Text(NamedTuple):
    value: str
    start: int
    end: int


class Name(NamedTuple):
    text: str
    start: int
    end: int


class Number(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def value(self) -> Fraction | None:
        """The exact number; None for a denominator of zero, or below a decimal."""
        try:
            # A whole number, as nearly all are, need not be searched for a point or a stroke.
            return Fraction(int(self.text) if self.text.isdecimal() else self.text)
        except (ValueError, ZeroDivisionError):
            return None


class Quantity(NamedTuple):
    number: Number
    unit: Name
    start: int
    end: int


Value = Text | Name | Number | Quantity


class Version(NamedTuple):
    text: Text
    start: int
    end: int


class Header(NamedTuple):
    name: Name
    version: Text
    status: Name | None
    start: int
    end: int


class Example(NamedTuple):
    text: Text
    start: int
    end: int


class Setting(NamedTuple):
    """`title`, `purpose`, `tag`, `note`, `role`, `status`, `called`: one word and one thing."""

    key: str
    value: Text | Name
    start: int
    end: int


class Extends(NamedTuple):
    name: Name
    version: Text | None
    start: int
    end: int


class Include(NamedTuple):
    name: Name
    version: Text | None
    alias: Name
    start: int
    end: int


class Reviewed(NamedTuple):
    reviewer: Text
    role: Text | None
    date: Text
    start: int
    end: int


class SourceField(NamedTuple):
    key: Name
    value: Text
    start: int
    end: int


class SourceBlock(NamedTuple):
    name: Name
    fields: tuple[SourceField, ...]
    start: int
    end: int


class Term(NamedTuple):
    text: Text
    system: Text | None
    code: Text | None
    start: int
    end: int


class ValueSetBlock(NamedTuple):
    name: Name
    terms: tuple[Term, ...]
    start: int
    end: int


class Type(NamedTuple):
    """`kind` is `name`, `one_of`, `quantity` or `list`; `names` its words, `item` a list's."""

    kind: str
    names: tuple[Name, ...]
    item: "Type | None"
    start: int
    end: int


class InputLine(NamedTuple):
    name: Name
    type: Type
    optional: bool
    default: Value | None
    start: int
    end: int


class InputBlock(NamedTuple):
    inputs: tuple[InputLine, ...]
    start: int
    end: int


class Binding(NamedTuple):
    name: Name
    values: tuple[Value, ...]
    is_list: bool
    start: int
    end: int


class Bindings(NamedTuple):
    items: tuple[Binding, ...]
    start: int
    end: int


class PromptItem(NamedTuple):
    name: Name | None
    text: Text
    bindings: tuple[Binding, ...]
    start: int
    end: int


# Expressions


class Compare(NamedTuple):
    left: "Expr"
    op: Name
    right: "Expr"
    start: int
    end: int


class Member(NamedTuple):
    """`x in …` and `x contains …`."""

    left: "Expr"
    word: str
    values: tuple[Value, ...]
    start: int
    end: int


class IsGiven(NamedTuple):
    operand: "Expr"
    start: int
    end: int


class Call(NamedTuple):
    name: Name
    arguments: tuple[Value, ...]
    start: int
    end: int


class Not(NamedTuple):
    operand: "Expr"
    start: int
    end: int


class Chain(NamedTuple):
    """`and` / `or` over two or more operands."""

    word: str
    operands: tuple["Expr", ...]
    start: int
    end: int


Expr = Value | Compare | Member | IsGiven | Call | Not | Chain


# Criteria


class Severity(NamedTuple):
    word: Name
    start: int
    end: int


class Weight(NamedTuple):
    number: Number
    start: int
    end: int


class When(NamedTuple):
    condition: Expr
    start: int
    end: int


class Statement(NamedTuple):
    polarity: str
    text: Text
    start: int
    end: int


class LevelClause(NamedTuple):
    number: Number
    worth: Number | None
    anchor: Text
    examples: tuple[Text, ...]
    start: int
    end: int


class Cites(NamedTuple):
    names: tuple[Name, ...]
    start: int
    end: int


class CheckClause(NamedTuple):
    check: Expr
    start: int
    end: int


class Exemplar(NamedTuple):
    verdict: str
    text: Text
    start: int
    end: int


class Allows(NamedTuple):
    start: int
    end: int


Clause = (
    Severity
    | Weight
    | When
    | Statement
    | LevelClause
    | Cites
    | CheckClause
    | Exemplar
    | Setting
    | Allows
)


class CriterionItem(NamedTuple):
    kind: Name
    name: Name
    clauses: tuple[Clause, ...]
    start: int
    end: int


class Use(NamedTuple):
    name: Name
    alias: Name | None
    start: int
    end: int


class Override(NamedTuple):
    name: Name
    clauses: tuple[Clause, ...]
    start: int
    end: int


class Without(NamedTuple):
    name: Name
    start: int
    end: int


class PolicyLine(NamedTuple):
    word: Name
    start: int
    end: int


TierItem = CriterionItem | Use | Override | Without | PolicyLine


class TierBlock(NamedTuple):
    tier: Name
    items: tuple[TierItem, ...]
    start: int
    end: int


class OrderLine(NamedTuple):
    tier: Name
    steps: Number | None
    start: int
    end: int


class OrderBlock(NamedTuple):
    lines: tuple[OrderLine, ...]
    start: int
    end: int


class Param(NamedTuple):
    name: Name
    number: Number
    start: int
    end: int


class RewardItem(NamedTuple):
    shape: Name
    params: tuple[Param, ...]
    start: int
    end: int


class Reweight(NamedTuple):
    name: Name
    number: Number
    start: int
    end: int


class ProfileBlock(NamedTuple):
    name: Name
    when: When | None
    weights: tuple[Reweight, ...]
    start: int
    end: int


# Tests


class Entry(NamedTuple):
    """A line of a verdict sheet; `name` is None for `otherwise`."""

    name: Name | None
    verdict: Name
    start: int
    end: int


class Sheet(NamedTuple):
    entries: tuple[Entry, ...]
    start: int
    end: int


class ResponseLine(NamedTuple):
    name: Name
    content: Sheet | Text
    start: int
    end: int


class Expectation(NamedTuple):
    """`kind` is over, ties, violates, safe or has; `names` are criteria (or deciding criteria)."""

    kind: str
    response: Name
    other: Name | None
    names: tuple[Name, ...]
    verdict: Name | None
    start: int
    end: int


TestLine = Bindings | ResponseLine | Expectation


class TestBlock(NamedTuple):
    """`todo` marks one that is still to be written or to come true."""

    title: Text
    lines: tuple[TestLine, ...]
    todo: bool
    start: int
    end: int


Item = (
    Setting
    | Extends
    | Include
    | Reviewed
    | SourceBlock
    | ValueSetBlock
    | InputBlock
    | PromptItem
    | TierBlock
    | OrderBlock
    | RewardItem
    | ProfileBlock
    | TestBlock
)


class Tree(NamedTuple):
    """One file. `header` is None where it could not be read; `docs` maps the line below a block of
    `##` comments to its text."""

    path: str
    header: Header | None
    items: tuple[Item, ...]
    docs: dict[int, str]
