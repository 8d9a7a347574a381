"""What recorded runs found: `recorded.json`, written by `environments --record` alone."""

import json
from importlib.resources import files
from typing import Any


def recorded() -> dict[str, dict[str, Any]]:
    """By stack: `real`, `version`, `answers` and how many of them were `wrong`."""
    path = files(__package__).joinpath("recorded.json")
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found
