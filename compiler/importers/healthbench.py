"""HealthBench records and graded answers in, and back out.

A record is `{prompt_id, prompt, rubrics: [{criterion, points, tags}], …}`; a graded answer has
`grades` with `criteria_met` in place of `rubrics`. Points become a polarity and a weight: positive
`requires`, negative `forbids`. The benchmark knows no tiers, so everything is proficiency, with the
flat `healthbench` reward, and `purpose evaluation` keeps it out of training.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rubricdsl import ir

from .jsonl import Fault, Row, describe, read_rows
from .layout import VERSION, Items, Piece, Reader, hollow, signed, spelled
from .names import Names, identifier

_HELD = ("criterion", "points", "tags")
_PLAIN = dict.fromkeys(_HELD)


def read(path: Path) -> Iterator[Piece | Fault]:
    """The pieces of a file of records or graded answers, in order.

    Answers to one prompt that were graded by the same criteria share one rubric.
    """
    state = _State()
    for row in read_rows(path):
        if isinstance(row, Fault):
            yield row
            continue
        reader = Reader()
        piece = _piece(row, reader, state)
        yield from (
            Fault(str(path), row.line, f"`{p.where}` {p.message}", p.hint) for p in reader.problems
        )
        if piece is not None and not reader.problems:
            yield piece


@dataclass
class _State:
    """What one file has used up: names, ids of data rows, and the rubrics of graded answers."""

    names: Names = field(default_factory=Names)
    ids: Names = field(default_factory=Names)
    graded: dict[tuple[object, ...], ir.Rubric] = field(default_factory=dict)


def _piece(row: Row, reader: Reader, state: _State) -> Piece | None:
    record = row.value
    graded = "grades" in record and "rubrics" not in record
    if "grades" not in record and "rubrics" not in record:
        keys = ", ".join(list(record)[:8]) or "none"
        hint = f"the keys of this line: {keys}"
        reader.wrong("rubrics", "is missing: this is not a HealthBench record", hint)
        return None
    key = "grades" if graded else "rubrics"
    prompt_id = reader.text(record, "prompt_id", "prompt_id")
    items = reader.items(record, key, key)
    criteria = [
        _criterion(reader, item, where, f"c{n}") for n, (where, item) in enumerate(items, 1)
    ]
    tagged = record.get("example_tags") is not None
    tags = reader.tags(record, "example_tags", "example_tags") if tagged else ()
    prompt = _prompt(reader, record) if not graded or "prompt" in record else None
    style = reader.style(row)
    if reader.problems:
        return None
    identity = (prompt_id, tags, tuple(criteria))
    rubric = state.graded.get(identity) if graded else None
    fresh = rubric is None
    if rubric is None:
        name = state.names.unique(identifier("r" + prompt_id, "r"))
        rubric = _rubric(f"healthbench.{name}", prompt_id, criteria, tags, record)
        if graded:
            state.graded[identity] = rubric
    data = None
    if fresh and prompt is not None:
        data = _data(state.ids.unique(prompt_id), rubric.name, prompt)
    answer = f"{prompt_id}:{row.line}"
    return Piece(
        line=row.line,
        rubric=rubric if fresh else None,
        record=_remainder(row, rubric.name, style, key, [item for _, item in items]),
        data=data,
        verdicts=_verdicts(reader, answer, rubric.name, record, items) if graded else None,
    )


def _criterion(reader: Reader, item: dict[str, Any], where: str, name: str) -> ir.Criterion:
    points = reader.points(item, "points", f"{where}.points")
    return ir.Criterion(
        id=name,
        tier="proficiency",
        polarity="requires" if points > 0 else "forbids",
        text=reader.text(item, "criterion", f"{where}.criterion"),
        origin=ir.Origin("", VERSION, name),
        weight=abs(points),
        tags=reader.tags(item, "tags", f"{where}.tags"),
    )


def _prompt(reader: Reader, record: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The messages of the prompt; None where there are none."""
    messages = record.get("prompt")
    if messages == []:
        return None
    return [
        {
            "role": reader.text(message, "role", f"{where}.role"),
            "content": reader.text(message, "content", f"{where}.content"),
        }
        for where, message in reader.items(record, "prompt", "prompt")
    ]


