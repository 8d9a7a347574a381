"""A rubric as canonical text: one style, and reading it back gives the same rubric.

What came in through `include` and `use` is written out in full, as if it had been written here:
the meaning stays, the origin does not. Tests and `#` comments are no part of a typed rubric.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import gcd

from . import ir
from .units import UNITS, convert, dimension

WIDTH = 100
NARROWEST = 30
"""Behind a very long name a text goes past the width rather than into single words."""
MAX_DIGITS = 12
"""The language reads no number with more; see `passes.values`."""

# Everything that a reader could not see, or would take for something else: controls, spaces other
# than the plain one, joiners, marks that reorder or break lines.
_HIDDEN = re.compile(
    '["\\\\\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000'
    "\ufeff\ufff0-\uffff]"
)
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_GAP = re.compile(r"(?<=[^ ]) (?=[^ ])")


def quoted(text: str) -> str:
    """The text as one string of the language."""
    return f'"{_escaped(text)}"'


def exact(number: Fraction) -> str:
    """A number as it is written: 5, 0.3, or 1/3 where decimals do not end or grow long."""
    return decimal(number) or f"{number.numerator}/{number.denominator}"


def decimal(number: Fraction) -> str | None:
    """The number with decimals, in at most as many digits as the language reads; else None."""
    places, bottom = 0, number.denominator
    while bottom != 1:
        if places == MAX_DIGITS or gcd(bottom, 10) == 1:
            return None
        places, bottom = places + 1, bottom // gcd(bottom, 10)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    if places and len(digits) > MAX_DIGITS:
        return None
    return f"{'-' if number < 0 else ''}{whole}{'.' if part else ''}{part}"


def print_rubric(rubric: ir.Rubric) -> str:
    """The text of a rubric. It ends with a line end and has no trailing blanks."""
    rubric = _own_names(rubric)
    blocks = [_head(rubric)]
    blocks += [_source(source) for source in rubric.sources]
    sets = _term_sets(rubric)
    blocks += [_value_set(values) for values in sets]
    blocks += [_inputs(rubric)] if rubric.inputs else []
    blocks += [["\n".join(_prompt(prompt, rubric))] for prompt in rubric.prompts]
    blocks += [block for tier in ir.TIERS if (block := _tier(rubric, tier, sets))]
    if rubric.steps != ir.Rubric.steps:
        blocks.append(["order {", "  safety", f"  proficiency in steps of 1/{rubric.steps}"])
        blocks[-1] += ["  excellence", "}"]
    if rubric.reward != ir.Reward():
        params = [f" {name} {exact(value)}" for name, value in rubric.reward.params.items()]
        blocks.append([f"reward {rubric.reward.shape}{''.join(params)}"])
    blocks += [_profile(profile, rubric) for profile in rubric.profiles]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def check_text(check: ir.Check) -> str:
    """A check as it is written behind `check`, with all terms in brackets in place of the names of
    value sets."""
    named = (
        ir.ValueSet(f"({', '.join(map(quoted, terms))})", tuple(map(ir.Term, terms)))
        for terms in _lists(check)
    )
    return _check(check, tuple(named))


def input_text(declared: ir.Input) -> str:
    """The type of an input, whether it may be missing, and its default."""
    text = _type(declared) + (" optional" if declared.optional else "")
    default = "" if declared.default is None else f" = {_value(declared.default, declared)}"
    return text + default


def prompt_text(prompt: ir.Prompt, rubric: ir.Rubric) -> str:
    """A prompt with the facts of its case, on one line."""
    known = {declared.id: declared for declared in rubric.inputs}
    facts = [f"{name}: {_value(value, known[name])}" for name, value in prompt.inputs.items()]
    return quoted(prompt.text) + (f" {{ {', '.join(facts)} }}" if facts else "")


def _own_names(rubric: ir.Rubric) -> ir.Rubric:
    """The rubric with a name of its own for each source of an included one (`core.gmp`)."""
    names = {source.id: source.id for source in rubric.sources if "." not in source.id}
    for source in rubric.sources:
        if source.id not in names:
            name = source.id.replace(".", "_")
            while name in names.values():
                name += "_"
            names[source.id] = name
    if all(old == new for old, new in names.items()):
        return rubric
    return replace(
        rubric,
        sources=tuple(replace(source, id=names[source.id]) for source in rubric.sources),
        criteria=tuple(
            replace(criterion, cites=tuple(names.get(cited, cited) for cited in criterion.cites))
            for criterion in rubric.criteria
        ),
    )


def _head(rubric: ir.Rubric) -> list[str]:
    version = quoted(rubric.version)
    lines = _doc(rubric.doc)
    lines += [f"rubric {rubric.name} version {version} status {rubric.status}", ""]
    lines += _wrapped("title ", rubric.title)
    if rubric.purpose != "training":
        lines.append(f"purpose {rubric.purpose}")
    for tag in rubric.tags:
        lines += _wrapped("tag ", tag)
    for review in rubric.reviews:
        role = f" role {quoted(review.role)}" if review.role is not None else ""
        lines.append(f"reviewed by {quoted(review.reviewer)}{role} on {quoted(review.date)}")
    return lines


_SOURCE_FIELDS = (
    ("title", "title"),
    ("publisher", "publisher"),
    ("id", "identifier"),
    ("doi", "doi"),
    ("url", "url"),
    ("edition", "edition"),
    ("section", "section"),
    ("retrieved", "retrieved"),
    ("licence", "licence"),
    ("note", "note"),
)


def _source(source: ir.Source) -> list[str]:
    lines = [f"source {source.id} {{"]
    for key, field in _SOURCE_FIELDS:
        value = getattr(source, field)
        if value is not None:
            lines += _wrapped(f"  {key} ", value)
    return [*lines, "}"]


Sets = tuple[ir.ValueSet, ...]


def _term_sets(rubric: ir.Rubric) -> Sets:
    """The value sets of the rubric, and one for each list of terms that none of them holds.

    A check writes several terms as the name of a set, and `count` even one, since a text would be
    a pattern there. The sets of an included rubric stay in its own file.
    """
    sets = list(rubric.value_sets)
    held = {tuple(term.text for term in known.terms) for known in sets}
    names = {known.id for known in sets}
    for criterion in rubric.criteria:
        for terms in _lists(criterion.check):
            if terms not in held:
                name = f"{criterion.id}_terms"
                while name in names:
                    name += "_"
                held.add(terms)
                names.add(name)
                sets.append(ir.ValueSet(name, tuple(ir.Term(text) for text in terms)))
    return tuple(sets)


def _lists(check: ir.Check | None) -> Iterator[tuple[str, ...]]:
    """The lists of terms that have to be value sets."""
    match check:
        case ir.AllOf(args) | ir.AnyOf(args):
            for arg in args:
                yield from _lists(arg)
        case ir.NoneOf(arg):
            yield from _lists(arg)
        case ir.Count(terms) if terms:
            yield terms
        case ir.Mentions(terms) | ir.Dose(terms) if len(terms) > 1:
            yield terms


def _value_set(values: ir.ValueSet) -> list[str]:
    lines = [*_doc(values.doc), f"valueset {values.id} {{"]
    for term in values.terms:
        code = ""
        if term.system is not None and term.code is not None:
            code = f" code {quoted(term.system)} {quoted(term.code)}"
        lines.append(f"  {quoted(term.text)}{code},")
    return [*lines, "}"]


def _inputs(rubric: ir.Rubric) -> list[str]:
    width = max(len(i.id) for i in rubric.inputs)
    lines = ["input {"]
    for declared in rubric.inputs:
        optional = " optional" if declared.optional else ""
        default = ""
        if declared.default is not None:
            default = f" = {_value(declared.default, declared)}"
        lines += _doc(declared.doc, "  ")
        lines.append(f"  {declared.id:<{width}} : {_type(declared)}{optional}{default}")
    return [*lines, "}"]


def _type(declared: ir.Input) -> str:
    one_of = f"one of ({', '.join(declared.options)})"
    return {
        "bool": "bool",
        "integer": "integer",
        "text": "text",
        "quantity": f"quantity({declared.unit})",
        "one_of": one_of,
        "text_list": "list of text",
        "one_of_list": f"list of {one_of}",
    }[declared.type]


def _prompt(prompt: ir.Prompt, rubric: ir.Rubric) -> list[str]:
    lines = _wrapped(f"prompt {prompt.id} ", prompt.text, 2 if prompt.inputs else 0)
    if prompt.inputs:
        known = {declared.id: declared for declared in rubric.inputs}
        lines[-1] += " {"
        for name, value in prompt.inputs.items():
            lines.append(f"  {name}: {_value(value, known[name])}")
        lines.append("}")
    return lines


def _tier(rubric: ir.Rubric, tier: ir.Tier, sets: Sets) -> list[str]:
    policy = getattr(rubric.policies, tier)
    groups = [[f"  cannot_assess means {policy}"]] if policy != getattr(ir.Policies, tier) else []
    groups += [_criterion(criterion, rubric, sets) for criterion in rubric.tier(tier)]
    if not groups:
        return []
    return [f"{tier} {{", *"\n\n".join("\n".join(lines) for lines in groups).split("\n"), "}"]


_KINDS = {"safety": "veto", "proficiency": "criterion", "excellence": "bonus"}


def _criterion(criterion: ir.Criterion, rubric: ir.Rubric, sets: Sets) -> list[str]:
    head = f"  {_KINDS[criterion.tier]} {criterion.id}"
    if criterion.severity is not None:
        head += f" {criterion.severity}"
    if criterion.weight is not None:
        head += f" weight {exact(criterion.weight)}"
    if criterion.when is not None:
        head += f" when {condition_text(criterion.when, rubric)}"
    lines = [*_doc(criterion.doc, "  "), head]
    lines += _wrapped(f"    {criterion.polarity} ", criterion.text)
    lines += _levels(criterion.levels)
    if criterion.check is not None:
        lines.append(f"    check {_check(criterion.check, sets)}")
    if criterion.cites:
        lines.append(f"    cites {', '.join(criterion.cites)}")
    met = "met  " if criterion.met and criterion.unmet else "met"
    for key, texts in ((met, criterion.met), ("unmet", criterion.unmet), ("tag", criterion.tags)):
        for text in texts:
            lines += _wrapped(f"    {key} ", text)
    if criterion.note:
        lines += _wrapped("    note ", criterion.note)
    if criterion.allows_not_applicable:
        lines.append("    allows not_applicable")
    return lines


def _levels(levels: tuple[ir.Level, ...]) -> list[str]:
    """Every level with its worth, or none of them where they rise evenly from 0 to 1."""
    even = all(level.credit * (len(levels) - 1) == n for n, level in enumerate(levels))
    return [line for level in levels for line in _level(level, even)]


def _level(level: ir.Level, even: bool) -> list[str]:
    worth = "" if even else f"worth {exact(level.credit)} "
    lines = _wrapped(f"    level {level.level} {worth}", level.anchor)
    for example in level.examples:
        lines += _wrapped("      example ", example)
    return lines


def _profile(profile: ir.Profile, rubric: ir.Rubric) -> list[str]:
    when = f" when {condition_text(profile.when, rubric)}" if profile.when is not None else ""
    weights = [f"  weight {name} {exact(value)}" for name, value in profile.weights.items()]
    head = f"profile {profile.id}{when} {{"
    return [*_doc(profile.doc), *([head, *weights, "}"] if weights else [head + "}"])]


# Values, conditions, checks


def _value(value: object, declared: ir.Input) -> str:
    """A constant for an input: quantities get a unit, options stay bare words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return _amount(value, declared.unit) if declared.unit else exact(value)
    if isinstance(value, tuple):
        return f"({', '.join(_value(item, declared) for item in value)})"
    return str(value) if declared.options else quoted(str(value))


