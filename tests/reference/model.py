"""What a rubric means, straight from the definitions: fractions, dicts, and no code of the runtime.

It reads the typed rubric itself, not the compact form. Texts are ASCII and units are those of
`MONTHS` and `GRAMS`: the strategies stay within that.
"""

import re
from fractions import Fraction

from rubricdsl import ir

MONTHS = {"months": 1, "years": 12}
UNKNOWN = "unknown"
NOT_APPLICABLE = "not applicable"
DROPPED = "dropped"
SEVERITIES = ("critical", "major", "moderate")


# Conditions


def facts(rubric, row):
    """What is known: input id -> value, or UNKNOWN for what was given but cannot be read."""
    known = {}
    for spec in rubric.inputs:
        if row.get(spec.id) is not None:
            known[spec.id] = value_of(spec, row[spec.id])
        elif spec.default is not None:
            known[spec.id] = lowered(spec.default)
    return known


def lowered(value):
    if isinstance(value, str):
        return value.lower()
    return [lowered(part) for part in value] if isinstance(value, (tuple, list)) else value


def value_of(spec, value):
    if spec.type == "bool":
        return value if type(value) is bool else UNKNOWN
    if spec.type in ("integer", "quantity"):
        number = number_of(spec, value)
        is_whole = number != UNKNOWN and number.denominator == 1
        return number if spec.type == "quantity" or is_whole else UNKNOWN
    if spec.type in ("one_of", "text"):
        return text_of(spec, value)
    if type(value) not in (list, tuple):
        return UNKNOWN
    parts = [text_of(spec, part) for part in value]
    return UNKNOWN if UNKNOWN in parts else parts


def number_of(spec, value):
    if type(value) is int:
        return Fraction(value)
    if type(value) is float:
        return Fraction(repr(value)) if abs(value) < float("inf") else UNKNOWN
    if type(value) is str and spec.type == "quantity":
        match = re.fullmatch(r"(-?\d+(?:[./]\d+)?) (\w+)", value)
        if match and match[2] in MONTHS:
            return Fraction(match[1]) * MONTHS[match[2]] / MONTHS[spec.unit]
    return UNKNOWN


def text_of(spec, value):
    if type(value) is not str:
        return UNKNOWN
    return value.lower() if not spec.options or value.lower() in spec.options else UNKNOWN


def truth(condition, known):
    """True, False or UNKNOWN, by the truth tables of Kleene."""
    match condition:
        case ir.And(args):
            values = [truth(arg, known) for arg in args]
            return False if False in values else (UNKNOWN if UNKNOWN in values else True)
        case ir.Or(args):
            values = [truth(arg, known) for arg in args]
            return True if True in values else (UNKNOWN if UNKNOWN in values else False)
        case ir.Not(arg):
            return {True: False, False: True, UNKNOWN: UNKNOWN}[truth(arg, known)]
        case ir.Given(name):
            return name in known
    fact = known.get(condition.input, UNKNOWN)
    if fact == UNKNOWN:
        return UNKNOWN
    match condition:
        case ir.OneOf(_, values):
            return fact in [value.lower() for value in values]
        case ir.Contains(_, values):
            return bool(set(fact) & {value.lower() for value in values})
    return compared(fact, condition.op, lowered(condition.value))


def compared(left, op, right):
    return {
        "==": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }[op]()


# Checks, on ASCII texts


def is_edge(text, place):
    """No word character on both sides, and not beside the point of a decimal."""
    if re.search(r"^\w\w$", text[max(place - 1, 0) : place + 1]):
        return False
    return not any(
        match.start() < place < match.start() + 3 for match in re.finditer(r"(?=\d[.,]\d)", text)
    )


def occurrences(text, wanted):
    """All (start, end) of `wanted(substring)` between edges."""
    edges = [place for place in range(len(text) + 1) if is_edge(text, place)]
    return [(s, e) for s in edges for e in edges if s < e and wanted(text[s:e])]


def most_disjoint(spans):
    """The greatest number of spans of which no two overlap, by dynamic programming."""
    best = {}

    def most(start):
        if start not in best:
            later = [1 + most(e) for s, e in spans if s >= start]
            best[start] = max(later, default=0)
        return best[start]

    return most(0)


def decided(check, response):
    text = " ".join(response.lower().split())
    match check:
        case ir.AllOf(args):
            return all(decided(arg, response) for arg in args)
        case ir.AnyOf(args):
            return any(decided(arg, response) for arg in args)
        case ir.NoneOf(arg):
            return not decided(arg, response)
        case ir.Mentions(terms):
            return bool(occurrences(text, wanted_terms(terms)))
        case ir.Matches(pattern):
            return bool(occurrences(text, wanted_pattern(pattern)))
        case ir.Count(terms, pattern, op, number):
            wanted = wanted_pattern(pattern) if pattern is not None else wanted_terms(terms)
            return compared(most_disjoint(occurrences(text, wanted)), op, number)
        case ir.Words(op, number):
            return compared(sum(1 for w in text.split() if re.search(r"\w", w)), op, number)
    raise NotImplementedError(check)


