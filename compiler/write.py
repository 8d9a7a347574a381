"""Writing a folder whole or not at all.

Everything goes into a sibling of the wanted folder and takes its place by a rename at the end. A
run that stops early leaves nothing behind; a folder that this tool did not write is never touched.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

MANIFEST = "manifest.json"
_OPEN_FILES = 32
# Made by Python when `reward.py` is imported from the folder.
_NOT_OURS = frozenset({"__pycache__"})


class WriteError(Exception):
    """The folder cannot be written; says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one file; `rows` for JSON Lines."""

    sha256: str
    bytes: int
    rows: int | None = None


class Draft:
    """A folder in the making: files grow by `append`, in any order."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open: OrderedDict[str, IO[bytes]] = OrderedDict()
        self._folded: dict[str, str] = {}

    def append(self, path: str, chunk: bytes) -> None:
        """Add bytes to the file at a relative path; the first call makes it, even if empty."""
        stream = self._open.get(path)
        if stream is None:
            stream = self._open[path] = self._stream(path)
            if len(self._open) > _OPEN_FILES:
                self._open.popitem(last=False)[1].close()
        else:
            self._open.move_to_end(path)
        stream.write(chunk)

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def entries(self) -> dict[str, Entry]:
        """Every file of the folder, by relative path in order."""
        self.close()
        return {path: _entry(self.root / path) for path in sorted(self._folded.values())}

    def add(self, path: str) -> None:
        """Take in a file that something else wrote into `root`."""
        self._folded[path.casefold()] = path

    def _stream(self, path: str) -> IO[bytes]:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
            raise WriteError(f"{path!r} is not a path inside the folder")
        known = self._folded.setdefault(path.casefold(), path)
        if known != path:
            raise WriteError(f"{known} and {path} would be one file on some systems; rename one")
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("ab")


@contextlib.contextmanager
def whole_folder(out: Path) -> Iterator[Draft]:
    """A draft that becomes `out` when the block ends well, and vanishes when it does not.

    Raises `WriteError` at once when `out` exists and may not be replaced.
    """
    out = out.resolve()
    check_replaceable(out)
    root = _sibling(out, "draft")
    # An interruption may come as soon as the folder is there, so all that follows is in one block.
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(shutil.rmtree, root, ignore_errors=True)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            _remove_stale(out)
            root.mkdir()
        except OSError as error:
            raise WriteError(f"cannot write beside {out}: {error.strerror}") from None
        draft = Draft(root)
        cleaning.callback(_close, draft)
        try:
            yield draft
            draft.close()
            _take_place(root, out)
        except OSError as error:
            raise WriteError(f"writing {out} failed: {error.strerror or error}") from None


def _close(draft: Draft) -> None:
    """Close what is open of a draft that is given up."""
    with contextlib.suppress(OSError):
        draft.close()


def write_file(path: Path, text: str) -> None:
    """Give a file a text, whole or not at all, making its folder. Raises `WriteError`."""
    target = path.resolve()
    draft = _sibling(target, "draft")
    try:
        if target.is_dir():
            raise WriteError(f"{path} is a folder; give a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(text, encoding="utf-8", newline="\n")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror or error}") from None


def check_replaceable(out: Path) -> None:
    """A new folder, an empty one, or a bundle as it was written; `WriteError` for all others."""
    if not out.exists():
        return
    if not out.is_dir():
        raise WriteError(f"{out} is a file; give a folder with --out")
    present = {p.relative_to(out).as_posix() for p in _files(out)}
    if not present and not any(out.iterdir()):
        return
    try:
        manifest = json.loads((out / MANIFEST).read_bytes())
        known = {MANIFEST, *manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise WriteError(
            f"{out} is not empty and not a bundle; remove it or give another folder with --out"
        ) from None
    foreign = sorted(present - known)
    if foreign:
        raise WriteError(
            f"{out} holds {foreign[0]}, which the compiler did not write; move it away first"
        )


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_OURS]
        yield from (Path(root) / name for name in names)


def _entry(path: Path) -> Entry:
    digest, size, rows = hashlib.sha256(), 0, 0
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
            rows += chunk.count(b"\n")
    return Entry(digest.hexdigest(), size, rows if path.suffix == ".jsonl" else None)


def _sibling(out: Path, what: str) -> Path:
    return out.parent / f".{out.name}.{what}-{os.getpid()}"


def _take_place(root: Path, out: Path) -> None:
    """Rename `root` to `out`; what was there goes only when the new one stands."""
    if not out.exists():
        root.rename(out)
        return
    old = _sibling(out, "old")
    out.rename(old)
    try:
        root.rename(out)
    except BaseException:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove_stale(out: Path) -> None:
    """Remove what a killed run left: its name ends in the id of a process that is gone."""
    for path in out.parent.glob(f".{out.name}.draft-*"):
        pid = path.name.rpartition("-")[2]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError, OSError):
        return True
    return True
