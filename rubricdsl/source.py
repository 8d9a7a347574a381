"""Where text comes from: spans, files with line positions, and the places a name is looked for."""

import os
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple, Protocol

MAX_BYTES = 4_000_000
"""Larger files are refused before they are read: a rubric is a protocol, not a data set."""


class Span(NamedTuple):
    """A half-open range of characters in one file."""

    path: str
    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """The text of one file. Lines end at newline characters and at nothing else."""

    path: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


class Unreadable(Exception):
    """A file cannot be used; `code` is the diagnostic to give, `detail` its particulars."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class SourceBundle(Protocol):
    """All file access of the language goes through one of these."""

    def read(self, path: str) -> Source:
        """The file at `path`. Raises `Unreadable`."""
        ...

    def key(self, path: str) -> str:
        """The same for every way to write the path of one file."""
        ...

    def named(self, path: str, name: str) -> None:
        """Remember the name that the file at `path` declares."""
        ...

    def find(self, name: str, near: str) -> str | None:
        """The path of the rubric called `name`, asked for by the file `near`."""
        ...


def decode(path: str, data: bytes) -> Source:
    """Bytes as UTF-8 text, a byte-order mark dropped. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable("R0002", f"{len(data):,}")
    try:
        return Source(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("R0001", str(line)) from None


class DiskBundle:
    """Rubrics in folders: `core.patient_safety` is `core/patient_safety.rubric` below a root.

    Roots are, in this order, the one that the asking file's own name implies, those given by the
    caller, and the library that is installed with the package. Nothing outside a root is read for
    an `include`, also not through a symbolic link.
    """

    def __init__(self, roots: tuple[str, ...] = (), names: dict[str, str] | None = None) -> None:
        self._roots = tuple(Path(root) for root in roots)
        self._names: dict[str, str] = names or {}

    def read(self, path: str) -> Source:
        return decode(path, self.bytes_of(path))

    def bytes_of(self, path: str) -> bytes:
        """What is in a file, up to one byte more than is allowed. Raises `Unreadable`."""
        try:
            status = os.stat(path)
            if not S_ISREG(status.st_mode):
                # A pipe or a device might never end.
                what = "a folder" if S_ISDIR(status.st_mode) else "not a plain file"
                raise Unreadable("R0003", f"it is {what}")
            if status.st_size > MAX_BYTES:
                raise Unreadable("R0002", f"{status.st_size:,}")
            with open(path, "rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as error:
            raise Unreadable("R0003", (error.strerror or "it cannot be opened").lower()) from None
        except ValueError:
            raise Unreadable("R0003", "this is no path") from None

    def key(self, path: str) -> str:
        return os.path.realpath(path)

    def named(self, path: str, name: str) -> None:
        self._names[path] = name

    def find(self, name: str, near: str) -> str | None:
        relative = Path(*name.split(".")).with_suffix(".rubric")
        for root in (self.implied(near), *self._roots, library_root()):
            file = root / relative
            try:
                if self._is_there(file) and file.resolve().is_relative_to(root.resolve()):
                    return str(file)
            except OSError:
                # A name too long for the disk, a folder that may not be entered: not there.
                continue
        return None

    def _is_there(self, file: Path) -> bool:
        return file.is_file()

    def implied(self, near: str) -> Path:
        """The root that a file's own name implies."""
        path, parts = Path(near), self._names.get(near, "").split(".")
        if len(path.parts) < len(parts):
            path = path.absolute()
        if path.stem == parts[-1] and list(path.parts[-len(parts) : -1]) == parts[:-1]:
            return path.parents[len(parts) - 1]
        return path.parent


def library_root() -> Path:
    """The folder of the rubrics that are installed with the package."""
    from importlib.util import find_spec

    spec = find_spec("rubricdsl.rubrics")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package rubricdsl.rubrics is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


class MemoryBundle:
    """Rubrics held in a dictionary from path to text: for editors and tests."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self._files = files

    def read(self, path: str) -> Source:
        if path not in self._files:
            raise Unreadable("R0003", "no such file or directory")
        data = self._files[path]
        return decode(path, data.encode() if isinstance(data, str) else data)

    def key(self, path: str) -> str:
        return path

    def named(self, path: str, name: str) -> None:
        """Names are paths here; nothing to remember."""

    def find(self, name: str, near: str) -> str | None:
        path = name.replace(".", "/") + ".rubric"
        return path if path in self._files else None


def with_source(bundle: SourceBundle, source: Source) -> SourceBundle:
    """The bundle with another text for one file, as it would be after a change."""
    return _Instead(bundle, source)


class _Instead:
    def __init__(self, bundle: SourceBundle, source: Source) -> None:
        self._bundle = bundle
        self._source = source
        self._key = bundle.key(source.path)

    def read(self, path: str) -> Source:
        return self._source if self.key(path) == self._key else self._bundle.read(path)

    def key(self, path: str) -> str:
        return self._bundle.key(path)

    def named(self, path: str, name: str) -> None:
        self._bundle.named(path, name)

    def find(self, name: str, near: str) -> str | None:
        return self._bundle.find(name, near)