def _amount(amount: Fraction, unit: str) -> str:
    """An amount with decimals, as quantities have them: in its unit, or in one where they end."""
    others = [name for name in UNITS if dimension(name) == dimension(unit)]
    for name in (unit, *others):
        text = decimal(convert(ir.Quantity(amount, unit), name))
        if text is not None:
            return f"{text} {name}"
    return f"{exact(amount)} {unit}"


def condition_text(condition: ir.Condition, rubric: ir.Rubric) -> str:
    """A condition as it is written behind `when`."""
    known = {declared.id: declared for declared in rubric.inputs}

    def text(part: ir.Condition) -> str:
        match part:
            case ir.And(args):
                return " and ".join(_grouped(arg, text(arg)) for arg in args)
            case ir.Or(args):
                return " or ".join(_grouped(arg, text(arg)) for arg in args)
            case ir.Not(arg):
                return f"not ({text(arg)})"
            case ir.Given(name):
                return f"{name} is given"
            case ir.Compare(name, op, value):
                return f"{name} {op} {_value(value, known[name])}"
            case ir.OneOf(name, values):
                return f"{name} in {_value(values, known[name])}"
            case ir.Contains(name, values):
                return f"{name} contains {_value(values, known[name])}"

    return text(condition)


def _check(check: ir.Check, sets: Sets) -> str:
    match check:
        case ir.AllOf(args):
            return " and ".join(_grouped(arg, _check(arg, sets)) for arg in args)
        case ir.AnyOf(args):
            return " or ".join(_grouped(arg, _check(arg, sets)) for arg in args)
        case ir.NoneOf(arg):
            return f"not ({_check(arg, sets)})"
        case ir.Mentions(terms):
            return f"mentions(response, {_terms(terms, sets)})"
        case ir.Matches(pattern):
            return f"matches(response, {quoted(pattern)})"
        case ir.Count(terms, pattern, op, value):
            counted = _terms(terms, sets) if pattern is None else quoted(pattern)
            return f"count(response, {counted}) {op} {value}"
        case ir.Words(op, value):
            return f"words(response) {op} {value}"
        case ir.Dose(drugs, op, amount):
            drug = _terms(drugs, sets)
            return f"dose(response, {drug}) {op} {exact(amount.amount)} {amount.unit}"


