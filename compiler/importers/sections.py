"""Sectioned rubrics (`query, rubric{id, sections[{title, criteria[{id, requirement, weight}]}]}`).

Weights become a polarity and a weight, section titles become tags, ids become names. Everything is
proficiency with the flat `healthbench` reward (points met over positive points, which is what the
layout's own scorer adds up), unless the caller asks for the section "Unsafe Errors" to be `safety`:
then its negative criteria are vetoes, and the reward is the language's default.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rubricdsl import ir

from .jsonl import Fault, Row, read_rows
from .layout import VERSION, Piece, Reader, hollow, signed, spelled
from .names import Names, identifier

UNSAFE = "unsafe errors"


def read(path: Path, unsafe: ir.Severity | None = None) -> Iterator[Piece | Fault]:
    """The pieces of a file in order; `unsafe` is the severity that "Unsafe Errors" become."""
    names, ids = Names(), Names()
    for row in read_rows(path):
        if isinstance(row, Fault):
            yield row
            continue
        reader = Reader()
        piece = _piece(row, reader, names, ids, unsafe)
        yield from (
            Fault(str(path), row.line, f"`{p.where}` {p.message}", p.hint) for p in reader.problems
        )
        if piece is not None and not reader.problems:
            yield piece


def _piece(
    row: Row, reader: Reader, names: Names, ids: Names, unsafe: ir.Severity | None
) -> Piece | None:
    record = row.value
    held = record.get("rubric")
    if not isinstance(held, dict):
        keys = ", ".join(list(record)[:8]) or "none"
        hint = f"the keys of this line: {keys}"
        reader.wrong("rubric", "is not an object with sections", hint)
        return None
    query = reader.text(record, "query", "query")
    rubric_id = reader.text(held, "id", "rubric.id")
    used = Names()
    criteria: list[ir.Criterion] = []
    items: dict[str, dict[str, Any]] = {}
    sections = []
    for where, section in reader.items(held, "sections", "rubric.sections"):
        title = reader.text(section, "title", f"{where}.title")
        inside = []
        for place, item in reader.items(section, "criteria", f"{where}.criteria"):
            criterion = _criterion(reader, item, place, title, used, unsafe)
            criteria.append(criterion)
            inside.append(criterion.id)
            items[criterion.id] = item
        sections.append({**section, "criteria": inside})
    style = reader.style(row)
    if reader.problems:
        return None
    name = "sections." + names.unique(identifier(rubric_id, "r_"))
    rest = {
        "rubric": name,
        **({"style": style} if style else {}),
        "items": {c.id: _rest(items[c.id], c) for c in criteria},
        "record": {**record, "rubric": {**held, "sections": sections}},
    }
    data = {
        "id": ids.unique(str(record.get("datasetId") or rubric_id)),
        "rubric": name,
        "prompt": query,
        "inputs": {},
        "responses": [],
    }
    return Piece(row.line, _rubric(name, rubric_id, criteria, record), rest, data)


def _criterion(
    reader: Reader,
    item: dict[str, Any],
    where: str,
    title: str,
    used: Names,
    unsafe: ir.Severity | None,
) -> ir.Criterion:
    weight = reader.points(item, "weight", f"{where}.weight")
    name = used.unique(identifier(reader.text(item, "id", f"{where}.id"), "c_"))
    veto = unsafe is not None and weight < 0 and title.strip().casefold() == UNSAFE
    return ir.Criterion(
        id=name,
        tier="safety" if veto else "proficiency",
        polarity="requires" if weight > 0 else "forbids",
        text=reader.text(item, "requirement", f"{where}.requirement"),
        origin=ir.Origin("", VERSION, name),
        severity=unsafe if veto else None,
        weight=None if veto else abs(weight),
        tags=(title,),
    )


def _rest(item: dict[str, Any], criterion: ir.Criterion) -> dict[str, Any]:
    """The item without what the rubric holds; a veto holds no weight, so that stays."""
    rest = hollow(item, ("requirement", "weight"), "weight")
    return {**rest, "weight": item["weight"]} if criterion.weight is None else rest


def _rubric(
    name: str, rubric_id: str, criteria: list[ir.Criterion], record: dict[str, Any]
) -> ir.Rubric:
    owned = [replace(c, origin=ir.Origin(name, VERSION, c.id)) for c in criteria]
    ordered = tuple(c for tier in ir.TIERS for c in owned if c.tier == tier)
    safe = any(c.tier == "safety" for c in owned)
    origin, licence = record.get("source"), record.get("licence")
    known = isinstance(origin, str) and origin.strip()
    source = ir.Source(
        id="origin",
        title=str(origin),
        identifier=str(record["datasetId"]) if record.get("datasetId") else None,
        licence=licence if isinstance(licence, str) and licence.strip() else None,
    )
    return ir.Rubric(
        name=name,
        version=VERSION,
        status="draft",
        purpose="training",
        title=rubric_id,
        criteria=ordered,
        reward=ir.Reward("gated") if safe else ir.Reward("healthbench"),
        sources=(source,) if known else (),
    )


def fill(remainder: dict[str, Any], rubric: ir.Rubric) -> dict[str, Any]:
    """The record of a rubric: what `read` kept of it, with the rubric's own criteria put in.

    Raises ValueError for a criterion that belongs to no section or has no weight, and where
    `remainder` is not what `read` made.
    """
    record, items = remainder["record"], remainder.get("items", {})
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    sections = [_section(section) for section in record["rubric"].get("sections") or ()]
    known = {name for section in sections for name in section["criteria"]}
    for criterion in rubric.criteria:
        if criterion.id not in known:
            home = next((s for s in sections if s["title"] in criterion.tags), None)
            if home is None:
                raise ValueError(f"criterion {criterion.id} has no tag that names a section")
            home["criteria"].append(criterion.id)
    for section in sections:
        section["criteria"] = [
            _item(criteria[name], items.get(name, {}))
            for name in section["criteria"]
            if name in criteria
        ]
    return {**record, "rubric": {**record["rubric"], "sections": sections}}


def _section(kept: Any) -> dict[str, Any]:
    """A copy of a kept section, whose criteria are names."""
    names = kept.get("criteria") if isinstance(kept, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("a section of the kept record has no list of names")
    return {**kept, "title": kept.get("title"), "criteria": list(names)}


def _item(criterion: ir.Criterion, kept: dict[str, Any]) -> dict[str, Any]:
    kept = kept or {"id": criterion.id, "requirement": None, "weight": None}
    before = kept.get("weight")
    weight = before if criterion.weight is None else spelled(signed(criterion), before)
    if weight is None:
        raise ValueError(f"{criterion.id} has no weight that a JSON number can be")
    return {**kept, "requirement": criterion.text, "weight": weight}
