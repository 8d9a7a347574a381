"""R0221, R0314, R0810: what `check` says without refusing the rubric, a fix for the last."""

from collections.abc import Iterator
from dataclasses import replace

from ..diagnostics import Diagnostic, Edit, Fix
from ..syntax import nodes as n
from .subject import Finding, Subject

CODES = ("R0221", "R0314", "R0810")


def by_check(subject: Subject) -> Iterator[Finding]:
    """Policies by which an answer may gain, retired rubrics, includes without a version."""
    for found in subject.checked.diagnostics:
        if found.code in CODES:
            yield Finding(_with_version(subject, found) if found.code == "R0810" else found)


def _with_version(subject: Subject, found: Diagnostic) -> Diagnostic:
    """The finding with the fix that asks for the version which is there."""
    versions = {origin.rubric: origin.version for origin in subject.rubric.includes}
    for item in subject.tree.items:
        if isinstance(item, n.Include | n.Extends) and item.start == found.span.start:
            text = f' version "{versions[item.name.text]}"'
            edit = Edit(subject.at(item.name.end), text)
            return replace(found, fixes=(Fix("name the version", (edit,), keeps_meaning=True),))
    return found
