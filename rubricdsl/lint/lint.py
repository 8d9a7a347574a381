"""All rules over one checked file."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..diagnostics import Diagnostic, in_order
from ..passes.check import Checked
from .alike import twice
from .and_or import and_or
from .by_check import CODES as OF_CHECK
from .by_check import by_check
from .by_meaning import CODES as OF_MEANING
from .by_meaning import by_meaning
from .directives import directives, suppressed
from .dominant_weight import dominant_weight
from .double_negative import double_negative
from .empty_anchor import empty_anchor
from .examples import examples
from .no_factuality import no_factuality
from .no_negative import no_negative
from .no_source import no_source
from .open_list import open_list
from .rewards_length import rewards_length
from .several_demands import several_demands
from .subject import Finding, Subject
from .unused import unused
from .vague import vague

RULES: dict[tuple[str, ...], Callable[[Subject], Iterator[Finding]]] = {
    ("L0101",): and_or,
    ("L0102",): several_demands,
    ("L0103",): vague,
    ("L0104",): open_list,
    ("L0105",): rewards_length,
    ("L0106",): double_negative,
    ("L0107",): empty_anchor,
    ("L0201",): no_negative,
    ("L0202",): no_factuality,
    ("L0203", "L0204", "L0205", "L0206"): twice,
    ("L0301",): no_source,
    ("L0302", "L0303"): examples,
    ("L0304",): unused,
    ("L0401",): dominant_weight,
    OF_CHECK: by_check,
    OF_MEANING: by_meaning,
}
"""Each rule by the codes that it gives."""

SUPPRESSIONS = ("L0901", "L0902", "L0903")
ALL = frozenset(code for codes in RULES for code in codes) | frozenset(SUPPRESSIONS)


class Linted(NamedTuple):
    """The findings of one file; `is_sound` is False where it has errors and was not linted."""

    diagnostics: tuple[Diagnostic, ...]
    is_sound: bool = True


def lint(checked: Checked, asked: frozenset[str] = ALL) -> Linted:
    """What the rules with the codes asked for find, after suppressions, in the order of the file.

    A file with errors gives those: what a rule would find in it may follow from them.
    """
    if checked.rubric is None or checked.source is None or checked.tree is None:
        return Linted(tuple(d for d in checked.diagnostics if d.level == "error"), False)
    subject = Subject(checked, checked.rubric, checked.tree, checked.source)
    found = [
        finding
        for codes, rule in RULES.items()
        if not asked.isdisjoint(codes)
        for finding in rule(subject)
        if finding.diagnostic.code in asked
    ]
    allowed, faults = directives(checked.source, checked.tree)
    left = suppressed(found, allowed, checked.source, asked)
    told = [d for d in (*faults, *left) if d.code in asked or d.code not in SUPPRESSIONS]
    return Linted(in_order(told))
