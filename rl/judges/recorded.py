"""Verdicts that were recorded before, as a judge: by people, by another judge, in another run.

The rows are those of `rubricc judge --out` and `rubricc compile --data` (a prompt with its
answers), or those of a bundle's `responses_*.jsonl` (one answer each). An answer is found by its
rubric, the conversation and its text, all of them exactly.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import TrainingError
from ..material import Item, Sheet, Verdict
from .criteria import Criteria
from .protocol import Failure, Outcome, Record, all_failed, conversation_of, failed

Key = tuple[str, str]


class RecordedJudge:
    """Gives the verdicts of `sheets`, by rubric and the hash of conversation and answer.

    A verdict that its criterion cannot get is a failure.
    """

    def __init__(self, sheets: Mapping[Key, Sheet], criteria: Criteria) -> None:
        self._sheets = sheets
        self._criteria = criteria

    def grade(self, items: Sequence[Item]) -> list[Record]:
        """One record per item; what was not recorded is a failure."""
        return [self._grade(item) for item in items]

    def _grade(self, item: Item) -> Record:
        conversation = conversation_of(item)
        if isinstance(conversation, Failure):
            return all_failed(item, conversation)
        sheet = self._sheets.get(key_of(item["rubric"], conversation, item["response"]), {})
        return Record(
            {name: self._outcome(item["rubric"], name, sheet) for name in item["criteria"]}
        )

    def _outcome(self, rubric: str, name: str, sheet: Sheet) -> Outcome:
        criterion = self._criteria.get((rubric, name))
        if criterion is None:
            return failed("unknown_criterion")
        if name not in sheet:
            return failed("not_recorded")
        verdict = sheet[name]
        if verdict in criterion.credits or verdict in ("not_applicable", "cannot_assess"):
            return Outcome(verdict)
        return failed("out_of_schema", f"the verdict is {verdict!r:.40}")


def key_of(rubric: str, conversation: Sequence[Mapping[str, str]], response: str) -> Key:
    """Where the verdicts on an answer are found."""
    turns = [[turn["role"], turn["content"]] for turn in conversation]
    text = json.dumps([turns, response])
    return rubric, hashlib.sha256(text.encode()).hexdigest()


def read_recorded(path: Path, criteria: Criteria) -> RecordedJudge:
    """The judge of a file. Raises `TrainingError` for a row that cannot be read.

    An answer may be there several times; two different verdicts on it are refused.
    """
    sheets: dict[Key, dict[str, Verdict]] = {}
    places: dict[Key, int] = {}
    for line, row in _rows(path):
        for key, verdicts in _sheets(path, line, row):
            known = sheets.setdefault(key, {})
            for name, verdict in verdicts.items():
                if known.setdefault(name, verdict) != verdict:
                    raise TrainingError(
                        f"{path}:{line}: `{name}` has the verdict {verdict!r} here, and "
                        f"{known[name]!r} at line {places[key]}",
                        "keep one of the two",
                    )
            places.setdefault(key, line)
    if not sheets:
        raise TrainingError(f"{path} records no verdicts")
    return RecordedJudge(sheets, criteria)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as lines:
            for line, text in enumerate(lines, 1):
                if text.strip():
                    row = json.loads(text)
                    if not isinstance(row, dict):
                        raise TrainingError(f"{path}:{line}: expected an object")
                    yield line, row
    except (OSError, EOFError) as error:
        raise TrainingError(f"{path} cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise TrainingError(f"{path}:{line}: not JSON: {error}") from None


def _sheets(
    path: Path, line: int, row: Mapping[str, Any]
) -> Iterator[tuple[Key, dict[str, Verdict]]]:
    """The keys and verdicts of a row."""
    try:
        prompt = row["prompt"]
        turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        answers = row.get("responses")
        if answers is None:
            answers = [{"text": row["response"], "verdicts": row["verdicts"]}]
        for answer in answers:
            verdicts = answer["verdicts"]
            read = {name: _verdict(verdict) for name, verdict in verdicts.items()}
            yield key_of(row["rubric"], turns, answer["text"]), read
    except (KeyError, TypeError, AttributeError):
        raise TrainingError(
            f"{path}:{line}: no row with a rubric, a prompt and answers with verdicts",
            "such as `rubricc judge` writes them",
        ) from None


def _verdict(value: Any) -> Verdict:
    """A verdict as it was recorded; bundles keep levels as texts. Raises `TypeError`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value
