"""A finding: what is said about a rubric, where, and what shows that it is so."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ..analysis.certify import witness_json
from ..analysis.samples import Sample, Witness
from ..diagnostics import Diagnostic, diagnose
from ..source import Span

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
    """`evidence` is plain JSON data: {"reason"} for what never happens, with what was looked at;
    {"witness"} with sheets or a row that show it."""

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
    code: str,
    span: Span,
    values: Mapping[str, object],
    *,
    reason: str = "",
    witness: Witness | None = None,
    row: Mapping[str, Any] | None = None,
    label: str = "",
    hint: str | None = None,
) -> Finding:
    """A finding with its evidence, which the text form shows below the excerpt."""
    evidence: dict[str, Any] = {}
    lines: list[str] = []
    if reason:
        evidence["reason"] = reason
        lines.append(reason)
    if witness is not None:
        evidence["witness"] = witness_json(witness)
        lines += sheets(witness)
    elif row is not None:
        evidence["witness"] = {"inputs": dict(row)}
        lines.append(f"for example with {given(row)}")
    return Finding(diagnose(code, span, values, label=label, hint=hint, lines=lines), evidence)


def sheets(witness: Witness, names: Iterable[str] = ("one  ", "other")) -> list[str]:
    """The case and its sheets, each on a line, with share and reward."""
    shown = list(witness.samples)
    lines = []
    if witness.inputs or witness.profile:
        case = [given(witness.inputs)] if witness.inputs else []
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


def given(row: Mapping[str, Any]) -> str:
    """A row of inputs in words; empty rows say so."""
    return ", ".join(f"{name}: {_value(value)}" for name, value in row.items()) or "nothing given"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if not isinstance(value, list) else "(" + ", ".join(map(str, value)) + ")"
