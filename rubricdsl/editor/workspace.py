"""The files that an editor works on: open texts before the disk, each checked once."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..listing import rubric_files
from ..passes.check import Checked, Checker, uncollected
from ..source import MAX_BYTES, DiskBundle, Source, Unreadable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
MOST_FILES = 20_000
"""Folders with more rubrics than this are looked through no further."""


class Overlay(DiskBundle):
    """The disk, with the texts that are open in an editor in place of their files.

    A text that has no file yet goes by the name that the editor gave it, such as `untitled:1`.
    """

    def __init__(self, roots: tuple[str, ...] = ()) -> None:
        super().__init__(roots)
        self.open: dict[str, str] = {}

    def read(self, path: str) -> Source:
        text = self.open.get(self.key(path))
        if text is None:
            return super().read(path)
        if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
            raise Unreadable("R0002", f"{len(text):,}")
        # A byte-order mark keeps its place, so that offsets are those of the editor's text.
        return Source(path, " " + text[1:] if text.startswith("\ufeff") else text)

    def key(self, path: str) -> str:
        return path if _SCHEME.match(path) else super().key(path)

    def _is_there(self, file: Path) -> bool:
        return self.key(str(file)) in self.open or file.is_file()


class Workspace:
    """Folders, open texts, and what is known of each file.

    A change makes the file and those that build on it be checked again, and nothing else. Files on
    the disk are looked at for changes each time that something which builds on them is asked for.
    """

    def __init__(self, search: tuple[str, ...] = ()) -> None:
        self.search = search
        self.bundle = Overlay(search)
        self.checker = Checker(self.bundle)
        self.folders: list[str] = []
        self._seen: dict[str, tuple[int, int] | None] = {}

    # Texts

    def set_text(self, path: str, text: str) -> None:
        """Open a text, or put another in its place."""
        key = self.bundle.key(path)
        is_new = key not in self.bundle.open
        if is_new or self.bundle.open[key] != text:
            self.bundle.open[key] = text
            self.checker.forget(key)
        if is_new:
            self._look_for_missing()

    def close(self, path: str) -> None:
        """From now on the file on the disk counts."""
        key = self.bundle.key(path)
        if self.bundle.open.pop(key, None) is not None:
            self.checker.forget(key)
            self._seen.pop(key, None)

    def changed(self, path: str) -> None:
        """A file was made, changed or removed on the disk."""
        key = self.bundle.key(path)
        if key not in self.bundle.open:
            self.checker.forget(key)
        self._look_for_missing()

    def is_open(self, path: str) -> bool:
        return self.bundle.key(path) in self.bundle.open

    def text(self, path: str) -> str:
        """The text of a file, empty where it cannot be read."""
        try:
            return self.bundle.read(path).text
        except Unreadable:
            return ""

    def with_texts(self, texts: Mapping[str, str]) -> "Workspace":
        """The same files, some with other texts (by path), and nothing known of them yet."""
        other = Workspace(self.search)
        other.folders = list(self.folders)
        other.bundle.open = self.bundle.open | {self.bundle.key(p): t for p, t in texts.items()}
        return other

    # What is known

    def check(self, path: str) -> Checked:
        """The file, checked, as it is now."""
        for key in self.checker.needs(path):
            if key not in self.bundle.open and os.path.isabs(key):
                state = _state(key)
                if self._seen.setdefault(key, state) != state:
                    self.checker.forget(key)
                    self._seen[key] = state
        with uncollected():
            checked = self.checker.check(path)
        for key in self.checker.needs(path):
            if key not in self._seen and key not in self.bundle.open and os.path.isabs(key):
                self._seen[key] = _state(key)
        return checked

    def is_known(self, path: str) -> bool:
        """Whether a file was checked since it, or what it builds on, has changed."""
        return self.checker.knows(path)

    def module(self, name: str, near: str) -> str | None:
        """The path of the rubric that a file means by a name."""
        return self.bundle.find(name, near)

    def files(self) -> list[str]:
        """Every rubric in the folders and every open text, each once, in a fixed order."""
        found, _ = rubric_files(folder for folder in self.folders if os.path.isdir(folder))
        by_key = {self.bundle.key(path): path for path in found[:MOST_FILES]}
        by_key |= {key: key for key in self.bundle.open if key not in by_key}
        return list(by_key.values())

    def files_with(self, words: Iterable[str]) -> list[str]:
        """Those of `files` whose text has one of the words in it."""
        wanted = tuple(words)
        return [path for path in self.files() if any(w in self.text(path) for w in wanted)]

    def _look_for_missing(self) -> None:
        """What was not found before may be there now."""
        for name in self.checker.not_found():
            self.checker.forget(name)


def _state(path: str) -> tuple[int, int] | None:
    """What changes when a file does; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
