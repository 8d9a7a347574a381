"""Files of a run, one JSON object a line, written as they come; a resumed run goes on in them.

All text is ASCII with escapes: an answer cannot break a line, steer a terminal, or fail to encode.
"""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

METRICS = "metrics.jsonl"
COMPLETIONS = "completions.jsonl"
ORDER = "order.jsonl"
FILES = (METRICS, COMPLETIONS, ORDER)


class Lines:
    """A file of JSON Lines, each with the `step` that it is about."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, *values: Mapping[str, Any]) -> None:
        """Append, and hand to the system before returning: a process that is killed loses none."""
        with self._path.open("a", encoding="ascii") as file:
            file.write("".join(map(_line, values)))

    def keep(self, last: int) -> None:
        """Drop what is about steps after `last`, and what was not written to its end."""
        if self._path.exists():
            self.replace(value for value in read_lines(self._path) if value["step"] <= last)

    def replace(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Write these in place of what is there; whole or not at all."""
        draft = self._path.with_name(self._path.name + ".part")
        draft.write_text("".join(map(_line, values)), encoding="ascii")
        draft.replace(self._path)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that have a step. What a killed process left unfinished is not one."""
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("step"), int):
            found.append(value)
    return found


def metrics_line(log: Mapping[str, Any], step: int) -> dict[str, Any]:
    """A step's figures as a line: the step, then the names in order."""
    return {"step": step, **{name: log[name] for name in sorted(log) if name != "step"}}


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(_plain(value), ensure_ascii=True, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:
    """The value without what JSON has no number for: null stands in for NaN and infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
