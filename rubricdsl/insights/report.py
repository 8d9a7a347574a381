"""What was found, as text and as JSON."""

from collections.abc import Sequence
from typing import Any

from ..render import Sources, to_json, to_text
from .analyze import Insights
from .figures import as_json as figures_json
from .figures import as_text as figures_text
from .finding import Finding, Undecided

SHOWN = 5


def rubric_text(found: Insights, sources: Sources, colour: bool = False) -> str:
    """One rubric: its name, its figures, its findings."""
    subject = found.subject
    lines = [f"{subject.form['name']}  {subject.checked.path}"]
    lines += [f"  {line}" for line in figures_text(subject, found.figures)]
    lines += [f"  {line}" for line in undecided_text(found.undecided)]
    told = [to_text(each.diagnostic, sources, colour) for each in found.findings]
    return "\n\n".join(["\n".join(lines), *told])


def undecided_text(found: Sequence[Undecided]) -> list[str]:
    """One line for each kind of question and reason, with the first few that it is about."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in found:
        groups.setdefault((each.kind, each.why), []).append(each.about)
    return [
        f"not decided: {kind} of {_some(names)} ({why})" for (kind, why), names in groups.items()
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def rubric_json(found: Insights, sources: Sources) -> dict[str, Any]:
    """One rubric as JSON values."""
    return {
        "name": found.subject.form["name"],
        "path": found.subject.checked.path,
        "findings": [finding_json(each, sources) for each in found.findings],
        "undecided": undecided_json(found.undecided),
        "figures": figures_json(found.figures),
    }


def finding_json(each: Finding, sources: Sources) -> dict[str, Any]:
    """A finding: that of `rubricc check` with its kind and its evidence."""
    (told,) = to_json([each.diagnostic], sources)
    return {"kind": each.kind, "about": each.about, **told, "evidence": each.evidence}


def undecided_json(found: Sequence[Undecided]) -> list[dict[str, str]]:
    return [each._asdict() for each in found]
