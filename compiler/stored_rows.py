"""Data rows under two versions of their rubrics."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rubricdsl import ir
from rubricdsl.changes.flips import Case, Flip, Moved, Sheet, compared
from rubricdsl.compact import compact
from rubricdsl.facts import plain_inputs

from .importers.jsonl import Fault
from .importers.jsonl import read_rows as read_lines
from .row_inputs import InputFault, read_inputs
from .rows import Row, read_row


class Stored(NamedTuple):
    """What became of the rows of one rubric: how many rows and sheets there are, the sheets with
    another worth, and the pairs that compare otherwise."""

    rows: int
    sheets: int
    moved: tuple[Moved, ...]
    flips: tuple[Flip, ...]


Pairs = Mapping[str, tuple[ir.Rubric, ir.Rubric]]


def stored(paths: Iterable[Path], pairs: Pairs) -> tuple[dict[str, Stored], list[Fault]]:
    """The rows of files by rubric, and what is wrong with them. Rows of other rubrics are left out.

    A row has to fit one of the versions; the other reads of it what it knows, and treats the rest
    as a reward does: verdicts on unknown criteria do not count, missing ones are not assessed.
    """
    forms = {name: (compact(old, "old"), compact(new, "new")) for name, (old, new) in pairs.items()}
    rows, sheets = Counter[str](), Counter[str]()
    moved: dict[str, list[Moved]] = {name: [] for name in pairs}
    flips: dict[str, list[Flip]] = {name: [] for name in pairs}
    faults: list[Fault] = []
    for path in paths:
        for line in read_lines(path):
            if isinstance(line, Fault):
                faults.append(line)
                continue
            name = line.value.get("rubric")
            if not isinstance(name, str) or name not in pairs:
                continue
            read = _fitting(line.value, pairs[name], str(path), line.line)
            if isinstance(read, list):
                faults += read
                continue
            cases = [
                _case(line.value, rubric, form)
                for rubric, form in zip(pairs[name], forms[name], strict=True)
            ]
            found = [Sheet(r.id, r.text, r.verdicts) for r in read.responses]
            rows[name] += 1
            sheets[name] += len(found)
            of_row = compared(read.id, cases[0], cases[1], found)
            moved[name] += of_row[0]
            flips[name] += of_row[1]
    result = {
        name: Stored(rows[name], sheets[name], tuple(moved[name]), tuple(flips[name]))
        for name in pairs
    }
    return result, faults


def _fitting(
    value: Mapping[str, Any], pair: tuple[ir.Rubric, ir.Rubric], path: str, line: int
) -> Row | list[Fault]:
    """The row as the version that it fits reads it; what the older one says if it fits none."""
    told: list[list[Fault]] = []
    for rubric in pair:
        faults: list[Fault] = []

        def say(what: str, hint: str, to: list[Fault] = faults) -> None:
            to.append(Fault(path, line, what, hint))

        row = read_row(value, {value["rubric"]: rubric}, say)
        if row is not None and not faults:
            return row
        told.append(faults)
    return told[0]


def _case(value: Mapping[str, Any], rubric: ir.Rubric, form: Any) -> Case:
    given = value.get("inputs") or {}
    read = [item for item in read_inputs(given, rubric.inputs) if not isinstance(item, InputFault)]
    profile = value.get("profile") or None
    known = profile if any(p.id == profile for p in rubric.profiles) else None
    return Case(form, plain_inputs(dict(read), rubric.inputs), known)
