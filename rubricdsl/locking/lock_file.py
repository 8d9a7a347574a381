"""The lock file: TOML, an entry on each line, in order."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..ir import IR_VERSION
from .pins import Pin

NAME = "rubrics.lock"
FORMAT = 1
MAX_BYTES = 8_000_000
_HEAD = f"""\
# Made by `rubricc lock`: the meaning of what the rubrics build on. Do not edit.
format = {FORMAT}
ir_version = {IR_VERSION}

[pins]
"""
_NAME = re.compile(r"\w+(?:\.\w+)*(?:#\w+)?", re.ASCII)
_VERSION = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}", re.ASCII)
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


class LockError(ValueError):
    """A text that is no lock file; says why."""


def written(pins: Iterable[Pin]) -> str:
    """The text of a lock file with these pins."""
    lines = [
        f'"{pin.name}" = {{ version = "{pin.version}", hash = "{pin.hash}" }}\n'
        for pin in sorted(pins)
    ]
    return _HEAD + "".join(lines)


def read(text: str) -> dict[str, Pin]:
    """The pins of a lock file by name. Raises `LockError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LockError(f"it is not TOML: {error}") from None
    except RecursionError:
        raise LockError("it is nested too deeply") from None
    if given.get("format") != FORMAT:
        raise LockError(f"its format is not {FORMAT}")
    if given.get("ir_version") != IR_VERSION:
        raise LockError("it was made by a release that takes hashes of another form")
    table = given.get("pins", {})
    if not isinstance(table, dict):
        raise LockError("`pins` is no table")
    return {name: _pin(name, entry) for name, entry in table.items()}


def read_file(path: Path) -> dict[str, Pin]:
    """The pins of the file at a path. Raises `LockError`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LockError(f"it has more than {MAX_BYTES:,} bytes")
        return read(data.decode())
    except OSError as error:
        raise LockError((error.strerror or "it cannot be opened").lower()) from None
    except UnicodeDecodeError:
        raise LockError("it is not UTF-8 text") from None


def _pin(name: str, entry: Any) -> Pin:
    if isinstance(entry, dict) and entry.keys() == {"version", "hash"} and _NAME.fullmatch(name):
        version, digest = entry["version"], entry["hash"]
        texts = isinstance(version, str) and isinstance(digest, str)
        if texts and _VERSION.fullmatch(version) and _HASH.fullmatch(digest):
            return Pin(name, version, digest)
    raise LockError(f"the entry {name!a} is not a version and a hash")
