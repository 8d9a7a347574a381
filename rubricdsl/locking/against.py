"""R0318 to R0320: what rubrics build on, against a lock."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose
from ..source import Span
from .lock_file import LockError, read_file
from .pins import Pin, Use


def against(found: Iterable[Use], lock: Mapping[str, Pin]) -> Iterator[Diagnostic]:
    """A finding for each use that the lock does not have, or with another meaning."""
    for use in found:
        pinned = lock.get(use.pin.name)
        if pinned is None:
            yield diagnose("R0319", use.place, {"what": called(use.pin)})
        elif pinned.hash != use.pin.hash:
            label = f"locked as {pinned.version}, here it is {use.pin.version}"
            if pinned.version == use.pin.version:
                label = f"still called {pinned.version}"
            yield diagnose("R0318", use.place, {"what": called(use.pin)}, label=label)


def against_file(found: Iterable[Use], path: Path) -> list[Diagnostic]:
    """The same for the lock file at a path, or the one finding that it cannot be used."""
    try:
        return list(against(found, read_file(path)))
    except LockError as error:
        return [diagnose("R0320", Span(str(path), 0, 0), {"detail": str(error)})]


def called(pin: Pin) -> str:
    """A pin in words."""
    rubric, _, values = pin.name.partition("#")
    return f"the value set `{values}` of `{rubric}`" if values else f"`{rubric}`"
