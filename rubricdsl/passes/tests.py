"""In-file tests: from `test` blocks to cases with full verdict sheets, ready to be run."""

from dataclasses import dataclass, field
from typing import Literal

from .. import ir
from ..diagnostics import instead
from ..source import Span
from ..syntax import nodes as n
from .scope import Scope
from .values import Scalar, bindings

MAX_RESPONSES = 1000
Verdict = str | int
Sheet = dict[str, Verdict]


@dataclass(frozen=True)
class Expectation:
    """`criteria` are the deciding ones for `over`, the violated for `violates`, one for `has`."""

    kind: Literal["over", "ties", "violates", "safe", "has"]
    response: str
    span: Span
    other: str = ""
    criteria: tuple[str, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True)
class TestCase:
    """One `test` block. A response is a verdict sheet, or a text that the checks decide about.

    A `todo` may expect nothing, and what it expects need not hold yet.
    """

    title: str
    span: Span
    inputs: dict[str, Scalar | tuple[str, ...]] = field(default_factory=dict)
    responses: dict[str, Sheet | str] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    todo: bool = False


def tests(scope: Scope) -> tuple[TestCase, ...]:
    """The cases of the file; faulty lines are left out with a finding."""
    return tuple(_case(scope, item) for item in scope.tree.items if isinstance(item, n.TestBlock))


def _case(scope: Scope, block: n.TestBlock) -> TestCase:
    inputs: dict[str, Scalar | tuple[str, ...]] = {}
    responses: dict[str, Sheet | str] = {}
    given = [line for line in block.lines if isinstance(line, n.Bindings)]
    for again in given[1:]:
        scope.report("R0808", again, what="given")
    if given:
        inputs = bindings(scope, given[0].items)
    for line in block.lines:
        if isinstance(line, n.ResponseLine):
            name, content = line.name, line.content
            if name.text in responses:
                scope.report("R0706", name, name=name.text)
            if not scope.has_room(name, "responses in tests", scope.responses, MAX_RESPONSES):
                scope.broken.add(name.text)
                continue
            scope.responses += 1
            responses[name.text] = (
                content.value if isinstance(content, n.Text) else _sheet(scope, content)
            )
    expected = [line for line in block.lines if isinstance(line, n.Expectation)]
    if not expected and not block.todo:
        scope.missing("R0701", block.title)
    made = [_expectation(scope, line, responses) for line in expected]
    expectations = tuple(e for e in made if e is not None)
    title, span = block.title.value, scope.span(block)
    return TestCase(title, span, inputs, responses, expectations, block.todo)


def _sheet(scope: Scope, sheet: n.Sheet) -> Sheet:
    """Every criterion with its verdict, `otherwise` spelled out."""
    said: Sheet = {}
    rest: str | None = None
    for entry in sheet.entries:
        if entry.name is None:
            if entry.verdict.text not in ("good", "bad", "cannot_assess"):
                words = ("good", "bad", "cannot_assess")
                fixes = [instead(scope.span(entry.verdict), word) for word in words]
                scope.report("R0704", entry, verdict=entry.verdict.text, fixes=fixes)
            elif rest is not None:
                scope.report("R0808", entry, what="otherwise")
            else:
                rest = entry.verdict.text
            continue
        criterion = _criterion(scope, entry.name)
        if criterion is None:
            continue
        if criterion.id in said:
            scope.report("R0808", entry, what=criterion.id)
        verdict = verdict_of(scope, criterion, entry.verdict)
        if verdict is not None:
            said[criterion.id] = verdict
    if rest is None:
        return said
    return {c.id: _otherwise(c, rest) for c in scope.criteria.values()} | said


def _otherwise(criterion: ir.Criterion, word: str) -> Verdict:
    if word == "cannot_assess":
        return word
    good = word == "good"
    if criterion.levels:
        return len(criterion.levels) - 1 if good else 0
    return "met" if good == (criterion.polarity == "requires") else "unmet"


def _criterion(scope: Scope, name: n.Name) -> ir.Criterion | None:
    found = scope.criteria.get(name.text)
    if found is None:
        scope.unknown("R0608", name, name.text, scope.criteria)
    return found


def verdict_of(scope: Scope, criterion: ir.Criterion, word: n.Name) -> Verdict | None:
    """A verdict as written, if the criterion has it."""
    text = word.text
    if criterion.id in scope.broken:
        return None
    if text in ("not_applicable", "cannot_assess"):
        return text
    if criterion.levels:
        if text.isdigit() and len(text) < 4 and int(text) < len(criterion.levels):
            return int(text)
        hint = f"it has the levels 0 to {len(criterion.levels) - 1}"
    else:
        if text in ("met", "unmet"):
            return text
        hint = "it is `met` or `unmet`"
        if text in ("good", "bad"):
            hint += "; `good` and `bad` stand behind `otherwise` alone"
    hint += ", or `not_applicable`, or `cannot_assess`"
    scope.report("R0703", word, verdict=text, name=criterion.id, suggestion=hint)
    return None


def _expectation(
    scope: Scope, line: n.Expectation, responses: dict[str, Sheet | str]
) -> Expectation | None:
    sound = True
    for name in (line.response, line.other):
        if name is not None and name.text not in responses:
            scope.unknown("R0702", name, name.text, responses)
            sound = False
    criteria = [_criterion(scope, name) for name in line.names]
    known = tuple(c.id for c in criteria if c is not None)
    verdict: Verdict | None = None
    if line.verdict is not None and criteria and criteria[0] is not None:
        verdict = verdict_of(scope, criteria[0], line.verdict)
        sound = sound and verdict is not None
    if not sound or len(known) < len(criteria):
        return None
    kinds: dict[str, Literal["over", "ties", "violates", "safe", "has"]] = {
        "over": "over",
        "ties": "ties",
        "violates": "violates",
        "safe": "safe",
        "has": "has",
    }
    other = line.other.text if line.other else ""
    span = scope.span(line)
    return Expectation(kinds[line.kind], line.response.text, span, other, known, verdict)
