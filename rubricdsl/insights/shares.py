"""How often each tier decides between two sheets, by counting all sheets of one case.

Two sheets are drawn independently, each criterion's verdict uniformly among those that a judge can
give: met and unmet, or each level, and `not_applicable` where the criterion allows it.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from ..analysis.reach import Place, Rubric, governed
from ..analysis.sums import TooLarge, gains_of_bin
from ..runtime.form import CompactCriterion

MAX_BITS = 1 << 25
"""Counts of sheets take more room than sums; with more the figure is given up."""


class Shares(NamedTuple):
    """Shares of all pairs of sheets, by the first place of the key in which they differ.

    `safe` is the share of sheets without a violation; the last three are shares of the pairs of
    such sheets.
    """

    critical: Fraction
    major: Fraction
    moderate: Fraction
    proficiency: Fraction
    excellence: Fraction
    tie: Fraction
    safe: Fraction
    safe_proficiency: Fraction
    safe_excellence: Fraction
    safe_tie: Fraction


def shares(place: Place) -> Shares:
    """The shares in a single case. Raises `TooLarge`."""
    rubric, single = place
    off = governed(single)
    there = [c for c in rubric.form["criteria"] if c["id"] not in off]
    violations = [
        _counts([_verdicts(c) for c in there if c["severity"] == severity]) for severity in range(3)
    ]
    steps = _steps(rubric, [c for c in there if c["tier"] == 1])
    bonuses = _counts([_verdicts(c) for c in there if c["tier"] == 2])
    left, found = Fraction(1), []
    for counts in (*violations, steps, bonuses):
        equal = _equal(counts)
        found.append(left * (1 - equal))
        left *= equal
    equal_step, equal_bonus = _equal(steps), _equal(bonuses)
    safe = Fraction(1)
    for counts in violations:
        safe *= Fraction(counts[0], sum(counts))
    critical, major, moderate, proficiency, excellence = found
    return Shares(
        critical=critical,
        major=major,
        moderate=moderate,
        proficiency=proficiency,
        excellence=excellence,
        tie=left,
        safe=safe,
        safe_proficiency=1 - equal_step,
        safe_excellence=equal_step * (1 - equal_bonus),
        safe_tie=equal_step * equal_bonus,
    )


def _verdicts(criterion: CompactCriterion) -> int:
    """How many verdicts a judge can give."""
    return len(criterion["credits"] or (0, 1)) + criterion["na"]


def _counts(verdicts: Sequence[int]) -> list[int]:
    """How many sheets have 0, 1, 2, … criteria at the one verdict that counts, of so many each."""
    found = [1]
    for number in verdicts:
        grown = [count * (number - 1) for count in found] + [0]
        for place, count in enumerate(found):
            grown[place + 1] += count
        found = grown
    return found


def _equal(counts: Sequence[int]) -> Fraction:
    """The chance that two draws come to the same."""
    return Fraction(sum(count * count for count in counts), sum(counts) ** 2)


def _steps(rubric: Rubric, criteria: Sequence[CompactCriterion]) -> list[int]:
    """How many sheets reach each step of the grid. Raises `TooLarge`.

    A state maps a total weight to the counts of sheets by their gain, side by side in one integer,
    so that adding a criterion is a few shifts and additions of large numbers.
    """
    sheets = 1
    for criterion in criteria:
        sheets *= _verdicts(criterion)
    width = sheets.bit_length() // 8 + 1
    state = {0: 1}
    for criterion in criteria:
        item, unit = rubric.proficiency[criterion["id"]], rubric.form["unit"]
        if (sum(state) + len(state) * item.total) * 8 * width > MAX_BITS:
            raise TooLarge
        grown = dict(state) if criterion["na"] else {}
        gains = [item.total * k // unit for k in criterion["credits"] or (0, unit)]
        for total, counts in state.items():
            added = sum(counts << (8 * width * gain) for gain in gains)
            grown[total + item.total] = grown.get(total + item.total, 0) + added
        state = grown
    found = [0] * (rubric.form["steps"] + 1)
    for total, counts in state.items():
        fields = counts.to_bytes((total + 1) * width, "little")
        for step in range(len(found)):
            low, high = gains_of_bin(step, len(found) - 1, total) if total else (0, -(step > 0))
            for gain in range(low, high + 1):
                found[step] += int.from_bytes(fields[gain * width : (gain + 1) * width], "little")
    return found
