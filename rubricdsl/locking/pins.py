"""What rubrics build on, each with the hash of its meaning."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .. import ir
from ..ir_json import semantic_hash
from ..passes.check import Checked, Checker
from ..source import Span
from ..syntax import nodes as n


class Pin(NamedTuple):
    """The meaning of one thing. A value set is named behind its rubric: `core.drugs#opioids`."""

    name: str
    version: str
    hash: str


class Use(NamedTuple):
    """A pin and the place of a file that needs it."""

    pin: Pin
    place: Span


def uses(checker: Checker, files: Iterable[Checked]) -> Iterator[Use]:
    """What files without errors include and extend.

    The hash of a rubric is that of everything resolved, so that what it takes from others is in it.
    An extension inherits value sets, too, and may name them in checks of its own.
    """
    for file in files:
        if file.rubric is None:
            continue
        for item, other in checker.built_on(file):
            if other.rubric is None:
                continue
            place = Span(file.path, item.name.start, item.name.end)
            yield Use(_of_rubric(other.rubric), place)
            if isinstance(item, n.Extends):
                for values in other.rubric.value_sets:
                    yield Use(_of_values(other.rubric, values), place)


def pins(found: Iterable[Use]) -> tuple[list[Pin], list[tuple[Use, Use]]]:
    """The pins in order, each once, and pairs of places that mean different things by one name."""
    first: dict[str, Use] = {}
    clashes = []
    for use in found:
        known = first.setdefault(use.pin.name, use)
        if known.pin != use.pin:
            clashes.append((known, use))
    return sorted(use.pin for use in first.values()), clashes


def _of_rubric(rubric: ir.Rubric) -> Pin:
    return Pin(rubric.name, rubric.version, semantic_hash(rubric))


def _of_values(rubric: ir.Rubric, values: ir.ValueSet) -> Pin:
    """Terms with their codes; their order has no meaning."""
    terms = sorted([t.text, t.system or "", t.code or ""] for t in values.terms)
    text = json.dumps(terms, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Pin(f"{rubric.name}#{values.id}", rubric.version, f"sha256:{digest}")
