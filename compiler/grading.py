"""Judged rows on disk: written as they come, and gone on with after an interruption.

Beside the file of rows stands `FILE.run.json`, which says what they were made from; another run is
never mixed into them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from .answers import Answers


class GradingError(Exception):
    """What is wrong with the files of a run, and what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


@dataclass(frozen=True)
class Files:
    """Where a run writes: rows with verdicts, and if asked for, everything known about each."""

    out: Path
    records: Path | None = None

    @property
    def run(self) -> Path:
        return self.out.with_name(self.out.name + ".run.json")


def begin(files: Files, run: Mapping[str, Any], *, resume: bool) -> set[str]:
    """Make the files of a run, or find the ids of the rows that are done. Raises `GradingError`."""
    try:
        if not files.out.exists():
            files.out.parent.mkdir(parents=True, exist_ok=True)
            files.run.write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", "utf-8")
            for path in (files.out, files.records):
                if path:
                    path.write_bytes(b"")
            return set()
        if not resume:
            raise GradingError(
                f"{files.out} is there already", "give --resume to go on with it, or remove it"
            )
        changed = _changed(files, run)
        if changed:
            raise GradingError(
                f"{files.out} was made in another way: {changed}",
                "repeat the command as it was, or give another --out",
            )
        done = {row["id"] for row in _whole_lines(files.out)}
        if files.records:
            if files.records.exists():
                _whole_lines(files.records, keep=done)
            else:
                files.records.write_bytes(b"")
        return done
    except OSError as error:
        raise GradingError(f"{files.out}: {error.strerror or error}") from None


def _changed(files: Files, run: Mapping[str, Any]) -> str:
    try:
        before = json.loads(files.run.read_text("utf-8"))
        names = sorted(k for k in before.keys() | run.keys() if before.get(k) != run.get(k))
    except (OSError, ValueError, AttributeError):
        return f"{files.run.name} cannot be read"
    return ", ".join(f"{k} was {before.get(k)!r:.60} and is {run.get(k)!r:.60}" for k in names)


def _whole_lines(path: Path, keep: set[str] | None = None) -> list[dict[str, Any]]:
    """The rows of a file, which is cut to them: an interruption may have left a part of a line.

    With `keep`, rows of other ids are taken out.
    """
    rows, lines = [], []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            row = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            row = None
        if not isinstance(row, dict) or "id" not in row:
            break
        if keep is None or row["id"] in keep:
            rows.append(row)
            lines.append(line)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(b"".join(lines))
    draft.replace(path)
    return rows


def chunks(rows: Iterable[Answers], size: int) -> Iterator[list[Answers]]:
    """The rows in portions of at least `size` answers, which are judged at a time."""
    portion: list[Answers] = []
    answers = 0
    for row in rows:
        portion.append(row)
        answers += len(row.items)
        if answers >= size:
            yield portion
            portion, answers = [], 0
    if portion:
        yield portion


def write(files: Files, rows: Sequence[Answers], records: Sequence[Any]) -> None:
    """Append judged rows; `records` are the judge's, one per answer in order."""
    left = iter(records)
    with files.out.open("a", encoding="utf-8") as out:
        for row in rows:
            found = [next(left) for _ in row.items]
            if files.records:
                with files.records.open("a", encoding="utf-8") as stream:
                    _write_record(stream, row, found)
            answers = [
                {**answer, "verdicts": record.sheet}
                for answer, record in zip(row.value["responses"], found, strict=True)
            ]
            line = json.dumps({**row.value, "responses": answers}, ensure_ascii=False)
            out.write(line + "\n")


def _write_record(stream: TextIO, row: Answers, records: Sequence[Any]) -> None:
    for answer, record in zip(row.value["responses"], records, strict=True):
        found = {
            "id": row.row.id,
            "response_id": answer["id"],
            "rubric": row.row.rubric.name,
            "outcomes": {name: one.as_json() for name, one in record.outcomes.items()},
        }
        stream.write(json.dumps(found, ensure_ascii=False) + "\n")


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
