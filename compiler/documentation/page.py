"""What a page about a rubric says: plain data, the same for HTML and Markdown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rubricdsl import ir
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import Checked
from rubricdsl.printing import exact
from rubricdsl.syntax import nodes as n
from rubricdsl.testing import CaseRun, run_cases

from .since import Changes
from .words import (
    Inputs,
    applies,
    check_words,
    in_words,
    listed,
    named,
    order_words,
    policy_words,
    reward_words,
    value_words,
)

BLANKS = 3
"""Rows for signatures."""
_STANDING = {
    "draft": "Draft: not approved for use.",
    "active": "Active.",
    "retired": "Retired: not to be used for anything new.",
}


@dataclass(frozen=True)
class Examples:
    """Sentences that show one verdict; `good` says whether it is the wanted one."""

    label: str
    good: bool
    texts: tuple[str, ...]


@dataclass(frozen=True)
class LevelRow:
    level: int
    anchor: str
    worth: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One criterion. `weight` is empty outside proficiency; `facts` are conditions and the like."""

    id: str
    verb: str
    text: str
    weight: str
    share: str
    facts: tuple[tuple[str, str], ...]
    examples: tuple[Examples, ...]
    levels: tuple[LevelRow, ...]


@dataclass(frozen=True)
class ProfileTable:
    """Weights with and without profiles: a row for each criterion of proficiency."""

    names: tuple[str, ...]
    when: tuple[str, ...]
    docs: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class TestExample:
    """A test as an example: the case, the answers as written, what is expected of them."""

    title: str
    facts: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    expected: tuple[tuple[str, bool], ...]
    state: str


@dataclass(frozen=True)
class Page:
    """Everything that a page says. `changes` is None where no older version was given."""

    rubric: ir.Rubric
    hash: str
    standing: str
    sources: tuple[tuple[str, ir.Source, str], ...]
    vetoes: tuple[tuple[str, tuple[Entry, ...]], ...]
    proficiency: tuple[Entry, ...]
    excellence: tuple[Entry, ...]
    inputs: tuple[tuple[str, str, str], ...]
    policies: tuple[str, ...]
    order: str
    reward: str
    profiles: ProfileTable | None
    tests: tuple[TestExample, ...]
    prompts: tuple[tuple[str, str], ...]
    changes: Changes | None
    blanks: range = range(BLANKS)


def page(file: Checked, rubric: ir.Rubric, changes: Changes | None = None) -> Page:
    """The page of a checked file."""
    inputs = {declared.id: declared for declared in rubric.inputs}
    numbers = {source.id: str(at) for at, source in enumerate(rubric.sources, 1)}
    total = sum((c.weight for c in rubric.criteria if c.weight is not None), Fraction(0))

    def entries(tier: ir.Tier, severity: ir.Severity | None = None) -> tuple[Entry, ...]:
        return tuple(
            _entry(rubric, criterion, inputs, numbers, total)
            for criterion in rubric.tier(tier)
            if criterion.severity == severity
        )

    vetoes = ((severity, entries("safety", severity)) for severity in ir.SEVERITIES)
    return Page(
        rubric=rubric,
        hash=semantic_hash(rubric),
        standing=_STANDING[rubric.status],
        sources=tuple((numbers[s.id], s, _details(s)) for s in rubric.sources),
        vetoes=tuple((severity, found) for severity, found in vetoes if found),
        proficiency=entries("proficiency"),
        excellence=entries("excellence"),
        inputs=tuple((declared.id, _type(declared), declared.doc) for declared in rubric.inputs),
        policies=tuple(policy_words(rubric.policies)),
        order=order_words(rubric),
        reward=reward_words(rubric.reward),
        profiles=_profiles(rubric, inputs) if rubric.profiles else None,
        tests=tuple(_tests(file, rubric, inputs)),
        prompts=tuple((p.text, _bindings(p.inputs, inputs)) for p in rubric.prompts),
        changes=changes,
    )


def _entry(
    rubric: ir.Rubric,
    criterion: ir.Criterion,
    inputs: Inputs,
    numbers: Mapping[str, str],
    total: Fraction,
) -> Entry:
    weight = criterion.weight
    return Entry(
        id=criterion.id,
        verb=_verb(criterion),
        text=criterion.text,
        weight="" if weight is None else exact(weight),
        share="" if weight is None else share(weight, total),
        facts=tuple(_facts(rubric, criterion, inputs, numbers)),
        examples=tuple(_examples(criterion)),
        levels=tuple(
            LevelRow(level.level, level.anchor, exact(level.credit), level.examples)
            for level in criterion.levels
        ),
    )


def _verb(criterion: ir.Criterion) -> str:
    """What stands before the sentence of a criterion."""
    if criterion.tier == "safety":
        is_forbidden = criterion.polarity == "forbids"
        return "An answer must never do this" if is_forbidden else "Every answer must do this"
    return f"A good answer {'avoids' if criterion.polarity == 'forbids' else 'does'} this"


