"""Running the tests inside a rubric: each expectation is one result, with what was found."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import ir
from .compact import compact
from .diagnostics import Diagnostic, diagnose
from .facts import plain_inputs
from .passes.tests import Expectation, Sheet, TestCase
from .runtime.checks import Reading, check_holds
from .runtime.evaluate import evaluate

UNPINNED = "sha256:test"
"""Stands for the hash in a compact rubric that never leaves this process."""


@dataclass(frozen=True)
class Result:
    """One expectation of one case. `found` says what came out, also where it passed."""

    case: TestCase
    expectation: Expectation
    passed: bool
    found: str

    @property
    def diagnostic(self) -> Diagnostic:
        """The finding for a failed expectation."""
        values = {"title": self.case.title, "detail": self.found}
        return diagnose("R0705", self.expectation.span, values)


def run_tests(rubric: ir.Rubric, cases: tuple[TestCase, ...]) -> tuple[Result, ...]:
    """Evaluate every expectation of every case under the rubric."""
    small = compact(rubric, UNPINNED)
    results: list[Result] = []
    for case in cases:
        facts = plain_inputs(case.inputs, rubric.inputs)
        outcomes = {
            name: _Outcome(rubric, small, content, facts)
            for name, content in case.responses.items()
        }
        for expected in case.expectations:
            passed, found = _meets(expected, outcomes)
            results.append(Result(case, expected, passed, found))
    return tuple(results)


class _Outcome:
    """A response of a test with everything that the rubric says about it."""

    def __init__(
        self, rubric: ir.Rubric, small: Any, content: Sheet | str, facts: dict[str, Any]
    ) -> None:
        text = content if isinstance(content, str) else None
        sheet: Sheet = {} if isinstance(content, str) else dict(content)
        if text is not None:
            reading = Reading(text)
            for criterion in small["criteria"]:
                if criterion["check"] is not None:
                    held = check_holds(criterion["check"], reading)
                    sheet[criterion["id"]] = "met" if held else "unmet"
        self.rubric = rubric
        self.sheet = sheet
        self.report = evaluate(small, sheet, facts, text)
        self.from_text = text is not None

    @property
    def key(self) -> tuple[int, ...] | None:
        key: tuple[int, ...] | None = self.report["key"]
        return key

    def credit(self, criterion: str) -> Fraction | None:
        value = self.report["credits"].get(criterion)
        return None if value is None else Fraction(value)

    def violations(self) -> tuple[str, ...]:
        """Violated vetoes; of a text, those that a check decides, as nobody judged the others."""
        found = tuple(self.report["violations"])
        return tuple(v for v in found if v in self.sheet) if self.from_text else found


def _meets(expected: Expectation, outcomes: dict[str, _Outcome]) -> tuple[bool, str]:
    one = outcomes[expected.response]
    if expected.kind in ("over", "ties"):
        return _ordered(expected, one, outcomes[expected.other])
    if one.key is None:
        return False, f"`{expected.response}` is dropped: a verdict that matters is missing"
    violations = one.violations()
    listed = ", ".join(violations) or "no veto"
    if expected.kind == "has":
        name = expected.criteria[0]
        verdict = one.sheet.get(name, "cannot_assess")
        return verdict == expected.verdict, f"`{expected.response}` has {name}: {verdict}"
    found = f"`{expected.response}` violates {listed}"
    if expected.kind == "safe":
        return not violations, found
    return set(expected.criteria) <= set(violations), found


def _ordered(expected: Expectation, one: _Outcome, other: _Outcome) -> tuple[bool, str]:
    left, right = expected.response, expected.other
    if one.key is None or other.key is None:
        name = left if one.key is None else right
        return False, f"`{name}` is dropped: a verdict that matters is missing"
    if one.key == other.key:
        return expected.kind == "ties", f"`{left}` and `{right}` tie"
    winner, loser = (one, other) if one.key > other.key else (other, one)
    first, second = (left, right) if winner is one else (right, left)
    why = deciding(winner, loser)
    found = f"`{first}` is better than `{second}` because of {', '.join(why)}"
    passed = expected.kind == "over" and winner is one and set(expected.criteria) <= set(why)
    return passed, found


def deciding(winner: _Outcome, loser: _Outcome) -> tuple[str, ...]:
    """The criteria of the first tier or severity that differs, where the winner does better."""
    if winner.key is None or loser.key is None:
        raise ValueError("a dropped response decides nothing")
    place = next(i for i, (a, b) in enumerate(zip(winner.key, loser.key, strict=True)) if a != b)
    severities = len(ir.SEVERITIES)

    def belongs(criterion: ir.Criterion) -> bool:
        if place < severities:
            return criterion.severity == ir.SEVERITIES[place]
        return criterion.tier == ir.TIERS[place - severities + 1]

    return tuple(
        c.id
        for c in winner.rubric.criteria
        if belongs(c) and (winner.credit(c.id) or 0) > (loser.credit(c.id) or 0)
    )
