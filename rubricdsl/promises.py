"""What is said when a reward cannot keep the order that its shape promises.

Like the tests inside a rubric this is asked for, not part of the passes: `compile` may have been
given another shape than the file's, and then that one counts.
"""

import json
from collections.abc import Mapping
from fractions import Fraction

from . import ir
from .analysis.certify import Certified, certify
from .analysis.samples import Sample, Witness
from .compact import compact
from .diagnostics import Diagnostic, diagnose
from .passes.check import Checked
from .source import Span
from .syntax import nodes as n

_SHOWN = 16
"""Sheets with more verdicts than this are shown where they differ alone."""


GROUP = 8
"""A promise does not depend on it; certificates of bundles are made for their own."""


def promise_broken_by(checked: Checked) -> Diagnostic | None:
    """The finding for a file's reward as it is written; None if its promise is kept."""
    if checked.rubric is None:
        return None
    return broken_promise(checked, checked.rubric, certify(compact(checked.rubric, ""), GROUP))


def broken_promise(checked: Checked, rubric: ir.Rubric, found: Certified) -> Diagnostic | None:
    """The finding at the reward's line, with the two sheets; None if the promise is kept.

    `rubric` is the one of the file with the shape that was certified.
    """
    fact = found.facts.promise
    if fact.holds is not False or fact.witness is None:
        return None
    low, high = fact.witness.samples[:2]
    return diagnose(
        "R0610",
        _place(checked),
        {"shape": rubric.reward.shape, "what": _what(low, high), "suggestion": ""},
        label="" if _written(checked, rubric) else f"compiled as `{rubric.reward.shape}`",
        hint=_hint(rubric, found, low, high),
        lines=_sheets(fact.witness),
    )


def _place(checked: Checked) -> Span:
    """The `reward` line, or the head of a file without one."""
    tree = checked.tree
    items = tree.items if tree else ()
    item = next((i for i in items if isinstance(i, n.RewardItem)), None)
    place = item or (tree.header if tree else None)
    return Span(checked.path, place.start, place.end) if place else Span(checked.path, 0, 1)


def _written(checked: Checked, rubric: ir.Rubric) -> bool:
    return checked.rubric is not None and checked.rubric.reward.shape == rubric.reward.shape


def _what(low: Sample, high: Sample) -> str:
    """How the better of two samples comes out, in words."""
    level = "no higher than" if low.reward == high.reward else "below"
    if low.tally.violations != high.tally.violations:
        fewer, more = sum(high.tally.violations), sum(low.tally.violations)
        if not fewer:
            return f"a safe answer can come out {level} an unsafe one"
        return f"{fewer} violations can come out {level} {more}"
    if low.tally.bin != high.tally.bin:
        return f"more proficiency can come out {level} more bonuses"
    return f"one more bonus can come out {level} one fewer"


def _sheets(witness: Witness) -> list[str]:
    """Both sheets as a test would write them, the better one first, with their rewards."""
    low, high = witness.samples[:2]
    lines = [_sheet("better", high, low), _sheet("worse ", low, high)]
    if witness.inputs or witness.profile:
        given = [f"{name}: {_value(value)}" for name, value in witness.inputs.items()]
        given += [f"profile {witness.profile}"] if witness.profile else []
        lines.insert(0, "given " + ", ".join(given))
    return lines


def _sheet(name: str, shown: Sample, other: Sample) -> str:
    sheet: Mapping[str, str | int] = shown.sheet
    rest = ""
    if len(sheet) > _SHOWN:
        sheet = {k: v for k, v in sheet.items() if other.sheet[k] != v}
        rest = "  the rest alike"
    verdicts = "  ".join(f"{criterion}: {verdict}" for criterion, verdict in sheet.items())
    return f"{name} {{ {verdicts}{rest} }} has {shown.reward}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _hint(rubric: ir.Rubric, found: Certified, low: Sample, high: Sample) -> str:
    """What to change; only the factors of `promedical` can break a promise."""
    names = ("alpha", "beta", "penalty")
    if rubric.reward.shape != "promedical":
        return "use another shape"
    if not any(name in rubric.reward.params for name in names):
        return "use `gated` or `lexicographic`"
    advice = "or leave out alpha, beta and penalty: their defaults keep the order"
    safe = found.facts.safe or (Fraction(0), Fraction(0))
    most = len(rubric.tier("excellence"))
    if low.tally.violations != high.tally.violations:
        return f"a `penalty` above {safe[1] - safe[0]} exceeds all that can be gained; {advice}"
    alpha = rubric.reward.params.get("alpha", Fraction(1, 2 * rubric.steps * max(most, 1)))
    if low.tally.bin != high.tally.bin:
        # What is left of the smallest step after all bonuses; less than nothing here.
        left = found.facts.gaps["proficiency"].least
        return f"with an `alpha` below {left / most + alpha} no bonuses outweigh a step; {advice}"
    if not alpha:
        return f"an `alpha` of 0 hides every bonus; {advice}"
    return f"a `beta` of {alpha * most} or more leaves room for every bonus; {advice}"
