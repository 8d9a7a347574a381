"""From reductions of the grammar to nodes: one method per rule, called while parsing."""

from typing import Any, NamedTuple

from lark import Transformer

from . import nodes as n
from .tokens import Token, unquote

Children = list[Any]


class Items(NamedTuple):
    """Several things on their way to the node that will hold them."""

    items: tuple[Any, ...]
    start: int
    end: int


def _name(token: Token) -> n.Name:
    return n.Name(token.text, token.start, token.end)


def _names(children: Children) -> tuple[n.Name, ...]:
    return tuple(c for c in children if isinstance(c, n.Name))


def _of(children: Children, *kinds: Any) -> tuple[Any, ...]:
    return tuple(c for c in children if isinstance(c, kinds))


def _maybe(children: Children, kind: Any) -> Any:
    return next((c for c in children if isinstance(c, kind)), None)


def _words(children: Children, kind: str = "NAME") -> tuple[n.Name, ...]:
    return tuple(_name(c) for c in children if isinstance(c, Token) and c.type == kind)


def _span(children: Children) -> tuple[int, int]:
    return children[0].start, children[-1].end


class Build(Transformer[Token, Any]):
    """Lark hands each rule's children, tokens included. No state: one instance serves all files."""

    def start(self, c: Children) -> tuple[n.Header | None, tuple[n.Item, ...]]:
        items = c[1:]
        return c[0], tuple(items)

    # Leaves

    def text(self, c: Children) -> n.Text:
        return n.Text(" ".join(unquote(token)[0] for token in c), *_span(c))

    def name(self, c: Children) -> n.Name:
        return _name(c[0])

    def names(self, c: Children) -> Items:
        return Items(_words(c), *_span(c))

    def number(self, c: Children) -> n.Number:
        return n.Number(c[0].text, c[0].start, c[0].end)

    def value(self, c: Children) -> n.Value:
        token: Token = c[0]
        if token.type == "STRING":
            return self.text(c)
        if token.type == "NAME":
            return _name(token)
        if token.type == "NUMBER":
            return self.number(c)
        digits = len(token.text) - len(token.text.lstrip("-0123456789."))
        number = n.Number(token.text[:digits], token.start, token.start + digits)
        unit = token.text[digits:].lstrip(" \t")
        return n.Quantity(number, n.Name(unit, token.end - len(unit), token.end), *_span(c))

    # The head of a file

    def header(self, c: Children) -> n.Header:
        status = _maybe(c, n.Setting)
        return n.Header(c[1], c[3], status.value if status else None, *_span(c))

    def _setting(self, c: Children) -> n.Setting:
        value = _name(c[1]) if isinstance(c[1], Token) else c[1]
        return n.Setting(c[0].text, value, *_span(c))

    status = title = purpose = role = tag = note = called = _setting

    def version(self, c: Children) -> n.Version:
        return n.Version(c[1], *_span(c))

    def extends(self, c: Children) -> n.Extends:
        version = _maybe(c, n.Version)
        return n.Extends(c[1], version.text if version else None, *_span(c))

    def include(self, c: Children) -> n.Include:
        version = _maybe(c, n.Version)
        return n.Include(c[1], version.text if version else None, _name(c[-1]), *_span(c))

    def reviewed(self, c: Children) -> n.Reviewed:
        role = _maybe(c, n.Setting)
        return n.Reviewed(c[2], role.value if role else None, c[-1], *_span(c))

    def source(self, c: Children) -> n.SourceBlock:
        return n.SourceBlock(_name(c[1]), _of(c, n.SourceField), *_span(c))

    def source_field(self, c: Children) -> n.SourceField:
        return n.SourceField(_name(c[0]), c[1], *_span(c))

    def valueset(self, c: Children) -> n.ValueSetBlock:
        terms = c[3].items if isinstance(c[3], Items) else ()
        return n.ValueSetBlock(_name(c[1]), terms, *_span(c))

    def terms(self, c: Children) -> Items | None:
        return Items(_of(c, n.Term), *_span(c)) if c else None

    def term(self, c: Children) -> n.Term:
        system, code = c[1].items if len(c) > 1 else (None, None)
        return n.Term(c[0], system, code, *_span(c))

    def code(self, c: Children) -> Items:
        return Items((self.text([c[1]]), self.text([c[2]])), *_span(c))

    def inputs(self, c: Children) -> n.InputBlock:
        return n.InputBlock(_of(c, n.InputLine), *_span(c))

    def input(self, c: Children) -> n.InputLine:
        optional = any(isinstance(x, Token) and x.type == "OPTIONAL" for x in c)
        default = _maybe(c, Items)
        value = default.items[0] if default else None
        return n.InputLine(_name(c[0]), c[2], optional, value, *_span(c))

    def default(self, c: Children) -> Items:
        return Items((c[1],), *_span(c))

    def type_name(self, c: Children) -> n.Type:
        return n.Type("name", _words(c), None, *_span(c))

    def type_one_of(self, c: Children) -> n.Type:
        return n.Type("one_of", c[3].items, None, *_span(c))

    def type_quantity(self, c: Children) -> n.Type:
        return n.Type("quantity", (_name(c[2]),), None, *_span(c))

    def type_list(self, c: Children) -> n.Type:
        return n.Type("list", (), c[2], *_span(c))

    def prompt(self, c: Children) -> n.PromptItem:
        name = _name(c[1]) if isinstance(c[1], Token) else None
        bindings = _maybe(c, n.Bindings)
        return n.PromptItem(name, _maybe(c, n.Text), bindings.items if bindings else (), *_span(c))

    def bindings(self, c: Children) -> n.Bindings:
        return n.Bindings(_of(c, n.Binding), *_span(c))

    def binding(self, c: Children) -> n.Binding:
        is_list = isinstance(c[2], Items)
        values = c[2].items if is_list else (c[2],)
        return n.Binding(_name(c[0]), values, is_list, *_span(c))

    def value_list(self, c: Children) -> Items:
        return Items(_of(c, n.Text, n.Name, n.Number, n.Quantity), *_span(c))

    # Tiers and criteria

    def tier(self, c: Children) -> n.TierBlock:
        return n.TierBlock(_name(c[0]), tuple(c[2:-1]), *_span(c))

    def policy(self, c: Children) -> n.PolicyLine:
        return n.PolicyLine(_name(c[2]), *_span(c))

    def use(self, c: Children) -> n.Use:
        called = _maybe(c, n.Setting)
        return n.Use(c[1], called.value if called else None, *_span(c))

    def without(self, c: Children) -> n.Without:
        return n.Without(_name(c[1]), *_span(c))

    def override(self, c: Children) -> n.Override:
        return n.Override(_name(c[1]), tuple(c[2:]), *_span(c))

    def criterion(self, c: Children) -> n.CriterionItem:
        return n.CriterionItem(_name(c[0]), _name(c[1]), tuple(c[2:]), *_span(c))

    def severity(self, c: Children) -> n.Severity:
        return n.Severity(_name(c[0]), *_span(c))

    def weight(self, c: Children) -> n.Weight:
        return n.Weight(c[1], *_span(c))

    def when(self, c: Children) -> n.When:
        return n.When(c[1], *_span(c))

    def statement(self, c: Children) -> n.Statement:
        return n.Statement(c[0].text, c[1], *_span(c))

    def level(self, c: Children) -> n.LevelClause:
        number = n.Number(c[1].text, c[1].start, c[1].end)
        worth = _maybe(c, n.Weight)
        examples = tuple(e.text for e in _of(c, n.Example))
        return n.LevelClause(
            number, worth.number if worth else None, _maybe(c, n.Text), examples, *_span(c)
        )

    worth = weight

    def example(self, c: Children) -> n.Example:
        return n.Example(c[1], *_span(c))

    def cites(self, c: Children) -> n.Cites:
        return n.Cites(c[1].items, *_span(c))

    def check(self, c: Children) -> n.CheckClause:
        return n.CheckClause(c[1], *_span(c))

    def exemplar(self, c: Children) -> n.Exemplar:
        return n.Exemplar(c[0].text, c[1], *_span(c))

    def allows(self, c: Children) -> n.Allows:
        return n.Allows(*_span(c))

    # Order, reward, profiles

    def order(self, c: Children) -> n.OrderBlock:
        return n.OrderBlock(_of(c, n.OrderLine), *_span(c))

    def order_line(self, c: Children) -> n.OrderLine:
        return n.OrderLine(_name(c[0]), c[1] if len(c) > 1 else None, *_span(c))

    def steps(self, c: Children) -> n.Number:
        number: n.Number = c[-1]
        return number

    def reward(self, c: Children) -> n.RewardItem:
        return n.RewardItem(_name(c[1]), _of(c, n.Param), *_span(c))

    def param(self, c: Children) -> n.Param:
        return n.Param(_name(c[0]), c[1], *_span(c))

    def profile(self, c: Children) -> n.ProfileBlock:
        return n.ProfileBlock(_name(c[1]), _maybe(c, n.When), _of(c, n.Reweight), *_span(c))

    def reweight(self, c: Children) -> n.Reweight:
        return n.Reweight(_name(c[1]), c[2], *_span(c))

    # Tests

    def test(self, c: Children) -> n.TestBlock:
        return n.TestBlock(c[1], tuple(c[3:-1]), *_span(c))

    def given(self, c: Children) -> n.Bindings:
        return n.Bindings(c[1].items, *_span(c))

    def response(self, c: Children) -> n.ResponseLine:
        return n.ResponseLine(_name(c[1]), c[2], *_span(c))

    def sheet(self, c: Children) -> n.Sheet:
        return n.Sheet(_of(c, n.Entry), *_span(c))

    def entry(self, c: Children) -> n.Entry:
        name = _name(c[0]) if c[0].type == "NAME" else None
        return n.Entry(name, c[2], *_span(c))

    def verdict(self, c: Children) -> n.Name:
        return _name(c[0])

    def expect_over(self, c: Children) -> n.Expectation:
        because = c[4].items if len(c) > 4 else ()
        return n.Expectation("over", _name(c[1]), _name(c[3]), because, None, *_span(c))

    def because(self, c: Children) -> Items:
        names: Items = c[1]
        return names

    def expect_ties(self, c: Children) -> n.Expectation:
        return n.Expectation("ties", _name(c[1]), _name(c[3]), (), None, *_span(c))

    def expect_violates(self, c: Children) -> n.Expectation:
        return n.Expectation("violates", _name(c[1]), None, c[3].items, None, *_span(c))

    def expect_safe(self, c: Children) -> n.Expectation:
        return n.Expectation("safe", _name(c[1]), None, (), None, *_span(c))

    def expect_has(self, c: Children) -> n.Expectation:
        return n.Expectation("has", _name(c[1]), None, (_name(c[3]),), c[5], *_span(c))

    # Expressions

    def any_of(self, c: Children) -> n.Chain:
        return n.Chain("or", tuple(c[::2]), *_span(c))

    def all_of(self, c: Children) -> n.Chain:
        return n.Chain("and", tuple(c[::2]), *_span(c))

    def negated(self, c: Children) -> n.Not:
        return n.Not(c[1], *_span(c))

    def group(self, c: Children) -> n.Expr:
        inner: n.Expr = c[1]
        return inner

    def compare(self, c: Children) -> n.Compare:
        return n.Compare(c[0], _name(c[1]), c[2], *_span(c))

    def member(self, c: Children) -> n.Member:
        return n.Member(c[0], c[1].text, c[2].items, *_span(c))

    contains = member

    set = arguments = value_list

    def is_given(self, c: Children) -> n.IsGiven:
        return n.IsGiven(c[0], *_span(c))

    def call(self, c: Children) -> n.Call:
        arguments = c[2].items if isinstance(c[2], Items) else ()
        return n.Call(_name(c[0]), arguments, *_span(c))
