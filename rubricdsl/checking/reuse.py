"""What the cache knows of unchanged files, and the rest divided among processes.

Nothing here imports the passes: where all is known, they are not needed.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..source import DiskBundle, Unreadable
from .cache import Cache, Entry, entry_of
from .record import FileReport, Stamp, Trace, read_report

if TYPE_CHECKING:
    from .work import Stretch

SHARE = 96
"""Files that a process takes at a time: enough to know what they include, few enough to share."""
RACY = 2_000_000_000
"""Nanoseconds within which two changes of a file may look alike on some disk."""
MOST_DEEP = 30
"""`passes.check.MAX_DEPTH`: what builds on so many files may be refused, and is not kept."""


def reuse(
    files: list[str], search: Sequence[str], store: Cache | None, workers: int
) -> tuple[list[FileReport], int] | None:
    """The reports of files in order, and how many of them were known.

    None where what comes out depends on where the reading begins: files that build on one another
    in a circle or too deep, and files that are met under two paths.
    """
    entries = store.load() if store is not None else {}
    disk = _Disk(entries, search)
    reports = {file: found for file in files if (found := disk.known(file)) is not None}
    missing = [file for file in files if file not in reports]
    known, by_order = len(reports), False
    traces: dict[str, Trace] = {}
    if missing and not disk.is_ambiguous:
        for stretch in _divided(missing, search, workers):
            reports.update({report.path: report for report in stretch.reports})
            traces.update(stretch.traces)
            by_order |= stretch.by_order
        for path in traces:
            disk.stamp(path)
    if disk.is_ambiguous or by_order or any(file not in reports for file in files):
        return None
    if store is not None and (missing or disk.restamped):
        made = disk.restamped | disk.renewed(traces, {file: reports[file] for file in missing})
        store.save({**entries, **made}, (*files, *made))
    return [reports[file] for file in files], known


class _Disk:
    """The disk as it is, beside what the cache says of it."""

    def __init__(self, entries: dict[str, Entry], search: Sequence[str]) -> None:
        self._entries = entries
        self._bundle = DiskBundle(tuple(search), {p: e.trace.name for p, e in entries.items()})
        self._now = time.time_ns()
        self._stamps: dict[str, Stamp | None] = {}
        self._inodes: dict[tuple[int, int], str] = {}
        self._fresh: dict[str, bool] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self.is_ambiguous = False
        self.restamped: dict[str, Entry] = {}

    def stamp(self, path: str) -> Stamp | None:
        """How the disk describes a file now; None for none, or for one that changed just now."""
        if path in self._stamps:
            return self._stamps[path]
        made: Stamp | None = None
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            pass
        else:
            place = (status.st_dev, status.st_ino)
            if self._inodes.setdefault(place, path) != path:
                self.is_ambiguous = True
            if max(status.st_mtime_ns, status.st_ctime_ns) < self._now - RACY:
                made = Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        self._stamps[path] = made
        return made

    def known(self, path: str) -> FileReport | None:
        """What the cache has of a file that would be checked to the same end."""
        entry = self._entries.get(path)
        self.stamp(path)
        if entry is None or entry.report is None or not self._is_fresh(path):
            return None
        built_on = self._closure(path) if entry.trace.lookups else entry.trace.digest
        if built_on != entry.closure:
            return None
        try:
            return read_report(path, entry.report)
        except ValueError:
            return None

    def renewed(self, traces: dict[str, Trace], reports: dict[str, FileReport]) -> dict[str, Entry]:
        """The entries to keep for files that have just been read."""
        made: dict[str, Entry] = {}
        for path, trace in traces.items():
            closure = closure_of(path, traces)
            report = reports.get(path) if closure is not None else None
            # A file that is only included now keeps what is known of it, if that still holds.
            before = self._entries.get(path)
            if path not in reports and before is not None and before.closure == closure:
                made[path] = before._replace(stamp=self.stamp(path), trace=trace)
                continue
            made[path] = entry_of(self.stamp(path), trace, closure or "", report)
        return made

    def _closure(self, path: str) -> str | None:
        """The digest over a file and all that it builds on, where each of them is as it was and
        each `include` would lead to the same file."""
        traces: dict[str, Trace] = {}
        waiting = [path]
        while waiting:
            at = waiting.pop()
            if at in traces:
                continue
            if not self._is_fresh(at):
                return None
            trace = traces[at] = self._entries[at].trace
            for name, found in trace.lookups:
                if self._find(name, at) != found:
                    return None
                waiting += [found] if found is not None else []
        return closure_of(path, traces)

    def _find(self, name: str, near: str) -> str | None:
        key = (name, str(self._bundle.implied(near)))
        if key not in self._found:
            self._found[key] = self._bundle.find(name, near)
        return self._found[key]

    def _is_fresh(self, path: str) -> bool:
        """Whether a file has the content that the cache knows."""
        if path not in self._fresh:
            entry, stamp = self._entries.get(path), self.stamp(path)
            if entry is None:
                self._fresh[path] = False
            elif entry.stamp is not None and entry.stamp == stamp:
                self._fresh[path] = True
            else:
                self._fresh[path] = _content(path) == entry.trace.digest
                if self._fresh[path] and stamp is not None:
                    self.restamped[path] = entry._replace(stamp=stamp)
        return self._fresh[path]


def _content(path: str) -> str | None:
    """The digest of a file as it is now; None where it cannot be read."""
    try:
        return hashlib.sha256(DiskBundle().bytes_of(path)).hexdigest()
    except Unreadable:
        return None


def closure_of(path: str, traces: dict[str, Trace]) -> str | None:
    """The digest over the content of a file and all that it builds on; None where one of them was
    not read, or where there are so many that some may have been refused."""
    own = traces.get(path)
    if own is None:
        return None
    if not own.lookups:
        return own.digest
    seen: dict[str, str] = {}
    waiting = [path]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        trace = traces.get(at)
        if trace is None or len(seen) + 1 >= MOST_DEEP:
            return None
        seen[at] = trace.digest
        waiting += [found for _, found in trace.lookups if found is not None]
    text = "\n".join(f"{seen[at]} {at}" for at in sorted(seen))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _divided(files: list[str], search: Sequence[str], workers: int) -> "Iterator[Stretch]":
    """The files in stretches, each checked by one process, in order."""
    from .work import check_stretch

    workers = min(workers, -(-len(files) // SHARE))
    if workers <= 1:
        yield check_stretch(files, search)
        return
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    stretches = [files[at : at + SHARE] for at in range(0, len(files), SHARE)]
    # Ctrl-C is for the run as a whole: its processes end with it, without a word of their own.
    quiet = (signal.SIGINT, signal.SIG_IGN)
    done = 0
    try:
        with ProcessPoolExecutor(workers, initializer=signal.signal, initargs=quiet) as pool:
            for stretch in pool.map(check_stretch, stretches, [search] * len(stretches)):
                done += SHARE
                yield stretch
    except (BrokenProcessPool, ImportError, OSError):
        # A process was killed, or this machine cannot start any: this one goes on.
        yield check_stretch(files[done:], search)