def _grouped(part: ir.Condition | ir.Check, text: str) -> str:
    nested = isinstance(part, ir.And | ir.Or | ir.AllOf | ir.AnyOf)
    return f"({text})" if nested else text


def _terms(terms: tuple[str, ...], sets: Sets) -> str:
    """One term as a text, several as the name of the set that has them."""
    named = (known.id for known in sets if tuple(t.text for t in known.terms) == terms)
    return next(named, None) or quoted(terms[0])


# Text


def _escaped(text: str) -> str:
    return _HIDDEN.sub(lambda m: _SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", text)


def _wrapped(lead: str, text: str, reserve: int = 0) -> list[str]:
    """`lead` and the text; a long one as strings under each other, which join with one space.

    Only a single space between two other characters is a place to break, so no break is lost or
    added in reading; a word longer than the line stays whole. `reserve` columns stay free.
    """
    indent = " " * len(lead)
    pieces = filled(_escaped(text), WIDTH - len(lead) - 2 - reserve)
    return [f'{indent if n else lead}"{piece}"' for n, piece in enumerate(pieces)]


def filled(text: str, width: int) -> Iterator[str]:
    """The text cut at single spaces into pieces of a width, where one is left to speak of."""
    width = max(width, NARROWEST)
    if len(text) <= width:
        yield text
        return
    line: list[str] = []
    length = -1
    for word in _GAP.split(text):
        if line and length + 1 + len(word) > width:
            yield " ".join(line)
            line, length = [], -1
        line.append(word)
        length += 1 + len(word)
    yield " ".join(line)


def _doc(doc: str, indent: str = "") -> list[str]:
    return [f"{indent}## {line}".rstrip() for line in doc.split("\n")] if doc else []