def _rubric(
    name: str,
    prompt_id: str,
    criteria: list[ir.Criterion],
    tags: tuple[str, ...],
    record: dict[str, Any],
) -> ir.Rubric:
    licence, canary = record.get("licence"), record.get("canary")
    return ir.Rubric(
        name=name,
        version=VERSION,
        status="draft",
        purpose="evaluation",
        title=f"HealthBench {prompt_id}",
        criteria=tuple(
            replace(criterion, origin=ir.Origin(name, VERSION, criterion.id))
            for criterion in criteria
        ),
        reward=ir.Reward("healthbench"),
        sources=(
            ir.Source(
                id="healthbench",
                title="HealthBench",
                publisher="OpenAI",
                identifier=prompt_id,
                licence=licence if isinstance(licence, str) and licence.strip() else None,
                note=f"canary {canary}" if isinstance(canary, str) and canary.strip() else None,
            ),
        ),
        tags=tags,
    )


def _remainder(
    row: Row, rubric: str, style: str, key: str, items: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the rubric does not hold of a record: `fill` puts the two together again."""
    rest = {f"c{n}": hollow(item, _HELD, "points") for n, item in enumerate(items, 1)}
    odd = {name: item for name, item in rest.items() if list(item.items()) != list(_PLAIN.items())}
    return {
        "rubric": rubric,
        **({"style": style} if style else {}),
        **({"items": odd} if odd else {}),
        "record": {**row.value, key: None},
    }


def _data(prompt_id: str, rubric: str, prompt: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": prompt_id, "rubric": rubric, "prompt": prompt, "inputs": {}, "responses": []}


def _verdicts(
    reader: Reader,
    answer: str,
    rubric: str,
    record: dict[str, Any],
    items: Items,
) -> dict[str, Any]:
    verdicts = {}
    for index, (where, item) in enumerate(items, 1):
        met = item.get("criteria_met")
        if not isinstance(met, bool):
            found = describe(met) if "criteria_met" in item else "nothing"
            reader.wrong(f"{where}.criteria_met", f"must be true or false, found {found}")
        verdicts[f"c{index}"] = "met" if met else "unmet"
    row = {"id": answer, "rubric": rubric, "verdicts": verdicts}
    score = record.get("score_reported")
    if score is not None:
        if isinstance(score, bool) or not isinstance(score, int | float):
            reader.wrong("score_reported", f"must be a number, found {describe(score)}")
        row["score_reported"] = score
    return row


def fill(remainder: dict[str, Any], rubric: ir.Rubric) -> dict[str, Any]:
    """The record of a rubric: what `_remainder` kept, with the rubric's own criteria put in.

    Raises ValueError if a graded answer has no verdict on a criterion.
    """
    record, odd = dict(remainder["record"]), remainder.get("items", {})
    key = "grades" if "grades" in record and "rubrics" not in record else "rubrics"
    record[key] = [_item(criterion, odd.get(criterion.id, _PLAIN)) for criterion in rubric.criteria]
    if key == "grades":
        for criterion, item in zip(rubric.criteria, record[key], strict=True):
            if "criteria_met" not in item:
                raise ValueError(f"criterion {criterion.id} has no recorded verdict")
    if rubric.tags or record.get("example_tags") is not None:
        record["example_tags"] = list(rubric.tags)
    return record


def _item(criterion: ir.Criterion, kept: dict[str, Any]) -> dict[str, Any]:
    item = {
        **kept,
        "criterion": criterion.text,
        "points": spelled(signed(criterion), kept.get("points")),
    }
    if criterion.tags or "tags" in kept:
        item["tags"] = list(criterion.tags)
    return item


def records(rubric: ir.Rubric, points: Mapping[str, int | float]) -> list[dict[str, Any]]:
    """A rubric that was never a record, as one record for each of its prompts, or one without.

    `points` are those of each criterion, negative for what is forbidden.
    """
    items = [{**_item(c, _PLAIN), "points": points[c.id]} for c in rubric.criteria]
    asked = [[{"role": "user", "content": prompt.text}] for prompt in rubric.prompts] or [[]]
    names = [prompt.id for prompt in rubric.prompts]
    return [
        {
            "prompt_id": rubric.name if len(asked) == 1 else f"{rubric.name}.{names[index]}",
            "prompt": prompt,
            "rubrics": items,
            "example_tags": list(rubric.tags),
        }
        for index, prompt in enumerate(asked)
    ]
