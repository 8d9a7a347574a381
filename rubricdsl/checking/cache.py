"""What earlier runs found out, in one file for each folder and set of roots that they ran with.

A file of the cache is JSON. It holds for each path how the disk described it, the digest of its
content, what its check asked of the disk, and what came out together with a digest over the content
of all files that it builds on. What does not read as that is as good as not there.
"""

import contextlib
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..version import LANGUAGE_VERSION, __version__
from .record import FileReport, Stamp, Trace, read_stamp, read_trace, trace_json

FORMAT = 1
MOST_ENTRIES = 50_000
MOST_BYTES = 64_000_000
MOST_FILES = 24
"""Files of the cache; those longest unused go first."""
VARIABLE = "RUBRICC_CACHE"
"""Names the folder, if it is set."""


class Entry(NamedTuple):
    """What is known of one file. `report` is its JSON form, `closure` the digest over the content
    that it is good for; both are empty for a file that was only included."""

    stamp: Stamp | None
    trace: Trace
    closure: str
    report: list[Any] | None


def default_folder() -> Path | None:
    """Where the cache is, if nothing else is said; None where there is no home."""
    said = os.environ.get(VARIABLE)
    if said:
        return Path(said)
    base: str | None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "rubricc" if base and os.path.isabs(base) else None


class Cache:
    """The entries for one working folder and one set of roots."""

    def __init__(self, folder: Path, search: Sequence[str]) -> None:
        self._folder = folder
        question = [FORMAT, __version__, LANGUAGE_VERSION, _program(), os.getcwd(), list(search)]
        name = hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]
        self._file = folder / f"check-{name}.json"

    def load(self) -> dict[str, Entry]:
        """The entries by path; empty where there is nothing that can be trusted."""
        try:
            if not _is_ours(self._folder, stat.S_ISDIR):
                return {}
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            with open(os.open(self._file, flags), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
                    return {}
                kept = json.load(file)
            return {path: _read_entry(value) for path, value in kept["entries"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def save(self, entries: dict[str, Entry], used: Iterable[str]) -> None:
        """Keep entries, those used in this run first. Where that is not possible, nothing is kept.

        Runs at the same time replace each other's file whole; the loser's findings are made again.
        """
        first = dict.fromkeys(path for path in used if path in entries)
        chosen = [*first, *(path for path in entries if path not in first)][:MOST_ENTRIES]
        kept = {path: _entry_json(entries[path]) for path in chosen}
        data = json.dumps({"entries": kept}, separators=(",", ":")).encode()
        if len(data) > MOST_BYTES:
            kept = {path: kept[path] for path in chosen if path in first}
            data = json.dumps({"entries": kept}, separators=(",", ":")).encode()
        if len(data) > MOST_BYTES:
            return
        draft = self._folder / f".{self._file.name}.{os.getpid()}"
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self._folder, stat.S_ISDIR):
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            try:
                with open(os.open(draft, flags, 0o600), "wb") as file:
                    file.write(data)
                os.replace(draft, self._file)
            finally:
                draft.unlink(missing_ok=True)
            self._thin_out()

    def _thin_out(self) -> None:
        """Remove the files that have not been written for longest."""
        files = [file for file in self._folder.glob("check-*.json") if _is_ours(file, stat.S_ISREG)]
        by_age = sorted(files, key=lambda file: file.lstat().st_mtime_ns, reverse=True)
        for file in by_age[MOST_FILES:]:
            file.unlink(missing_ok=True)


def _is_ours(path: Path, kind: Any) -> bool:
    """Whether a path is what it should be itself, not by a link, and nobody else's."""
    status = os.lstat(path)
    if not kind(status.st_mode):
        return False
    return not hasattr(os, "getuid") or (
        status.st_uid == os.getuid() and not status.st_mode & 0o022
    )


def _program() -> str:
    """What stands for the program itself: one that is changed in place finds other things."""
    root = Path(__file__).parent.parent
    parts: list[str] = []
    for folder in (".", "syntax", "passes", "runtime", "analysis", "checking", "../grammars"):
        with contextlib.suppress(OSError), os.scandir(root / folder) as entries:
            for entry in sorted(entries, key=lambda found: found.name):
                if entry.name.endswith((".py", ".json")):
                    status = entry.stat()
                    parts.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
    text = "\n".join([sys.version, str(root), *parts])
    return hashlib.sha256(text.encode()).hexdigest()


def _entry_json(entry: Entry) -> list[Any]:
    stamp = None if entry.stamp is None else list(entry.stamp)
    return [stamp, trace_json(entry.trace), entry.closure, entry.report]


def _read_entry(value: Any) -> Entry:
    """An entry; its report is looked at when it is used."""
    stamp, trace, closure, report = value
    if not isinstance(closure, str) or not (report is None or isinstance(report, list)):
        raise ValueError("not an entry")
    return Entry(read_stamp(stamp), read_trace(trace), closure, report)


def entry_of(stamp: Stamp | None, trace: Trace, closure: str, report: FileReport | None) -> Entry:
    """What to keep of a file that has just been checked."""
    from .record import report_json

    return Entry(stamp, trace, closure, None if report is None else report_json(report))