def wanted_terms(terms):
    return lambda part: part in [term.lower() for term in terms]


def wanted_pattern(pattern):
    return lambda part: re.fullmatch(pattern.lower(), part, re.DOTALL)


# Verdicts to credits


def credits(rubric, sheet, row, response=None):
    """Criterion id -> Fraction or NOT_APPLICABLE; DROPPED when the sample must not count."""
    known = facts(rubric, row)
    found = {}
    for criterion in rubric.criteria:
        if criterion.when is not None and truth(criterion.when, known) is False:
            found[criterion.id] = NOT_APPLICABLE
            continue
        verdict = sheet.get(criterion.id)
        if criterion.check is not None and response is not None:
            verdict = "met" if decided(criterion.check, response) else "unmet"
        credit = credit_of(criterion, verdict)
        if credit is None:
            policy = getattr(rubric.policies, criterion.tier)
            if policy == "drop":
                return DROPPED
            credit = NOT_APPLICABLE if policy == "exclude" else Fraction(0)
        found[criterion.id] = credit
    return found


def credit_of(criterion, verdict):
    """A Fraction, NOT_APPLICABLE, or None for a verdict that says nothing."""
    if verdict == "not_applicable" and criterion.allows_not_applicable:
        return NOT_APPLICABLE
    if criterion.levels:
        by_level = {level.level: level.credit for level in criterion.levels}
        return by_level.get(verdict) if type(verdict) is int else None
    if type(verdict) is str and verdict in ("met", "unmet"):
        return Fraction(int((verdict == "met") == (criterion.polarity == "requires")))
    return None


# Order


def weights(rubric, row, profile=None):
    known = facts(rubric, row)
    base = {c.id: c.weight for c in rubric.tier("proficiency")}
    for candidate in rubric.profiles:
        if profile == candidate.id or (
            profile is None and candidate.when is not None and truth(candidate.when, known) is True
        ):
            return {**base, **candidate.weights}
    return base


def violations(rubric, credit, severity):
    return sum(1 for c in rubric.criteria if c.severity == severity and credit[c.id] == 0)


def share(rubric, credit, weight):
    counted = [c.id for c in rubric.tier("proficiency") if credit[c.id] != NOT_APPLICABLE]
    gained = sum((weight[i] * credit[i] for i in counted), Fraction(0))
    return gained / sum(weight[i] for i in counted) if counted else Fraction(0)


def bonuses(rubric, credit):
    return sum(1 for c in rubric.tier("excellence") if credit[c.id] == 1)


def key(rubric, credit, weight):
    counts = [-violations(rubric, credit, severity) for severity in SEVERITIES]
    # `round` of a Fraction is half to even.
    return (*counts, round(share(rubric, credit, weight) * rubric.steps), bonuses(rubric, credit))


# Shapes: each returns the exact reward, or None


def reward(rubric, credit, weight):
    return {
        "gated": gated,
        "lexicographic": lexicographic,
        "centred": lambda *sheet: centred(rubric, [key(*sheet)])[0],
        "tiers": lambda *sheet: sum(columns(rubric, key(*sheet))),
        "promedical": promedical,
        "weighted": weighted,
        "healthbench": healthbench,
        "rar": rar,
    }[rubric.reward.shape](rubric, credit, weight)


def possible_keys(rubric):
    """The sizes of the key's places: vetoes by severity, steps, bonuses."""
    counts = [sum(1 for c in rubric.criteria if c.severity == severity) for severity in SEVERITIES]
    return [*counts, rubric.steps, len(rubric.tier("excellence"))]


def gated(rubric, credit, weight):
    critical, major, moderate, step, extra = key(rubric, credit, weight)
    sizes = possible_keys(rubric)
    a0 = rubric.reward.params.get("a0", Fraction(1))
    if critical or major or moderate:
        if not rubric.reward.params.get("count", 0):
            return Fraction(0)
        value = -critical * (sizes[1] + 1) * (sizes[2] + 1) - major * (sizes[2] + 1) - moderate
        worst = (sizes[0] + 1) * (sizes[1] + 1) * (sizes[2] + 1) - 1
        return a0 / rubric.reward.params.get("group", Fraction(8)) * Fraction(worst - value, worst)
    nb = sizes[4]
    return a0 + Fraction(step * (nb + 1) + extra, rubric.steps * (nb + 1) + nb)


