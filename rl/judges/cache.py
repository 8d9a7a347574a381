"""Answers of a language model on disk, by the content of what was asked.

An entry is one file, written beside its place and then moved there, so that processes can share a
folder. An entry that is too large, damaged, or about another question does not exist.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ENTRY_LIMIT = 256 * 1024


class Cache:
    """A folder of answers. `get` and `put` never raise for what lies in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> str | None:
        """The answer that was kept under a key."""
        try:
            with self._path(key).open("rb") as stream:
                data = stream.read(ENTRY_LIMIT + 1)
            entry = json.loads(data) if len(data) <= ENTRY_LIMIT else None
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(entry, dict) or entry.get("key") != key:
            return None
        answer = entry.get("answer")
        if not isinstance(answer, str) or entry.get("sha256") != _sha256(answer):
            return None
        return answer

    def put(self, key: str, answer: str) -> None:
        """Keep an answer, unless it is too large or the disk will not have it."""
        entry = {"key": key, "sha256": _sha256(answer), "answer": answer}
        data = json.dumps(entry).encode()
        if len(data) > ENTRY_LIMIT:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            os.replace(draft, path)
        except OSError:
            Path(draft).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


def key_of(question: Mapping[str, Any]) -> str:
    """The hash of everything that an answer depends on."""
    text = json.dumps(question, sort_keys=True, separators=(",", ":"))
    return _sha256(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
