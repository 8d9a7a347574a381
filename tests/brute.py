"""Every case and every sheet of a small rubric, by enumeration and with the reference model."""

import itertools

from .reference import model
from .strategies import OPTIONS


def subsets(texts):
    return [list(c) for n in range(len(texts) + 1) for c in itertools.combinations(texts, n)]


GRID = {
    "bool": [True, False, "?"],
    "one_of": [*OPTIONS, "?"],
    "integer": [-1, 0, 1, 2, 17, 18, 19, 39, 40, 41, "?"],
    "quantity": [-1, 0, 0.5, 1, 2, 17.5, 17.75, 18, 20, 40, 41, "?"],
    "text": ["alpha", "beta", "gamma delta", "other", 7],
    "text_list": [*subsets(["alpha", "beta", "gamma delta"]), "?"],
    "one_of_list": [*subsets(OPTIONS), "?"],
}


def every_row(rubric):
    """Rows in which every input takes every value that conditions of the strategies can notice."""
    choices = [[None, *GRID[spec.type]] for spec in rubric.inputs]
    for values in itertools.product(*choices):
        row = dict(zip((spec.id for spec in rubric.inputs), values, strict=True))
        yield {name: value for name, value in row.items() if value is not None}


def every_case(rubric):
    """(criteria that apply, weights) -> a row and a profile that bring them about."""
    found = {}
    for row in every_row(rubric):
        known = model.facts(rubric, row)
        applies = frozenset(
            c.id
            for c in rubric.criteria
            if c.when is None or model.truth(c.when, known) is not False
        )
        for profile in (None, *(p.id for p in rubric.profiles)):
            weights = tuple(sorted(model.weights(rubric, row, profile).items()))
            found.setdefault((applies, weights), (row, profile))
    return found


def every_sheet(rubric, applies, limit=3000):
    """Sheets with every verdict that matters, or None where they are more than `limit`."""
    choices = [verdicts(c) for c in rubric.criteria if c.id in applies]
    number = 1
    for each in choices:
        number *= len(each)
    if number > limit:
        return None
    names = [c.id for c in rubric.criteria if c.id in applies]
    return [dict(zip(names, sheet, strict=True)) for sheet in itertools.product(*choices)]


def verdicts(criterion):
    usual = range(len(criterion.levels)) if criterion.levels else ("met", "unmet")
    return [*usual, "not_applicable", "cannot_assess"]


def results(rubric, row, profile, sheets):
    """(sheet, key, exact reward) of every sheet that is not dropped."""
    weights = model.weights(rubric, row, profile)
    found = []
    for sheet in sheets:
        credits = model.credits(rubric, sheet, row)
        if credits != model.DROPPED:
            key = model.key(rubric, credits, weights)
            found.append((sheet, key, model.reward(rubric, credits, weights)))
    return found
