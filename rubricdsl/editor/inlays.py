"""What is shown within a line without being written there."""

from fractions import Fraction
from typing import NamedTuple

from ..syntax import nodes as n
from .shares import shares
from .workspace import Workspace


class Inlay(NamedTuple):
    """A text to show at an offset, and what it says."""

    offset: int
    text: str
    about: str


def inlays(workspace: Workspace, path: str, start: int, end: int) -> list[Inlay]:
    """Behind each weight between two offsets the share of proficiency that it comes to."""
    checked = workspace.check(path)
    if checked.tree is None or checked.draft is None:
        return []
    known = shares(checked.draft)
    found: list[Inlay] = []
    for item in checked.tree.items:
        if isinstance(item, n.TierBlock) and item.end >= start and item.start <= end:
            for part in item.items:
                if isinstance(part, n.CriterionItem | n.Override):
                    share = known[""].get(part.name.text)
                    for clause in part.clauses:
                        if isinstance(clause, n.Weight) and share is not None:
                            found.append(_inlay(clause.end, share, "where all criteria apply"))
        elif isinstance(item, n.ProfileBlock):
            of_profile = known.get(item.name.text, {})
            for line in item.weights:
                share = of_profile.get(line.name.text)
                if share is not None:
                    about = f"where all criteria apply, in `{item.name.text}`"
                    found.append(_inlay(line.end, share, about))
    return [inlay for inlay in found if start <= inlay.offset <= end]


def _inlay(offset: int, share: Fraction, about: str) -> Inlay:
    text = f"{round(100 * float(share), 1):g} %"
    return Inlay(offset, text, f"{text} of proficiency {about}")
