"""Reading a bundle: what `rubricc compile` wrote, without trusting it.

A file is read only if the manifest lists it, its path stays inside the folder, and its size and
hash are those of the manifest.
"""

import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from . import ir, ir_json

FORMAT = 1
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 * 1024 * 1024
MAX_TEXT = 256 * 1024 * 1024
MAX_LINE = 64 * 1024 * 1024


class BundleError(Exception):
    """A bundle that cannot be read as one: the file it is about, and the reason."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """A file as the manifest describes it; `rows` for JSON Lines."""

    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True)
class RubricEntry:
    """A rubric of the bundle; `path` is its document, None when `ir` was not among the targets."""

    name: str
    version: str
    status: str
    purpose: str
    hash: str
    path: str | None


@dataclass(frozen=True)
class Bundle:
    """An opened bundle. `manifest` is the whole document, for what has no field here."""

    root: Path
    rubric_entries: tuple[RubricEntry, ...]
    files: Mapping[str, Entry]
    manifest: Mapping[str, Any]

    def __contains__(self, path: str) -> bool:
        return path in self.files

    def path(self, path: str) -> Path:
        """Where a listed file is, after its size and hash were checked.

        For readers that open files themselves. Raises `BundleError`.
        """
        target, entry = self._listed(path)
        digest, size = hashlib.sha256(), 0
        try:
            with target.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    size += len(chunk)
                    if size > entry.bytes:
                        break
                    digest.update(chunk)
        except OSError as error:
            raise BundleError(target, error.strerror or str(error)) from None
        if size != entry.bytes or digest.hexdigest() != entry.sha256:
            raise BundleError(target, "is not the file that the manifest describes; compile again")
        return target

    def text(self, path: str) -> str:
        """The text of a listed file. Raises `BundleError`."""
        target, entry = self._listed(path)
        if entry.bytes > MAX_TEXT:
            raise BundleError(target, f"has {entry.bytes} bytes; at most {MAX_TEXT} are read")
        data = self.path(path).read_bytes()
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise BundleError(target, f"is not UTF-8 at byte {error.start}") from None

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """The rows of a listed JSON Lines file, one at a time. Raises `BundleError`."""
        target = self.path(path)
        with target.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE + 1), b""), 1):
                if len(line) > MAX_LINE:
                    raise BundleError(target, f"line {number} has more than {MAX_LINE} bytes")
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise BundleError(target, f"line {number} is not JSON: {error}") from None
                if not isinstance(row, dict):
                    raise BundleError(target, f"line {number} is not an object")
                yield row

    def rubrics(self, names: Container[str] | None = None) -> tuple[ir.Rubric, ...]:
        """The typed rubrics, or those of them named, in the manifest's order.

        Raises `BundleError`.
        """
        wanted = (e for e in self.rubric_entries if names is None or e.name in names)
        return tuple(self._rubric(entry) for entry in wanted)

    def _rubric(self, entry: RubricEntry) -> ir.Rubric:
        if entry.path is None:
            raise BundleError(
                self.root / MANIFEST, "has no rubrics: compile with `--target ir`, too"
            )
        target = self.root / entry.path
        try:
            rubric = ir_json.load(self.text(entry.path).encode())
        except ir_json.IRError as error:
            raise BundleError(target, str(error)) from None
        if (rubric.name, ir_json.semantic_hash(rubric)) != (entry.name, entry.hash):
            raise BundleError(target, f"is not {entry.name} as the manifest knows it")
        return rubric

    def _listed(self, path: str) -> tuple[Path, Entry]:
        entry = self.files.get(path)
        if entry is None:
            raise BundleError(self.root / path, "is not part of the bundle")
        target = self.root / path
        if not target.resolve().is_relative_to(self.root):
            raise BundleError(target, "leads out of the bundle")
        return target, entry


def open_bundle(path: Path) -> Bundle:
    """Read the manifest of a bundle; files are checked when they are read. Raises `BundleError`."""
    root = path.resolve()
    file = root / MANIFEST
    if not root.is_dir():
        raise BundleError(path, "there is no such folder; `rubricc compile` makes one")
    try:
        if file.stat().st_size > MAX_MANIFEST:
            raise BundleError(file, f"has more than {MAX_MANIFEST} bytes")
        manifest = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise BundleError(path, f"is not a bundle: it has no {MANIFEST}") from None
    except OSError as error:
        raise BundleError(file, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise BundleError(file, f"is not JSON: {error}") from None
    if not isinstance(manifest, dict) or type(manifest.get("format")) is not int:
        raise BundleError(file, "is not the manifest of a bundle")
    if manifest["format"] != FORMAT:
        raise BundleError(file, f"has format {manifest['format']}; this release reads {FORMAT}")
    try:
        files = {name: _entry(file, name, entry) for name, entry in manifest["files"].items()}
        rubrics = tuple(_rubric_entry(file, entry, files) for entry in manifest["rubrics"])
    except (KeyError, TypeError, AttributeError):
        raise BundleError(file, "lacks fields that every manifest has") from None
    return Bundle(root, rubrics, files, manifest)


def _entry(file: Path, name: str, entry: Mapping[str, Any]) -> Entry:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise BundleError(file, f"lists {name!r}, which is not a path inside the folder")
    sha256, size, rows = entry["sha256"], entry["bytes"], entry.get("rows")
    whole = [size] if rows is None else [size, rows]
    if not isinstance(sha256, str) or any(type(n) is not int or n < 0 for n in whole):
        raise BundleError(file, f"describes {name} with values that are not sizes and hashes")
    return Entry(sha256, size, rows)


def _rubric_entry(file: Path, entry: Mapping[str, Any], files: Mapping[str, Entry]) -> RubricEntry:
    texts = {key: entry[key] for key in ("name", "version", "status", "purpose", "hash")}
    path = entry["path"]
    if not all(isinstance(text, str) for text in texts.values()):
        raise BundleError(file, "describes a rubric with values that are not texts")
    if path is not None and path not in files:
        raise BundleError(file, f"names {path!r}, which is not among its files")
    return RubricEntry(**texts, path=path)
