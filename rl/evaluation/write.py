"""An evaluation on disk and on a terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import TrainingError
from ..runs import write_json
from .notes import how_to_read
from .page import page
from .tables import markdown, tables, turned

JSON = "evaluation.json"
MARKDOWN = "evaluation.md"
PAGE = "evaluation.html"


def write(folder: Path, evaluation: Mapping[str, Any]) -> None:
    """Write the evaluation as JSON, Markdown and a page. Raises `TrainingError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / JSON, evaluation)
        (folder / MARKDOWN).write_text(as_markdown(evaluation), encoding="utf-8")
        (folder / PAGE).write_text(page(evaluation), encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {error.strerror or error}") from None


def as_markdown(evaluation: Mapping[str, Any]) -> str:
    """The whole evaluation as Markdown."""
    parts = ["# Judges on held-out labels", _list(evaluation["notes"])]
    for table in tables(evaluation):
        parts += [f"## {table.title}", markdown(table)]
    return "\n\n".join([*parts, "## How to read this", _list(how_to_read(evaluation))]) + "\n"


def as_text(evaluation: Mapping[str, Any]) -> str:
    """The figures for a terminal, in as few columns as each table can have."""
    parts = [_list(evaluation["notes"])]
    for table in tables(evaluation):
        narrow = turned(table) if len(table.rows) < len(table.head) else table
        parts += [table.title, markdown(narrow)]
    return "\n\n".join(parts)


def _list(texts: list[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)