def _facts(
    rubric: ir.Rubric, criterion: ir.Criterion, inputs: Inputs, numbers: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    if criterion.when is not None:
        yield "Applies", applies(criterion.when, inputs)
    if criterion.check is not None:
        words = check_words(criterion.check)
        yield "Decided by the words", f"The sentence holds when the answer {words}."
    if criterion.allows_not_applicable:
        yield "Not applicable", "A judge may say that it does not apply."
    if criterion.note:
        yield "Hint for judges", criterion.note
    if criterion.doc:
        yield "Note", criterion.doc
    if criterion.cites:
        yield "Sources", ", ".join(f"[{numbers.get(name, name)}]" for name in criterion.cites)
    origin = criterion.origin
    if origin.rubric != rubric.name:
        yield "Taken from", f"{origin.rubric}, version {origin.version} ({origin.criterion})"


def _examples(criterion: ir.Criterion) -> Iterator[Examples]:
    """The bad one first in safety, where it shows the harm; elsewhere the good one."""
    is_good = criterion.polarity == "requires"
    both = [
        Examples("Does it right", True, criterion.met if is_good else criterion.unmet),
        Examples("Gets it wrong", False, criterion.unmet if is_good else criterion.met),
    ]
    yield from (e for e in (both[::-1] if criterion.tier == "safety" else both) if e.texts)


def share(weight: Fraction, total: Fraction) -> str:
    """A weight as part of all weights, rounded to a tenth of a percent."""
    tenths = round(1000 * weight / total)
    return f"{tenths // 10}.{tenths % 10} %"


def _details(source: ir.Source) -> str:
    """Everything about a source but its title."""
    parts = [
        (None, source.publisher),
        (None, source.identifier),
        ("edition", source.edition),
        ("section", source.section),
        ("doi", source.doi),
        (None, source.url),
        ("retrieved", source.retrieved),
        ("licence", source.licence),
        (None, source.note),
    ]
    return ", ".join(f"{key} {text}" if key else text for key, text in parts if text)


def _type(declared: ir.Input) -> str:
    options = listed(declared.options, "or")
    kind = {
        "bool": "yes or no",
        "integer": "a whole number",
        "text": "a text",
        "quantity": f"in {declared.unit}",
        "one_of": f"one of {options}",
        "text_list": "a list of texts",
        "one_of_list": f"any of {options}",
    }[declared.type]
    if declared.default is not None:
        return f"{kind}; if nothing is said, {value_words(declared.default, declared)}"
    return f"{kind}; may be left out" if declared.optional else kind


def _profiles(rubric: ir.Rubric, inputs: Inputs) -> ProfileTable:
    weighed = rubric.tier("proficiency")
    sets = [{c.id: c.weight or Fraction(0) for c in weighed}]
    sets += [{**sets[0], **profile.weights} for profile in rubric.profiles]
    totals = [sum(weights.values(), Fraction(0)) for weights in sets]
    when = [
        f"when {in_words(profile.when, inputs)}" if profile.when else "when the caller names it"
        for profile in rubric.profiles
    ]
    return ProfileTable(
        names=("otherwise", *(profile.id for profile in rubric.profiles)),
        when=("", *when),
        docs=("", *(profile.doc for profile in rubric.profiles)),
        rows=tuple(
            (
                c.id,
                tuple(
                    f"{exact(weights[c.id])} ({share(weights[c.id], total)})"
                    for weights, total in zip(sets, totals, strict=True)
                ),
            )
            for c in weighed
        ),
    )


def _bindings(values: Mapping[str, object], inputs: Inputs) -> str:
    known = ((name, value) for name, value in values.items() if name in inputs)
    return "; ".join(f"{named(name)}: {value_words(value, inputs[name])}" for name, value in known)


def _tests(file: Checked, rubric: ir.Rubric, inputs: Inputs) -> Iterator[TestExample]:
    items = file.tree.items if file.tree else ()
    blocks = [item for item in items if isinstance(item, n.TestBlock)]
    for block, run in zip(blocks, run_cases(rubric, file.tests), strict=True):
        facts = _bindings(run.case.inputs, inputs)
        yield TestExample(
            title=run.case.title,
            facts=(facts,) if facts else (),
            answers=tuple(
                (line.name.text, _answer(line.content))
                for line in block.lines
                if isinstance(line, n.ResponseLine)
            ),
            expected=tuple(_expected(run)),
            state=run.state,
        )


def _answer(content: n.Sheet | n.Text) -> str:
    """A response as it is written: its words, or its verdicts."""
    if isinstance(content, n.Text):
        return f"“{content.value}”"
    entries = (
        f"{entry.name.text if entry.name else 'everything else'}: {entry.verdict.text}"
        for entry in content.entries
    )
    return "; ".join(entries) or "nothing assessed"


def _expected(run: CaseRun) -> Iterator[tuple[str, bool]]:
    """Each expectation as a sentence, and whether it holds."""
    for result in run.results:
        expected = result.expectation
        one, other = f"“{expected.response}”", f"“{expected.other}”"
        names = ", ".join(expected.criteria)
        match expected.kind:
            case "over":
                because = f", because of {names}" if names else ""
                text = f"{one} outranks {other}{because}."
            case "ties":
                text = f"{one} and {other} are equally good."
            case "violates":
                text = f"{one} violates {names}."
            case "safe":
                text = f"{one} violates nothing."
            case "has":
                text = f"{one} has the verdict {expected.verdict} for {names}."
        yield text, result.passed
