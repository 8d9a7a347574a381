"""What can be done about findings: their fixes, with the text that they would be put into."""

from typing import NamedTuple

from ..diagnostics import Diagnostic, Edit, Fix
from .workspace import Workspace


class Action(NamedTuple):
    """A fix and the finding that it mends."""

    title: str
    edits: tuple[Edit, ...]
    diagnostic: Diagnostic


def actions(workspace: Workspace, path: str, start: int, end: int) -> list[Action]:
    """The fixes of the findings that touch a stretch of a file."""
    checked = workspace.check(path)
    return [
        Action(fix.title, fix.edits, diagnostic)
        for diagnostic in checked.diagnostics
        if diagnostic.span.start <= end and start <= diagnostic.span.end
        for fix in diagnostic.fixes
        if _is_current(fix, checked.source.text if checked.source else "")
    ]


def _is_current(fix: Fix, text: str) -> bool:
    """Whether the edits lie within the text."""
    return all(0 <= span.start <= span.end <= len(text) for span, _ in fix.edits)
