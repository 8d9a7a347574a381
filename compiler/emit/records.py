"""What the records of several artefacts share: a line of JSON, and how a criterion is told."""

import functools
import json
from collections.abc import Mapping
from typing import Any

from rubricdsl import ir

from ..templating import render

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def line(record: Mapping[str, Any]) -> bytes:
    """One record as a line of JSON."""
    return _JSON.encode(record).encode() + b"\n"


def criterion_turn(criterion: ir.Criterion) -> str:
    """The turn after an answer that asks the reward model about one criterion."""
    steps = tuple((step.level, step.anchor) for step in criterion.levels)
    return _turn(criterion.text, criterion.polarity == "forbids", steps, criterion.note)


@functools.lru_cache(maxsize=4096)
def _turn(text: str, forbids: bool, steps: tuple[tuple[int, str], ...], note: str) -> str:
    levels = [{"level": level, "anchor": anchor} for level, anchor in steps]
    made = render("criterion.jinja", text=text, forbids=forbids, levels=levels, note=note)
    return made.rstrip("\n")


def ids(rubric: ir.Rubric, rubric_hash: str, criterion: ir.Criterion) -> dict[str, Any]:
    """The fields that say which criterion a record is about.

    `severity` is empty outside safety: a column that is null in its first megabytes and a text
    later is refused by the loader of `datasets`.
    """
    return {
        "rubric": rubric.name,
        "rubric_version": rubric.version,
        "rubric_hash": rubric_hash,
        "criterion": criterion.id,
        "tier": criterion.tier,
        "severity": criterion.severity or "",
    }


def provenance(rubric: ir.Rubric, criterion: ir.Criterion) -> list[str]:
    """Where a criterion comes from: the rubric that first said it, then the documents it cites."""
    origin = criterion.origin
    known = {source.id: source for source in rubric.sources}
    first = f"{origin.rubric} {origin.version} {origin.criterion}"
    return [first, *(citation(known[name]) for name in criterion.cites if name in known)]


def citation(source: ir.Source) -> str:
    """One document in one line."""
    parts = (
        source.publisher,
        source.title,
        source.identifier,
        source.edition,
        source.section and f"section {source.section}",
        source.doi and f"doi:{source.doi}",
        source.url,
        source.retrieved and f"retrieved {source.retrieved}",
    )
    return ". ".join(part for part in parts if part)
