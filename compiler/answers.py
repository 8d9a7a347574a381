"""Answers to be judged: rows of data whose verdicts are not known, or not asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.conditions import read_inputs as facts_of
from rubricdsl.runtime.verdicts import needs_judge

from .importers.jsonl import Fault
from .importers.jsonl import read_rows as read_lines
from .rows import Row, read_row


@dataclass(frozen=True)
class Answers:
    """One prompt and its answers: `value` as it stood in the file, with empty verdicts.

    `items` has one item for a judge per answer, in order.
    """

    value: dict[str, Any]
    row: Row
    items: tuple[dict[str, Any], ...]


def read_answers(path: Path, rubrics: Mapping[str, ir.Rubric]) -> Iterator[Answers | Fault]:
    """The rows of a file, and a fault for everything that is wrong with one.

    A row is as `compile --data` takes it, except that answers need no `verdicts`; those that are
    there are left out.
    """
    seen: dict[str, int] = {}
    for line in read_lines(path):
        if isinstance(line, Fault):
            yield line
            continue
        faults: list[Fault] = []

        def say(what: str, hint: str, at: int = line.line, to: list[Fault] = faults) -> None:
            to.append(Fault(str(path), at, what, hint))

        value = _without_verdicts(line.value)
        row = read_row(value, rubrics, say)
        if row is not None and row.id and row.id in seen:
            say(f"the id {row.id!r} is given twice", f"it is first used at line {seen[row.id]}")
        elif row is not None:
            seen[row.id] = line.line
        yield from faults
        if row is not None and not faults:
            yield Answers(value, row, tuple(_items(value, row)))


def _without_verdicts(value: dict[str, Any]) -> dict[str, Any]:
    answers = value.get("responses")
    if not isinstance(answers, list):
        return value
    blank = [{**a, "verdicts": {}} if isinstance(a, dict) else a for a in answers]
    return {**value, "responses": blank}


def _items(value: Mapping[str, Any], row: Row) -> Iterator[dict[str, Any]]:
    """What a judge is asked: neither criteria with a check nor those that do not apply."""
    form = compact(row.rubric, "")
    inputs = value.get("inputs") or {}
    criteria = needs_judge(form, facts_of(form["inputs"], inputs))
    prompt = [{"role": turn.role, "content": turn.content} for turn in row.prompt]
    for response in row.responses:
        yield {
            "prompt": prompt,
            "response": response.text,
            "rubric": row.rubric.name,
            "inputs": inputs,
            "criteria": criteria,
        }
