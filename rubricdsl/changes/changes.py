"""All changes from one version of a rubric to another."""

from .. import ir
from .change import Change
from .criteria import criteria
from .whole import whole


def changes(old: ir.Rubric, new: ir.Rubric) -> tuple[Change, ...]:
    """What differs in meaning, provenance or material; comments and notes of `##` do not count.

    Whatever moves the semantic hash is among them.
    """
    return (*criteria(old, new), *whole(old, new))
