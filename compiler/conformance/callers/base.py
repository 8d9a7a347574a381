"""What a caller is: how one stack reaches its adapter, with its own code or by a replay of it."""

import asyncio
import importlib.util
import sys
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol


@dataclass(frozen=True)
class Got:
    """What a stack ended up with for one answer; `value` is None where it was left out.

    `single` says that the stack holds it in single precision. `numbers` are those that reached the
    stack's log, `columns` the rewards by tier where it asked for them.
    """

    value: float | None
    single: bool = False
    numbers: Mapping[str, float] | None = None
    columns: tuple[float, ...] | None = None


class Caller(Protocol):
    """Calls an adapter with the rows of one group. `real` is whether the stack's own code did.

    One whose package is no distribution of Python also has its `version`.
    """

    real: bool

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]: ...


def load(path: Path, name: str) -> ModuleType:
    """A file as a module, as a stack does that is given its path."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot read {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def here(package: str) -> bool:
    """Whether a package is installed where this runs."""
    return importlib.util.find_spec(package) is not None


def wait(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine."""
    return asyncio.run(coroutine)


def stand_in(name: str, members: Mapping[str, Any]) -> None:
    """A module in the place of a package that is not installed, for the import of an adapter."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        path = ".".join(parts[:end])
        if path not in sys.modules:
            module = ModuleType(path)
            module.__path__ = []
            sys.modules[path] = module
    for key, value in members.items():
        setattr(sys.modules[name], key, value)


def only(values: Iterable[Any]) -> Any:
    """The one value that there is."""
    (value,) = values
    return value
