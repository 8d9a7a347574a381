"""Conditions, checks and rules of a rubric as sentences."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from rubricdsl import ir
from rubricdsl.conditions import inputs_of
from rubricdsl.coverage.branches import possible
from rubricdsl.printing import exact

_IS: dict[str, str] = {
    "==": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}
_IS_NOT: dict[str, str] = {
    "==": "is not",
    "!=": "is",
    "<": "is not below",
    "<=": "is not at most",
    ">": "is not above",
    ">=": "is not at least",
}
_NUMBERS: dict[str, str] = {
    "==": "exactly",
    "!=": "any number but",
    "<": "fewer than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}
_AMOUNTS: dict[str, str] = {**_NUMBERS, "!=": "an amount other than", "<": "less than"}
MOST_TERMS = 12
"""Terms of a list that are written out; the rest is counted."""

Inputs = Mapping[str, ir.Input]


def applies(condition: ir.Condition, inputs: Inputs) -> str:
    """When a criterion applies: it is set aside only where its condition is known to be false."""
    text = f"Only when {in_words(condition, inputs)}"
    if None in possible(condition, inputs):
        unknown = listed((named(name) for name in inputs_of(condition)), "or")
        text += f", and also when that cannot be told because {unknown} is not known"
    return f"{text}."


def in_words(condition: ir.Condition, inputs: Inputs, negated: bool = False) -> str:
    """A condition without a full stop: `age is below 18 years`."""
    match condition:
        case ir.And(args) | ir.Or(args):
            parts = [_grouped(in_words(arg, inputs)) for arg in args]
            text = f" {condition.kind} ".join(parts)
            return f"it is not so that ({text})" if negated else text
        case ir.Not(arg):
            return in_words(arg, inputs, not negated)
        case ir.Given(name):
            return f"{named(name)} is {'not ' if negated else ''}known"
        case ir.Compare(name, op, value):
            if isinstance(value, bool):
                wanted = value == ((op == "==") != negated)
                return f"{named(name)} is {'true' if wanted else 'false'}"
            verb = (_IS_NOT if negated else _IS)[op]
            return f"{named(name)} {verb} {value_words(value, inputs[name])}"
        case ir.OneOf(name, values):
            verb = "is none of" if negated and len(values) > 1 else "is not" if negated else "is"
            return f"{named(name)} {verb} {_options(values, inputs[name])}"
        case ir.Contains(name, values):
            verb = "do not include" if negated else "include"
            return f"{named(name)} {verb} {_options(values, inputs[name])}"


def _grouped(text: str) -> str:
    """A part of `and` or `or` in brackets, where it has such a word of its own."""
    is_whole = text.startswith("it is not so that (")
    return f"({text})" if not is_whole and (" or " in text or " and " in text) else text


def named(name: str) -> str:
    """The name of an input as words."""
    return name.replace("_", " ").strip() or name


def value_words(value: object, declared: ir.Input) -> str:
    """A value of an input: `18 years`, `clinic`, “warfarin”."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Fraction):
        return f"{exact(value)} {declared.unit}" if declared.unit else exact(value)
    if isinstance(value, tuple):
        return ", ".join(value_words(item, declared) for item in value) or "none"
    return str(value) if declared.options else f"“{value}”"


def _options(values: tuple[str, ...], declared: ir.Input) -> str:
    return listed((value_words(value, declared) for value in values), "or")


def listed(words: Iterable[str], joint: str = "and") -> str:
    """`a, b or c`; of a very long list the beginning and how many there are."""
    known = list(dict.fromkeys(words))
    if len(known) > MOST_TERMS:
        return f"{', '.join(known[:MOST_TERMS])} {joint} {len(known) - MOST_TERMS} others"
    return f"{', '.join(known[:-1])} {joint} {known[-1]}" if len(known) > 1 else "".join(known)


def check_words(check: ir.Check) -> str:
    """What a check looks for, behind “when the answer”: `mentions “cut it off”`."""
    match check:
        case ir.AllOf(args) | ir.AnyOf(args):
            joint = " and " if isinstance(check, ir.AllOf) else " or "
            return joint.join(_grouped(check_words(arg)) for arg in args)
        case ir.NoneOf(arg):
            return f"does not do this: {check_words(arg)}"
        case ir.Mentions(terms):
            return f"mentions {_terms(terms)}"
        case ir.Matches(pattern):
            return f"has words of the pattern “{pattern}”"
        case ir.Count(terms, pattern, op, value):
            what = _terms(terms) if pattern is None else f"words of the pattern “{pattern}”"
            return f"has {what} {_NUMBERS[op]} {value} times"
        case ir.Words(op, value):
            return f"has {_NUMBERS[op]} {value} words"
        case ir.Dose(drugs, op, amount):
            size = f"{_AMOUNTS[op]} {exact(amount.amount)} {amount.unit}"
            return f"names {size} in one sentence with {_terms(drugs)}"


def _terms(terms: tuple[str, ...]) -> str:
    return listed((f"“{term}”" for term in terms), "or")


_POLICIES: dict[ir.Policy, str] = {
    "violate": "counts as a violation",
    "unmet": "counts as not achieved",
    "exclude": "is left out, as if it did not apply",
    "drop": "takes the whole answer out: it gets no reward",
}


def policy_words(policies: ir.Policies) -> list[str]:
    """What becomes of a criterion that nobody could assess, one sentence for each block."""
    return [
        f"In {tier}, what cannot be assessed {_POLICIES[getattr(policies, tier)]}."
        for tier in ir.TIERS
    ]


def order_words(rubric: ir.Rubric) -> str:
    """The order, in one sentence."""
    return (
        "Of two answers the better one has fewer critical violations; if they are equal, fewer "
        "major and then fewer moderate ones; then the greater proficiency, rounded to steps of "
        f"1/{rubric.steps}; then more bonuses."
    )


def reward_words(reward: ir.Reward) -> str:
    """The reward, in one sentence."""
    params = {"a0": Fraction(1), **reward.params}
    base = exact(params["a0"])
    match reward.shape:
        case "gated":
            low = "gets less than every other answer" if params.get("count") else "gets 0"
            text = f"an answer with any violation {low}, and every other answer gets {base} or more"
            text += ", the more the better it is in this order"
        case "lexicographic":
            text = "this order becomes one number from 0 to 1 that keeps all of it"
        case "centred":
            text = "the answers to one prompt are ranked among each other, and where one of them "
            text += "is without violations, those with a violation get 0"
        case "tiers":
            text = "each block gives a number of its own, and all of them are 0 with any violation"
        case "promedical":
            text = "proficiency and bonuses are added up, and a penalty is taken off for each "
            text += "violation"
        case "weighted":
            text = "the three blocks are averaged; this does not keep the order, and is meant for "
            text += "comparison"
        case "healthbench":
            text = "the points of what happened are divided by the positive points; this does not "
            text += "keep the order, and is meant for reported scores"
        case "rar":
            text = "credits are averaged under the weights of labels; this does not keep the "
            text += "order, and is meant for comparison"
    return f"As a reward for training (“{reward.shape}”), {text}."