def lexicographic(rubric, credit, weight):
    critical, major, moderate, step, extra = key(rubric, credit, weight)
    sizes = possible_keys(rubric)
    digits = [sizes[0] + critical, sizes[1] + major, sizes[2] + moderate, step, extra]
    value, place, highest = 0, 1, 0
    for digit, size in zip(reversed(digits), reversed(sizes), strict=True):
        value, highest, place = value + digit * place, highest + size * place, place * (size + 1)
    return Fraction(value, highest)


def centred(rubric, keys):
    """The rewards of a group from its keys, by counting in pairs; None is a dropped sample."""
    present = [k for k in keys if k is not None]
    some_safe = any(k[:3] == (0, 0, 0) for k in present)
    a0 = rubric.reward.params.get("a0", Fraction(1))
    rewards = []
    for k in keys:
        if k is None:
            rewards.append(None)
        elif some_safe and k[:3] != (0, 0, 0):
            rewards.append(Fraction(0))
        elif some_safe:
            rewards.append(a0 + rank(k, [x for x in present if x[:3] == (0, 0, 0)]) / 2)
        elif rubric.reward.params.get("silent", 0):
            rewards.append(Fraction(0))
        else:
            rewards.append(rank(k[:3], [x[:3] for x in present]) / 2)
    return rewards


def rank(mine, all_of_them):
    """The mean place of those that tie with `mine`, the middle moved to 0, the ends to ±1."""
    places = [place for place, k in enumerate(sorted(all_of_them)) if k == mine]
    middle = Fraction(len(all_of_them) - 1, 2)
    return (Fraction(sum(places), len(places)) - middle) / middle if middle else Fraction(0)


def columns(rubric, key):
    """Safety, proficiency and excellence, each in [0, 1]; all 0 with a violation."""
    critical, major, moderate, step, extra = key
    if critical or major or moderate:
        return [Fraction(0)] * 3
    nb = len(rubric.tier("excellence"))
    return [Fraction(1), Fraction(step, rubric.steps), Fraction(extra, nb) if nb else Fraction(0)]


def promedical(rubric, credit, weight):
    critical, major, moderate, step, extra = key(rubric, credit, weight)
    given = rubric.reward.params
    nb = max(len(rubric.tier("excellence")), 1)
    alpha = given.get("alpha", Fraction(1, 2 * rubric.steps * nb))
    beta = given.get("beta", Fraction(1, 2 * rubric.steps))
    penalty = given.get("penalty", Fraction(3, 2) if rubric.steps > 1 else Fraction(2))
    gain = min(max(Fraction(step, rubric.steps) + alpha * extra, Fraction(0)), 1 + beta)
    return gain + penalty * (critical + major + moderate)


def weighted(rubric, credit, weight):
    *counts, step, extra = key(rubric, credit, weight)
    parts = {
        "safety": lambda n: 1 + Fraction(sum(counts), n),
        "proficiency": lambda n: Fraction(step, rubric.steps),
        "excellence": lambda n: Fraction(extra, n),
    }
    total, mass = Fraction(0), Fraction(0)
    for tier, value in parts.items():
        n = sum(1 for c in rubric.tier(tier) if credit[c.id] != NOT_APPLICABLE)
        if n:
            w = rubric.reward.params.get(tier, Fraction(1))
            total, mass = total + w * value(n), mass + w
    return total / mass if mass else Fraction(0)


def healthbench(rubric, credit, weight):
    given = rubric.reward.params
    happened, positive = Fraction(0), Fraction(0)
    for c in rubric.criteria:
        if credit[c.id] == NOT_APPLICABLE:
            continue
        points = {
            "safety": given.get("veto", Fraction(10)),
            "proficiency": weight.get(c.id),
            "excellence": given.get("bonus", Fraction(1)),
        }[c.tier]
        if c.polarity == "forbids":
            happened -= points * (1 - credit[c.id])
        else:
            happened += points * credit[c.id]
            positive += points
    return happened / positive if positive else None


def rar(rubric, credit, weight):
    given = rubric.reward.params
    label_weights = {
        "safety": given.get("essential", Fraction(1)),
        "proficiency": given.get("important", Fraction(7, 10)),
        "excellence": given.get("optional", Fraction(3, 10)),
    }
    pitfall = given.get("pitfall", Fraction(9, 10))
    gained, total = Fraction(0), Fraction(0)
    for c in rubric.criteria:
        if credit[c.id] != NOT_APPLICABLE:
            w = pitfall if c.polarity == "forbids" else label_weights[c.tier]
            gained, total = gained + w * credit[c.id], total + w
    return gained / total if total else Fraction(0)
