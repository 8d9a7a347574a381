"""Progress on standard error, of work that takes longer than half a second."""

import sys
import time

_EVERY = 0.5  # seconds


class Progress:
    """One line on a terminal that is written over while the work goes on."""

    def __init__(self) -> None:
        self._shown = False
        self._next = time.monotonic() + _EVERY

    def at(self, what: str, done: int) -> None:
        """Called as often as one likes."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        if sys.stderr.isatty():
            self._shown = True
            print(f"\r\x1b[K{what} {done:,}", end="", file=sys.stderr, flush=True)
        elif not self._shown:
            # A log gets one line that says the work has begun, and no stream of numbers.
            self._shown = True
            print(f"{what} …", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave nothing of it on a terminal."""
        if self._shown and sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._shown = False
