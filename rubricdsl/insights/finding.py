"""A finding: what is said about a rubric, where, and what shows that it is so."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ..analysis.answers import answers
from ..analysis.certify import witness_json
from ..analysis.samples import Sample, Witness, worst_and_best
from ..diagnostics import Diagnostic, diagnose
from ..runtime.form import CompactRubric
from ..source import Span
from .rows import fewest, is_readable

KINDS = {
    "R0901": "never-true",
    "R0902": "never-false",
    "R0903": "idle-part",
    "R0904": "never-decides",
    "R0905": "levels-alike",
    "R0906": "steps-unreached",
    "R0907": "reward-blind",
    "R0908": "idle-profile",
    "R0909": "profile-never-chosen",
    "R0910": "equivalent",
    "R0911": "stricter",
    "R0912": "orders-differ",
}
"""The name of each kind of finding, by its code."""

MOST_VERDICTS = 16
"""Sheets with more verdicts are shown where they differ alone."""


class Finding(NamedTuple):
    """`about` is the name of the thing. `evidence` is plain JSON data: {"reason"} for what never
    happens, with what was looked at; {"witness"} with sheets or a row that show it."""

    about: str
    diagnostic: Diagnostic
    evidence: dict[str, Any]

    @property
    def kind(self) -> str:
        return KINDS[self.diagnostic.code]


class Undecided(NamedTuple):
    """A question that was given up, by its kind, what it is about, and why."""

    kind: str
    about: str
    why: str


def finding(
    form: CompactRubric,
    code: str,
    span: Span,
    values: Mapping[str, object],
    *,
    reason: str = "",
    witness: Witness | None = None,
    row: Mapping[str, Any] | None = None,
    lines: Iterable[str] = (),
    label: str = "",
    hint: str | None = None,
) -> Finding:
    """A finding with its evidence, which the text form shows below the excerpt; `lines` is more to
    show there."""
    evidence: dict[str, Any] = {}
    told: list[str] = []
    if reason:
        evidence["reason"] = reason
        told.append(reason)
    if witness is not None:
        witness = witness._replace(inputs=fewest(form, witness.inputs))
        evidence["witness"] = witness_json(witness)
        told += sheets(form, witness)
    elif row is not None:
        evidence["witness"] = {"inputs": dict(row)}
        told.append(f"for example with {given(form, row)}")
    told += lines
    shown = diagnose(code, span, values, label=label, hint=hint, lines=told)
    return Finding(str(values.get("name", form["name"])), shown, evidence)


def sheets(
    form: CompactRubric, witness: Witness, names: Iterable[str] = ("one  ", "other")
) -> list[str]:
    """The case and its sheets, each on a line, with share and reward."""
    shown = list(witness.samples)
    lines = []
    if witness.inputs or witness.profile:
        case = [given(form, witness.inputs)] if witness.inputs else []
        case += [f"profile {witness.profile}"] if witness.profile else []
        lines.append("given " + ", ".join(case))
    for name, sample in zip(names, shown, strict=False):
        lines.append(f"{name} {sheet(sample, [s for s in shown if s is not sample])}")
    return lines


def sheet(sample: Sample, others: Iterable[Sample] = ()) -> str:
    """One sheet as a test would write it, with its key and reward."""
    verdicts: Mapping[str, str | int] = sample.sheet
    rest = ""
    if len(verdicts) > MOST_VERDICTS:
        compared = list(others)
        verdicts = {
            name: verdict
            for name, verdict in verdicts.items()
            if any(other.sheet.get(name) != verdict for other in compared)
        }
        rest = "  the rest alike" if compared else "…"
    words = "  ".join(f"{name}: {verdict}" for name, verdict in verdicts.items())
    share = Fraction(*sample.tally.share)
    return f"{{ {words}{rest} }} proficiency {share}, reward {sample.reward}"


def briefly(form: CompactRubric, sheet: Mapping[str, str | int]) -> str:
    """A sheet with `otherwise: good` or `otherwise: bad` for most of it, as tests are written."""
    good, bad = {}, {}
    for criterion in form["criteria"]:
        if criterion["id"] in sheet:
            bad[criterion["id"]], good[criterion["id"]] = (
                answer.verdict for answer in worst_and_best(answers(form, criterion))
            )
    sides = [("good", good), ("bad", bad)]
    word, same = max(sides, key=lambda side: sum(side[1][name] == v for name, v in sheet.items()))
    rest = [f"{name}: {verdict}" for name, verdict in sheet.items() if same[name] != verdict]
    more = [f"and {len(rest) - MOST_VERDICTS} more"] if len(rest) > MOST_VERDICTS else []
    return "{ " + "  ".join([*rest[:MOST_VERDICTS], *more, f"otherwise: {word}"]) + " }"


def given(form: CompactRubric, row: Mapping[str, Any]) -> str:
    """A row of inputs in words; an empty row says so."""
    types = {spec["id"]: spec["type"] for spec in form["inputs"]}
    words = (f"{name}: {_value(types.get(name, ''), value)}" for name, value in row.items())
    return ", ".join(words) or "nothing given"


def _value(kind: str, value: Any) -> str:
    if not is_readable(kind, value):
        return "(something that cannot be read)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"({', '.join(value)})" if isinstance(value, list) else str(value)
