"""From reductions of the grammar to nodes: one function per rule, called while parsing."""

from typing import Any, NamedTuple

from . import nodes as n
from .tokens import NUMBER, Token, unquote

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


class Build:
    """Each function has the name of its rule (or alias) and takes its symbols' values, tokens
    included, in order; what a rule repeats is spread among them."""

    @staticmethod
    def start(c: Children) -> tuple[n.Header | None, tuple[n.Item, ...]]:
        items = c[1:]
        return c[0], tuple(items)

    # Leaves

    @staticmethod
    def text(c: Children) -> n.Text:
        first, last = c[0], c[-1]
        value = unquote(first)[0] if first is last else " ".join([unquote(token)[0] for token in c])
        return n.Text(value, first.start, last.end)

    @staticmethod
    def name(c: Children) -> n.Name:
        return _name(c[0])

    @staticmethod
    def names(c: Children) -> Items:
        return Items(_words(c), *_span(c))

    @staticmethod
    def number(c: Children) -> n.Number:
        return n.Number(c[0].text, c[0].start, c[0].end)

    @staticmethod
    def value(c: Children) -> n.Value:
        token: Token = c[0]
        if token.type == "STRING":
            return Build.text(c)
        if token.type == "NAME":
            return _name(token)
        if token.type == "NUMBER":
            return Build.number(c)
        digits = NUMBER.match(token.text)
        assert digits is not None
        number = n.Number(digits[0], token.start, token.start + digits.end())
        unit = token.text[digits.end() :].lstrip()
        start = token.start + len(token.text) - len(unit)
        return n.Quantity(number, n.Name(unit, start, token.end), *_span(c))

    # The head of a file

    @staticmethod
    def header(c: Children) -> n.Header:
        status = _maybe(c, n.Setting)
        return n.Header(c[1], c[3], status.value if status else None, *_span(c))

    @staticmethod
    def _setting(c: Children) -> n.Setting:
        value = _name(c[1]) if isinstance(c[1], Token) else c[1]
        return n.Setting(c[0].text, value, c[0].start, c[-1].end)

    status = title = purpose = role = tag = note = called = _setting

    @staticmethod
    def version(c: Children) -> n.Version:
        return n.Version(c[1], *_span(c))

    @staticmethod
    def extends(c: Children) -> n.Extends:
        version = _maybe(c, n.Version)
        return n.Extends(c[1], version.text if version else None, *_span(c))

    @staticmethod
    def include(c: Children) -> n.Include:
        version = _maybe(c, n.Version)
        return n.Include(c[1], version.text if version else None, _name(c[-1]), *_span(c))

    @staticmethod
    def reviewed(c: Children) -> n.Reviewed:
        role = _maybe(c, n.Setting)
        return n.Reviewed(c[2], role.value if role else None, c[-1], *_span(c))

    @staticmethod
    def source(c: Children) -> n.SourceBlock:
        return n.SourceBlock(_name(c[1]), _of(c, n.SourceField), *_span(c))

    @staticmethod
    def source_field(c: Children) -> n.SourceField:
        return n.SourceField(_name(c[0]), c[1], *_span(c))

    @staticmethod
    def valueset(c: Children) -> n.ValueSetBlock:
        return n.ValueSetBlock(_name(c[1]), c[3].items, *_span(c))

    @staticmethod
    def terms(c: Children) -> Items:
        return Items(_of(c, n.Term), *(_span(c) if c else (0, 0)))

    @staticmethod
    def term(c: Children) -> n.Term:
        system, code = c[1].items if len(c) > 1 else (None, None)
        return n.Term(Build.text(c[:1]), system, code, *_span(c))

    @staticmethod
    def code(c: Children) -> Items:
        return Items((Build.text([c[1]]), Build.text([c[2]])), *_span(c))

    @staticmethod
    def inputs(c: Children) -> n.InputBlock:
        return n.InputBlock(_of(c, n.InputLine), *_span(c))

    @staticmethod
    def input(c: Children) -> n.InputLine:
        optional = any(isinstance(x, Token) and x.type == "OPTIONAL" for x in c)
        default = _maybe(c, Items)
        value = default.items[0] if default else None
        return n.InputLine(_name(c[0]), c[2], optional, value, *_span(c))

    @staticmethod
    def default(c: Children) -> Items:
        return Items((c[1],), *_span(c))

    @staticmethod
    def type_name(c: Children) -> n.Type:
        return n.Type("name", _words(c), None, *_span(c))

    @staticmethod
    def type_one_of(c: Children) -> n.Type:
        return n.Type("one_of", c[3].items, None, *_span(c))

    @staticmethod
    def type_quantity(c: Children) -> n.Type:
        return n.Type("quantity", (_name(c[2]),), None, *_span(c))

    @staticmethod
    def type_list(c: Children) -> n.Type:
        return n.Type("list", (), c[2], *_span(c))

    @staticmethod
    def prompt(c: Children) -> n.PromptItem:
        name = _name(c[1]) if isinstance(c[1], Token) else None
        bindings = _maybe(c, n.Bindings)
        return n.PromptItem(name, _maybe(c, n.Text), bindings.items if bindings else (), *_span(c))

    @staticmethod
    def bindings(c: Children) -> n.Bindings:
        return n.Bindings(_of(c, n.Binding), *_span(c))

    @staticmethod
    def binding(c: Children) -> n.Binding:
        is_list = isinstance(c[2], Items)
        values = c[2].items if is_list else (c[2],)
        return n.Binding(_name(c[0]), values, is_list, *_span(c))

    @staticmethod
    def value_list(c: Children) -> Items:
        return Items(_of(c, n.Text, n.Name, n.Number, n.Quantity), *_span(c))

    # Tiers and criteria

    @staticmethod
    def tier(c: Children) -> n.TierBlock:
        return n.TierBlock(_name(c[0]), tuple(c[2:-1]), *_span(c))

    @staticmethod
    def policy(c: Children) -> n.PolicyLine:
        return n.PolicyLine(_name(c[2]), *_span(c))

    @staticmethod
    def use(c: Children) -> n.Use:
        called = _maybe(c, n.Setting)
        return n.Use(c[1], called.value if called else None, *_span(c))

    @staticmethod
    def without(c: Children) -> n.Without:
        return n.Without(_name(c[1]), *_span(c))

    @staticmethod
    def override(c: Children) -> n.Override:
        return n.Override(_name(c[1]), tuple(c[2:]), *_span(c))

    @staticmethod
    def criterion(c: Children) -> n.CriterionItem:
        return n.CriterionItem(_name(c[0]), _name(c[1]), tuple(c[2:]), *_span(c))

    @staticmethod
    def severity(c: Children) -> n.Severity:
        return n.Severity(_name(c[0]), *_span(c))

    @staticmethod
    def weight(c: Children) -> n.Weight:
        return n.Weight(c[1], *_span(c))

    @staticmethod
    def when(c: Children) -> n.When:
        return n.When(c[1], *_span(c))

    @staticmethod
    def statement(c: Children) -> n.Statement:
        return n.Statement(c[0].text, c[1], *_span(c))

    @staticmethod
    def level(c: Children) -> n.LevelClause:
        number = n.Number(c[1].text, c[1].start, c[1].end)
        worth = _maybe(c, n.Weight)
        examples = tuple(e.text for e in _of(c, n.Example))
        return n.LevelClause(
            number, worth.number if worth else None, _maybe(c, n.Text), examples, *_span(c)
        )

    worth = weight

    @staticmethod
    def example(c: Children) -> n.Example:
        return n.Example(c[1], *_span(c))

    @staticmethod
    def cites(c: Children) -> n.Cites:
        return n.Cites(c[1].items, *_span(c))

    @staticmethod
    def check(c: Children) -> n.CheckClause:
        return n.CheckClause(c[1], *_span(c))

    @staticmethod
    def exemplar(c: Children) -> n.Exemplar:
        return n.Exemplar(c[0].text, c[1], *_span(c))

    @staticmethod
    def allows(c: Children) -> n.Allows:
        return n.Allows(*_span(c))

    # Order, reward, profiles

    @staticmethod
    def order(c: Children) -> n.OrderBlock:
        return n.OrderBlock(_of(c, n.OrderLine), *_span(c))

    @staticmethod
    def order_line(c: Children) -> n.OrderLine:
        return n.OrderLine(_name(c[0]), c[1] if len(c) > 1 else None, *_span(c))

    @staticmethod
    def steps(c: Children) -> n.Number:
        number: n.Number = c[-1]
        return number

    @staticmethod
    def reward(c: Children) -> n.RewardItem:
        return n.RewardItem(_name(c[1]), _of(c, n.Param), *_span(c))

    @staticmethod
    def param(c: Children) -> n.Param:
        return n.Param(_name(c[0]), c[1], *_span(c))

    @staticmethod
    def profile(c: Children) -> n.ProfileBlock:
        return n.ProfileBlock(_name(c[1]), _maybe(c, n.When), _of(c, n.Reweight), *_span(c))

    @staticmethod
    def reweight(c: Children) -> n.Reweight:
        return n.Reweight(_name(c[1]), c[2], *_span(c))

    # Tests

    @staticmethod
    def test(c: Children) -> n.TestBlock:
        return n.TestBlock(c[1], tuple(c[3:-1]), False, *_span(c))

    @staticmethod
    def test_todo(c: Children) -> n.TestBlock:
        return n.TestBlock(c[2], tuple(c[4:-1]), True, *_span(c))

    @staticmethod
    def given(c: Children) -> n.Bindings:
        return n.Bindings(c[1].items, *_span(c))

    @staticmethod
    def response(c: Children) -> n.ResponseLine:
        return n.ResponseLine(_name(c[1]), c[2], *_span(c))

    @staticmethod
    def sheet(c: Children) -> n.Sheet:
        return n.Sheet(_of(c, n.Entry), *_span(c))

    @staticmethod
    def entry(c: Children) -> n.Entry:
        name = _name(c[0]) if c[0].type == "NAME" else None
        return n.Entry(name, c[2], *_span(c))

    @staticmethod
    def verdict(c: Children) -> n.Name:
        return _name(c[0])

    @staticmethod
    def expect_over(c: Children) -> n.Expectation:
        because = c[4].items if len(c) > 4 else ()
        return n.Expectation("over", _name(c[1]), _name(c[3]), because, None, *_span(c))

    @staticmethod
    def because(c: Children) -> Items:
        names: Items = c[1]
        return names

    @staticmethod
    def expect_ties(c: Children) -> n.Expectation:
        return n.Expectation("ties", _name(c[1]), _name(c[3]), (), None, *_span(c))

    @staticmethod
    def expect_violates(c: Children) -> n.Expectation:
        return n.Expectation("violates", _name(c[1]), None, c[3].items, None, *_span(c))

    @staticmethod
    def expect_safe(c: Children) -> n.Expectation:
        return n.Expectation("safe", _name(c[1]), None, (), None, *_span(c))

    @staticmethod
    def expect_has(c: Children) -> n.Expectation:
        return n.Expectation("has", _name(c[1]), None, (_name(c[3]),), c[5], *_span(c))

    # Expressions

    @staticmethod
    def any_of(c: Children) -> n.Chain:
        return n.Chain("or", tuple(c[::2]), *_span(c))

    @staticmethod
    def all_of(c: Children) -> n.Chain:
        return n.Chain("and", tuple(c[::2]), *_span(c))

    @staticmethod
    def negated(c: Children) -> n.Not:
        return n.Not(c[1], *_span(c))

    @staticmethod
    def group(c: Children) -> n.Expr:
        inner: n.Expr = c[1]
        return inner

    @staticmethod
    def compare(c: Children) -> n.Compare:
        return n.Compare(c[0], _name(c[1]), c[2], *_span(c))

    @staticmethod
    def member(c: Children) -> n.Member:
        return n.Member(c[0], c[1].text, c[2].items, *_span(c))

    contains = member

    set = arguments = value_list

    @staticmethod
    def is_given(c: Children) -> n.IsGiven:
        return n.IsGiven(c[0], *_span(c))

    @staticmethod
    def call(c: Children) -> n.Call:
        arguments = c[2].items if isinstance(c[2], Items) else ()
        return n.Call(_name(c[0]), arguments, *_span(c))
