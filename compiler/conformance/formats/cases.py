"""Small rubrics that formats can hold, and every verdict sheet that there is for them."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.passes import Checker
from rubricdsl.runtime.evaluate import Case
from rubricdsl.runtime.shapes import exact_reward
from rubricdsl.source import MemoryBundle

VETOES = """\
safety {
  veto calls_harmless critical forbids "Calls it “harmless”: no doubt."
  veto sends_away critical forbids "Sends the person away."
  veto warns major requires "Warns of bleeding."
  veto frightens moderate forbids "Frightens."
}
"""
FLAT = """\
proficiency {
  criterion referral weight 5 requires "Says to be seen."
  criterion jargon weight 2.5 forbids "Uses jargon."
  criterion signs weight 2.5 requires "Explains the signs."
}
"""
LEVELS = """\
proficiency {
  criterion referral weight 4 requires "Says to be seen."
  criterion signs weight 6 requires "Explains the signs."
    level 0 "names none: \\"no\\"" example "Hm."
    level 1 "names one" example "Growth."
    level 2 "names two" example "Growth, blood."
    level 3 "names all" example "Growth, blood, colour."
}
"""
WORTH = """\
proficiency {
  criterion referral weight 4 requires "Says to be seen."
  criterion signs weight 6 requires "Explains the signs."
    level 0 worth 0 "names none" example "Hm."
    level 1 worth 1/4 "names one" example "Growth."
    level 2 worth 1 "names all" example "Growth, blood, colour."
}
"""
BONUSES = """\
excellence {
  bonus worry requires "Acknowledges the worry."
  bonus length forbids "Goes on and on."
}
"""


class Small(NamedTuple):
    """A rubric, and the formats that hold all of it."""

    text: str
    formats: tuple[str, ...]


ALL = ("healthbench", "autorubric", "rewardkit", "rubric", "verifiers-judge")
STEPS = ("autorubric", "rewardkit", "verifiers-judge")
SMALL: dict[str, Small] = {
    "flat": Small(FLAT, ALL),
    "flat_points": Small(FLAT + "reward healthbench\n", ALL),
    "points": Small(VETOES + FLAT + BONUSES + "reward healthbench veto 7\n", ALL),
    "order": Small(VETOES + FLAT + BONUSES + "reward lexicographic\n", ALL),
    "order_levels": Small(VETOES + LEVELS + BONUSES + "reward lexicographic\n", STEPS),
    "order_worth": Small(VETOES + WORTH + BONUSES + "reward lexicographic\n", ("autorubric",)),
    "labels": Small(VETOES + FLAT + BONUSES + "reward rar\n", ALL),
    "labels_levels": Small(VETOES + LEVELS + "reward rar pitfall 1/3\n", STEPS),
    "mean": Small(VETOES + FLAT + BONUSES + "reward weighted safety 3\n", ALL),
    "penalty": Small(VETOES + FLAT + BONUSES + "reward promedical\n", ALL),
    "bonuses": Small(LEVELS + BONUSES + "reward gated a0 2\n", STEPS),
    "columns": Small(FLAT + BONUSES + "reward tiers\n", ALL),
    "fine": Small(VETOES + FLAT + BONUSES + "order { safety proficiency in steps of 1/1000 "
                  "excellence }\nreward lexicographic\n", ALL),
}  # fmt: skip
THIRDS = FLAT.replace("2.5", "1/3").replace("weight 5", "weight 1/7")
SMALL["thirds"] = Small(VETOES + THIRDS + "reward lexicographic\n", ALL)
TIED = ("thirds",)
"""Proficiency is rounded: what is tied in the rubric may be a little apart in a format."""


def rubric(name: str) -> ir.Rubric:
    """One of the small rubrics."""
    head = (
        f'rubric formats.{name} version "1.0.0" status draft\ntitle "Small"\npurpose evaluation\n'
    )
    path = f"{name}.rubric"
    checked = Checker(MemoryBundle({path: head + SMALL[name].text})).check(path)
    if checked.rubric is None:
        raise ValueError(f"{name}: {checked.diagnostics}")
    return checked.rubric


Sheet = tuple[bool | int | None, ...]
"""Whether a sentence is met, a level, or None where the judge cannot say."""


def sheets(found: ir.Rubric) -> Iterator[Sheet]:
    """Every sheet of decided verdicts, in the order of the criteria."""
    said: list[list[bool | int | None]] = [
        [level.level for level in c.levels] if c.levels else [False, True] for c in found.criteria
    ]
    return product(*said)


def lost_sheets(found: ir.Rubric) -> Iterator[Sheet]:
    """All good and all bad, but for one criterion without levels, of which nothing is known."""
    for good in (True, False):
        sheet: list[bool | int | None] = [
            good * (len(c.levels) - 1) if c.levels else good == (c.polarity == "requires")
            for c in found.criteria
        ]
        for place, criterion in enumerate(found.criteria):
            if not criterion.levels:
                yield (*sheet[:place], None, *sheet[place + 1 :])


def rewards(found: ir.Rubric, asked: Iterable[Sheet]) -> list[Fraction]:
    """The reward of each sheet before the division, by the runtime that rewards use."""
    form = compact(found, "")
    case = Case(form, {})
    exact = []
    for sheet in asked:
        verdicts = zip(found.criteria, sheet, strict=True)
        outcome = case.outcome({c.id: _spoken(c, verdict) for c, verdict in verdicts})
        assert outcome.tally is not None  # no policy of the small rubrics drops
        reward = exact_reward(form, outcome.tally, outcome.credits, case.weights)
        assert reward is not None  # the small rubrics have positive points
        exact.append(Fraction(*reward))
    return exact


def _spoken(criterion: ir.Criterion, verdict: bool | int | None) -> str | int:
    if verdict is None:
        return "cannot_assess"
    if criterion.levels:
        return verdict
    return "met" if verdict else "unmet"
