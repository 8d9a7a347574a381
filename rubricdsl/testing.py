"""Running the tests inside a rubric: each case is one, with a result for each expectation."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from . import ir
from .compact import compact
from .diagnostics import Diagnostic, diagnose
from .facts import plain_inputs
from .passes.tests import Expectation, Sheet, TestCase
from .runtime.checks import Reading, check_holds
from .runtime.conditions import read_inputs
from .runtime.evaluate import evaluate
from .runtime.form import CompactRubric

UNPINNED = "sha256:test"
"""Stands for the hash in a compact rubric that never leaves this process."""


@dataclass(frozen=True)
class Result:
    """One expectation of one case. `found` says what came out, also where it passed.

    `deciding` are the criteria that settled it: for `over` those of the tier or severity that
    decides in which the winner does better, for `violates` the vetoes that it names.
    """

    case: TestCase
    expectation: Expectation
    passed: bool
    found: str
    deciding: tuple[str, ...] = ()

    @property
    def diagnostic(self) -> Diagnostic:
        """The finding for a failed expectation."""
        values = {"title": self.case.title, "detail": self.found}
        return diagnose("R0705", self.expectation.span, values)


@dataclass(frozen=True)
class CaseRun:
    """One case with what came of it: `facts` as conditions read them, responses by name."""

    case: TestCase
    facts: dict[str, Any]
    outcomes: "dict[str, ResponseOutcome]"
    results: tuple[Result, ...]

    @property
    def state(self) -> Literal["passed", "failed", "todo"]:
        """A `todo` stays one, whatever came of it."""
        if self.case.todo:
            return "todo"
        return "passed" if all(result.passed for result in self.results) else "failed"

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings: one for each expectation that fails, or one note for a `todo`."""
        if not self.case.todo:
            return tuple(result.diagnostic for result in self.results if not result.passed)
        values = {"title": self.case.title, "detail": self.standing}
        return (diagnose("R0707", self.case.span, values),)

    @property
    def standing(self) -> str:
        """How far a `todo` is."""
        failing = next((result.found for result in self.results if not result.passed), None)
        if failing is not None:
            return failing
        return "all that it expects holds" if self.results else "it expects nothing yet"


def run_tests(rubric: ir.Rubric, cases: tuple[TestCase, ...]) -> tuple[Result, ...]:
    """Evaluate every expectation of every case under the rubric, but those of a `todo`."""
    runs = run_cases(rubric, tuple(case for case in cases if not case.todo))
    return tuple(result for run in runs for result in run.results)


def run_cases(rubric: ir.Rubric, cases: tuple[TestCase, ...]) -> tuple[CaseRun, ...]:
    """Evaluate every case under the rubric."""
    if not cases:
        return ()
    small = compact(rubric, UNPINNED)
    return tuple(_run(rubric, small, case) for case in cases)


def _run(rubric: ir.Rubric, small: CompactRubric, case: TestCase) -> CaseRun:
    facts = plain_inputs(case.inputs, rubric.inputs)
    outcomes = {
        name: ResponseOutcome(rubric, small, content, facts)
        for name, content in case.responses.items()
    }
    results = tuple(_result(case, expected, outcomes) for expected in case.expectations)
    return CaseRun(case, read_inputs(small["inputs"], facts), outcomes, results)


def _result(
    case: TestCase, expected: Expectation, outcomes: "dict[str, ResponseOutcome]"
) -> Result:
    passed, found, settled_by = _meets(expected, outcomes)
    return Result(case, expected, passed, found, settled_by)


class ResponseOutcome:
    """A response of a test with everything that the rubric says about it."""

    def __init__(
        self, rubric: ir.Rubric, small: CompactRubric, content: Sheet | str, facts: dict[str, Any]
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


Met = tuple[bool, str, tuple[str, ...]]
"""Whether an expectation holds, what was found, and which criteria settled it."""


def _meets(expected: Expectation, outcomes: dict[str, ResponseOutcome]) -> Met:
    one = outcomes[expected.response]
    if expected.kind in ("over", "ties"):
        return _ordered(expected, one, outcomes[expected.other])
    if one.key is None:
        return False, f"`{expected.response}` is dropped: a verdict that matters is missing", ()
    violations = one.violations()
    listed = ", ".join(violations) or "no veto"
    if expected.kind == "has":
        name = expected.criteria[0]
        verdict = one.sheet.get(name, "cannot_assess")
        return verdict == expected.verdict, f"`{expected.response}` has {name}: {verdict}", ()
    found = f"`{expected.response}` violates {listed}"
    if expected.kind == "safe":
        return not violations, found, ()
    return set(expected.criteria) <= set(violations), found, expected.criteria


def _ordered(expected: Expectation, one: ResponseOutcome, other: ResponseOutcome) -> Met:
    left, right = expected.response, expected.other
    if one.key is None or other.key is None:
        name = left if one.key is None else right
        return False, f"`{name}` is dropped: a verdict that matters is missing", ()
    if one.key == other.key:
        return expected.kind == "ties", f"`{left}` and `{right}` tie", ()
    winner, loser = (one, other) if one.key > other.key else (other, one)
    first, second = (left, right) if winner is one else (right, left)
    why = deciding(winner, loser)
    found = f"`{first}` is better than `{second}` because of {', '.join(why)}"
    passed = expected.kind == "over" and winner is one and set(expected.criteria) <= set(why)
    return passed, found, why


def deciding(winner: ResponseOutcome, loser: ResponseOutcome) -> tuple[str, ...]:
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
