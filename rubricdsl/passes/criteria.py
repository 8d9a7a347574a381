"""One criterion: its clauses gathered, typed, and held against what its tier allows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from .. import ir
from ..diagnostics import Label, instead
from ..syntax import nodes as n
from .checks import check
from .conditions import condition
from .scope import Scope
from .values import exact, text

KINDS: dict[str, ir.Tier] = {
    "veto": "safety",
    "criterion": "proficiency",
    "bonus": "excellence",
}
KIND_OF = {tier: kind for kind, tier in KINDS.items()}
MAX_WEIGHT = 1_000_000
_ONE = Fraction(1)
SEVERITY: dict[str, ir.Severity] = {
    "critical": "critical",
    "major": "major",
    "moderate": "moderate",
}


@dataclass
class Clauses:
    """What a criterion (or an override) says, by kind."""

    severity: n.Severity | None = None
    weight: n.Weight | None = None
    when: n.When | None = None
    statement: n.Statement | None = None
    check: n.CheckClause | None = None
    note: n.Setting | None = None
    allows: n.Allows | None = None
    levels: list[n.LevelClause] = field(default_factory=list)
    cites: list[n.Name] = field(default_factory=list)
    exemplars: list[n.Exemplar] = field(default_factory=list)
    tags: list[n.Text] = field(default_factory=list)


def gather(scope: Scope, name: n.Name, clauses: Sequence[n.Clause]) -> Clauses:
    """Sort the clauses; one that may stand once and stands twice is a finding."""
    found = Clauses()
    for clause in clauses:
        match clause:
            case n.LevelClause():
                found.levels.append(clause)
            case n.Cites():
                found.cites.extend(clause.names)
            case n.Exemplar():
                found.exemplars.append(clause)
            case n.Setting(key="tag", value=n.Text() as tag):
                found.tags.append(tag)
            case n.Severity():
                _once(scope, name, found, "severity", clause, "how severe it is")
            case n.Weight():
                _once(scope, name, found, "weight", clause, "`weight`")
            case n.When():
                _once(scope, name, found, "when", clause, "`when`")
            case n.Statement():
                _once(scope, name, found, "statement", clause, "what it asks")
            case n.CheckClause():
                _once(scope, name, found, "check", clause, "`check`")
            case n.Allows():
                _once(scope, name, found, "allows", clause, "`allows not_applicable`")
            case n.Setting():
                _once(scope, name, found, "note", clause, "`note`")
    return found


def _once(
    scope: Scope, name: n.Name, found: Clauses, kind: str, clause: n.Clause, words: str
) -> None:
    before = getattr(found, kind)
    if before is not None:
        first = Label(scope.span(before), "the first one")
        scope.report("R0209", clause, "again", labels=[first], name=name.text, clause=words)
    else:
        setattr(found, kind, clause)


def criterion(scope: Scope, item: n.CriterionItem, tier: ir.Tier) -> ir.Criterion | None:
    """The criterion as written, or None where it cannot be understood at all."""
    name, kind = item.name.text, item.kind.text
    if KINDS[kind] != tier:
        scope.report(
            "R0208",
            item.kind,
            fixes=[instead(scope.span(item.kind), KIND_OF[tier])],
            kind=kind,
            tier=tier,
            right=KIND_OF[tier],
            other=KINDS[kind],
            name=name,
        )
        return None
    found = gather(scope, item.name, item.clauses)
    allowed(scope, tier, found, item.name)
    if found.statement is None:
        scope.missing("R0202", item.name, name=name)
    if tier == "proficiency" and found.weight is None:
        scope.missing("R0203", item.name, name=name)
    header = scope.tree.header
    at_first: dict[str, Any] = {
        "id": name,
        "tier": tier,
        "polarity": "requires",
        "text": "",
        "origin": ir.Origin(
            header.name.text if header else "", header.version.value if header else "", name
        ),
        "severity": "critical" if tier == "safety" else None,
        "weight": _ONE if tier == "proficiency" else None,
        "doc": scope.doc(item),
    }
    made = ir.Criterion(**(at_first | _said(scope, found, item.name)))
    _with_levels(scope, made, found, item.name)
    return None if found.statement is None else made


def allowed(scope: Scope, tier: ir.Tier, found: Clauses, name: n.Name) -> None:
    """Report and drop the clauses that have no place in this tier."""
    if found.weight is not None and tier != "proficiency":
        code, label = {
            "safety": ("R0205", "vetoes are counted, not weighed"),
            "excellence": ("R0204", "every bonus counts once"),
        }[tier]
        scope.report(code, found.weight, label, fixes=[scope.removal(found.weight)])
        found.weight = None
    if found.severity is not None and tier != "safety":
        removal = scope.removal(found.severity)
        scope.report("R0207", found.severity, severity=found.severity.word.text, fixes=[removal])
        found.severity = None
    if found.levels and tier != "proficiency":
        scope.report("R0211", found.levels[0])
        found.levels.clear()
        scope.broken.add(name.text)


def apply(scope: Scope, base: ir.Criterion, found: Clauses, name: n.Name) -> ir.Criterion:
    """The criterion with everything that the clauses say put in place of what it said before."""
    made = replace(base, **_said(scope, found, name))
    _with_levels(scope, made, found, name)
    return made


def _said(scope: Scope, found: Clauses, name: n.Name) -> dict[str, Any]:
    """The fields of a criterion that the clauses give a value: a dictionary, so that a criterion
    is made once and not again for each clause."""
    said: dict[str, Any] = {}
    if found.severity is not None:
        said["severity"] = SEVERITY[found.severity.word.text]
    if found.weight is not None:
        said["weight"] = weight(scope, found.weight.number)
    if found.when is not None:
        said["when"] = condition(scope, found.when.condition)
    if found.statement is not None:
        said["text"] = text(scope, found.statement.text)
        said["polarity"] = _polarity(found.statement.polarity)
    if found.check is not None:
        said["check"] = check(scope, found.check.check)
    if found.note is not None and isinstance(found.note.value, n.Text):
        said["note"] = text(scope, found.note.value)
    if found.allows is not None:
        said["allows_not_applicable"] = True
    if found.levels:
        # Levels take the place of yes and no, and of the examples of these.
        said |= {"levels": _levels(scope, found.levels, name), "met": (), "unmet": ()}
    if found.cites:
        said["cites"] = _cites(scope, found.cites)
    if found.exemplars:
        for verdict in ("met", "unmet"):
            examples = tuple(text(scope, e.text) for e in found.exemplars if e.verdict == verdict)
            if examples:
                said[verdict] = examples
    if found.tags:
        said["tags"] = tuple(text(scope, tag) for tag in found.tags)
    return said


def _polarity(word: str) -> ir.Polarity:
    return "requires" if word == "requires" else "forbids"


def _with_levels(scope: Scope, made: ir.Criterion, found: Clauses, name: n.Name) -> None:
    if not made.levels:
        return
    if made.polarity == "forbids":
        scope.report("R0213", found.statement or name)
    if made.check is not None:
        scope.report("R0216", found.check or name, name=made.id)
    for exemplar in found.exemplars:
        scope.report("R0215", exemplar, name=made.id, clause=f"`{exemplar.verdict}`")


def weight(scope: Scope, number: n.Number) -> Fraction:
    """A positive weight; 1 in place of one that cannot be used."""
    value = exact(scope, number)
    if value is None:
        return Fraction(1)
    # Whole numbers compare ten times faster than fractions, and every criterion comes here.
    if not 0 < value.numerator <= MAX_WEIGHT * value.denominator:
        label = "a criterion that weighs nothing decides nothing" if value == 0 else ""
        scope.report("R0206", number, label, found=number.text)
        return Fraction(1)
    return value


def _levels(scope: Scope, clauses: list[n.LevelClause], name: n.Name) -> tuple[ir.Level, ...]:
    wrong = next((c for i, c in enumerate(clauses) if c.number.text != str(i)), None)
    if wrong is not None or len(clauses) < 2:
        shown = ", ".join(clause.number.text for clause in clauses[:12])
        scope.report("R0212", (wrong or clauses[0]).number, name=name.text, found=shown)
        scope.broken.add(name.text)
    credits = _worths(scope, clauses, name)
    return tuple(
        ir.Level(
            number,
            text(scope, clause.anchor),
            credit,
            tuple(text(scope, example) for example in clause.examples),
        )
        for number, (clause, credit) in enumerate(zip(clauses, credits, strict=True))
    )


def _worths(scope: Scope, clauses: list[n.LevelClause], name: n.Name) -> list[Fraction]:
    """The credit of each level: as declared, or in even steps from 0 to 1."""
    even = [Fraction(level, max(len(clauses) - 1, 1)) for level in range(len(clauses))]
    written = [clause.worth for clause in clauses if clause.worth is not None]
    if not written:
        return even
    values = [exact(scope, worth) for worth in written]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return even
    wrong = next((i for i, (a, b) in enumerate(pairwise(known), 1) if a >= b), None)
    if wrong is None:
        wrong = next((i for i, value in enumerate(known) if not 0 <= value <= 1), None)
    if wrong is None and len(written) == len(clauses):
        return known
    scope.report("R0214", written[wrong or 0], name=name.text)
    return even


def _cites(scope: Scope, names: list[n.Name]) -> tuple[str, ...]:
    for name in names:
        if name.text not in scope.sources:
            scope.unknown("R0806", name, name.text, scope.sources)
    return tuple(dict.fromkeys(n.text for n in names if n.text in scope.sources))
