"""Sheets of one case with their keys and rewards: all of them where they are few."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .. import ir
from .meaning import Judged, Sheet, applicable, credit, judge
from .rows import Case

MAX_SHEETS = 1024

Score = Callable[[Sheet, Mapping[str, Any], str | None], float | None]
"""The emitted reward: a sheet, a row and a profile to a number."""


class Response(NamedTuple):
    """A sheet, what it means, and what the emitted module makes of it."""

    sheet: dict[str, str | int]
    judged: Judged
    reward: float


class Pool(NamedTuple):
    """Responses of one case that have a reward; `complete` when no sheet was left out."""

    case: Case
    responses: tuple[Response, ...]
    complete: bool
    faults: tuple[str, ...]


def pool(
    rubric: ir.Rubric, case: Case, shape: ir.Reward, score: Score, dice: random.Random
) -> Pool:
    """The sheets of a case, or many of them, each judged twice; differences are faults."""
    verdicts = {c.id: _verdicts(rubric, c) for c in applicable(rubric, case.facts)}
    number = 1
    for each in verdicts.values():
        number *= len(each)
    complete = number <= MAX_SHEETS
    if complete:
        chosen = itertools.product(*verdicts.values())
        sheets = [dict(zip(verdicts, each, strict=True)) for each in chosen]
    else:
        sheets = list(itertools.islice(_some(rubric, verdicts, dice), MAX_SHEETS))
    found: list[Response] = []
    faults: list[str] = []
    for sheet in sheets:
        judged = judge(rubric, case.facts, case.profile, sheet, shape)
        reward = score(sheet, case.row, case.profile)
        exact = None if judged is None else judged.reward
        expected = None if exact is None else exact.numerator / exact.denominator
        if reward != expected:
            faults.append(f"reward.py gives {reward} for {sheet}, and {expected} is right")
        if judged is not None and reward is not None:
            found.append(Response(sheet, judged, reward))
    return Pool(case, tuple(found), complete, tuple(faults[:3]))


def _verdicts(rubric: ir.Rubric, criterion: ir.Criterion) -> list[str | int]:
    """One verdict for every different outcome, worst first."""
    usual: list[str | int] = ["met", "unmet"]
    if criterion.levels:
        usual = [level.level for level in criterion.levels]
    elif criterion.polarity == "requires":
        usual = ["unmet", "met"]
    seen: dict[object, str | int] = {}
    for verdict in (*usual, "not_applicable", "cannot_assess"):
        seen.setdefault(credit(rubric, criterion, verdict), verdict)
    return list(seen.values())


def _some(
    rubric: ir.Rubric, verdicts: Mapping[str, list[str | int]], dice: random.Random
) -> Iterator[dict[str, str | int]]:
    """The extremes of each tier, those with one verdict turned, then mixtures."""
    tiers = {c.id: c.tier for c in rubric.criteria}
    best = {c.id: len(c.levels) - 1 if c.levels else 1 for c in rubric.criteria}
    ends = {name: (each[0], each[best[name]]) for name, each in verdicts.items()}
    corners = [
        {name: pair[good[ir.TIERS.index(tiers[name])]] for name, pair in ends.items()}
        for good in itertools.product((1, 0), repeat=3)
    ]
    yield from corners
    for corner in corners:
        for name in list(ends)[:24]:
            turned = ends[name][corner[name] == ends[name][0]]
            yield {**corner, name: turned}
    while True:
        shares = {tier: dice.choice((0.0, 0.1, 0.5, 0.8, 1.0)) for tier in ir.TIERS}
        shares["safety"] = dice.choice((0.8, 0.97, 1.0, 1.0))
        strange = dice.random() < 0.3
        sheet = {}
        for name, each in verdicts.items():
            if strange and dice.random() < 0.2:
                sheet[name] = dice.choice(each)
            else:
                sheet[name] = ends[name][dice.random() < shares[tiers[name]]]
        yield sheet
