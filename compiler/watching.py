"""Running something again whenever files change, by looking at them from time to time."""

import os
from collections.abc import Callable, Iterable

Stamp = tuple[int, int] | None
"""Time of change in nanoseconds and size; None for what is not there."""
PAUSE = 0.3
"""Seconds between two looks: soon enough for a person, and cheap for a disk."""
Look = Callable[[], Iterable[str]]


def stamps(paths: Iterable[str]) -> dict[str, Stamp]:
    """How each file is now."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def watch(
    once: Callable[[], Iterable[str]],
    listed: Callable[[], Iterable[str]],
    sleep: Callable[[float], None],
    state: Callable[[Iterable[str]], dict[str, Stamp]] = stamps,
) -> None:
    """Call `once` now, and again after each change; ends by an exception, such as Ctrl-C.

    `once` gives the files that it read; `listed` those that it would read if it ran now, so that a
    new file is a change. What changes while `once` runs is noticed afterwards.
    """
    while True:
        known = list(listed())
        before = state(known)
        read = set(once())
        before |= {path: stamp for path, stamp in state(read).items() if path not in before}
        while state(before) == before and list(listed()) == known:
            sleep(PAUSE)
