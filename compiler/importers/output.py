"""Output that appears whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """The place for the output is in use; the text says by what."""


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `path` when the block ends well and is removed otherwise.

    Raises `Taken` where `path` is anything but an empty folder: what stands there may have been
    edited since it was written.
    """
    if path.exists() and not path.is_dir():
        raise Taken(f"{path} is not a folder")
    if path.is_dir() and any(path.iterdir()):
        raise Taken(f"{path} is not empty")
    path.parent.mkdir(parents=True, exist_ok=True)
    filling = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        filling.chmod(0o777 & ~_umask())
        yield filling
        if path.is_dir():
            path.rmdir()
        filling.rename(path)
    except BaseException:
        shutil.rmtree(filling, ignore_errors=True)
        raise


def write_file(path: Path, text: str) -> None:
    """Replace the file at `path` in one step; a link there is replaced, not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
