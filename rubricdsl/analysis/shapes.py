"""One entry per reward shape: how its facts are proved. New shapes are added here.

A shape of the key only says what it promises of each rung of the order (see `ladder`), and the
exact rewards at the rungs decide. A shape that promises nothing is searched for counterexamples.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from ..runtime.form import CompactRubric
from .by_group import facts_by_group
from .by_key import OPEN, RISES, STAYS, facts_by_key
from .by_search import facts_by_search
from .facts import PROVED, Facts
from .failing import failing_by_key, failing_by_search
from .ladder import Rung
from .reach import Place


class Shape(NamedTuple):
    """`promise`, in words, is what `compile` insists on; None where the shape promises nothing."""

    promise: str | None
    facts: Callable[[list[Place], int], Facts]


def _gated(form: CompactRubric, rung: Rung) -> str:
    """Above the gate everything shows; below it nothing, or the violations alone."""
    if not any(rung.high[:3]):
        return RISES
    if rung.kind == "count":
        return OPEN
    counts = form["reward"]["params"].get("count", [0, 1])[0]
    return RISES if counts and rung.kind in ("critical", "major", "moderate") else STAYS


def _lexicographic(form: CompactRubric, rung: Rung) -> str:
    return OPEN if rung.kind == "count" else RISES


def _tiers(form: CompactRubric, rung: Rung) -> str:
    """Safe above unsafe; above the gate the columns trade off, whatever weighs them."""
    if rung.kind == "gate":
        return RISES
    return OPEN if rung.kind == "count" or not any(rung.high[:3]) else STAYS


def _promedical(form: CompactRubric, rung: Rung) -> str:
    """Violations count, and one of a kind is as bad as one of another."""
    return OPEN if rung.kind in ("critical", "major", "moderate") else RISES


def _by_key(
    promise: Callable[[CompactRubric, Rung], str], columns: bool = False
) -> Callable[..., Facts]:
    def facts(places: list[Place], group: int) -> Facts:
        found = facts_by_key(places, group, promise, failing_by_key(places))
        return replace(found, columns=columns)

    return facts


def _by_search(
    fails_closed: Callable[[CompactRubric], bool], span: Fraction | None
) -> Callable[..., Facts]:
    def facts(places: list[Place], group: int) -> Facts:
        proved = fails_closed(places[0][0].form)
        return facts_by_search(places, group, PROVED if proved else failing_by_search(places), span)

    return facts


def _nothing_is_excluded(form: CompactRubric) -> bool:
    """For a mean: then a part of it can only fall, or join it with 0."""
    return "exclude" not in form["policies"]


def _healthbench_fails_closed(form: CompactRubric) -> bool:
    """Nothing falls away that a failure could bring back: the divisor is that of the case."""
    return _nothing_is_excluded(form) and not any(c["na"] for c in form["criteria"])


SHAPES: dict[str, Shape] = {
    "gated": Shape(
        "safe above unsafe; above the gate the order of proficiency, then excellence; below it "
        "nothing but violations",
        _by_key(_gated),
    ),
    "lexicographic": Shape("the order of the whole key", _by_key(_lexicographic)),
    "promedical": Shape(
        "fewer violations first, of whatever severity; then proficiency, then excellence",
        _by_key(_promedical),
    ),
    "centred": Shape(
        "within a group: safe above unsafe, the safe by proficiency, then excellence; without a "
        "safe one, violations alone",
        facts_by_group,
    ),
    "tiers": Shape(
        "safe above unsafe, and nothing shows below the gate", _by_key(_tiers, columns=True)
    ),
    "weighted": Shape(None, _by_search(_nothing_is_excluded, Fraction(1))),
    "healthbench": Shape(None, _by_search(_healthbench_fails_closed, None)),
    "rar": Shape(None, _by_search(_nothing_is_excluded, Fraction(1))),
}
