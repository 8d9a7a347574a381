"""Calling the training package: by name, at the moment it is needed, with its errors told."""

import importlib
import sys
from collections.abc import Callable
from typing import Any


class NotInstalled(Exception):
    """Training needs packages that are not there; the message says which and how to get them."""


def training(module: str) -> Any:
    """A module of `rubricdsl.rl`, imported now and nowhere else. Raises `NotInstalled`."""
    try:
        return importlib.import_module(f"rubricdsl.rl.{module}")
    except ModuleNotFoundError as error:
        name = error.name or "a package"
        if name.startswith("rubricdsl"):
            raise
        raise NotInstalled(f"training needs {name}: pip install 'rubricdsl[train]'") from None


def told(work: Callable[[], None]) -> int:
    """Run some training: 0, or 1 with what is wrong and what to do about it."""
    try:
        error: type[Exception] = training("errors").TrainingError
    except NotInstalled as missing:
        print(f"rubricc: {missing}", file=sys.stderr)
        return 1
    try:
        work()
    except NotInstalled as missing:
        print(f"rubricc: {missing}", file=sys.stderr)
        return 1
    except error as fault:
        print(f"rubricc: {fault}", file=sys.stderr)
        if hint := getattr(fault, "hint", ""):
            print(f"  help: {hint}", file=sys.stderr)
        return 1
    return 0
