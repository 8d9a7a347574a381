"""JSON Lines in: one object per line, plain or gzip, every fault with its file and line."""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

LINE_LIMIT = 64 * 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_HALF = re.compile("[\ud800-\udfff]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Fault:
    """Something wrong with a data file; `line` counts from 1, 0 means the file as a whole."""

    path: str
    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" + (f"\n  = help: {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class Row:
    """One line of a file: its number (from 1), its text without the line end, its object."""

    line: int
    text: str
    value: dict[str, Any]


def read_rows(path: Path) -> Iterator[Row | Fault]:
    """The objects of a JSON Lines file in order; a line that is none gives a fault instead.

    Blank lines are skipped. A fault of the file itself (missing, damaged gzip) ends the reading.
    """
    line = 0
    try:
        with _open(path) as stream:
            while raw := stream.readline(LINE_LIMIT + 1):
                line += 1
                if len(raw) > LINE_LIMIT:
                    limit = f"{LINE_LIMIT >> 20} MB"
                    yield Fault(str(path), line, f"the line is longer than {limit}", _ONE_PER_LINE)
                    return
                if line == 1 and raw.startswith(_UTF16):
                    yield Fault(str(path), 1, "the file is UTF-16", "save it as UTF-8")
                    return
                if raw.strip():
                    yield _row(path, line, raw)
    except FileNotFoundError:
        yield Fault(str(path), 0, "there is no such file")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        hint = f"line {line} was the last that could be read; fetch or compress the file again"
        yield Fault(str(path), 0, f"the gzip data is cut short or damaged ({error})", hint)
    except OSError as error:
        yield Fault(str(path), 0, f"cannot be read: {error.strerror or error}")


_ONE_PER_LINE = "the file must be JSON Lines: one whole JSON object on every line"
_CUT = "the file ends in this line: it may have been cut short"


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP_MAGIC
    return gzip.GzipFile(path) if packed else path.open("rb")


def _row(path: Path, line: int, raw: bytes) -> Row | Fault:
    def fault(message: str, hint: str = "") -> Fault:
        return Fault(str(path), line, message, hint)

    try:
        text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip("\r\n")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of the line (0x{raw[error.start]:02x})"
        return fault(f"not UTF-8 text: {byte}", "save the file as UTF-8")
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        hint = _ONE_PER_LINE if raw.endswith(b"\n") else _CUT
        return fault(f"not JSON: {error.msg}, at column {error.colno}", hint)
    except RecursionError:
        return fault("not a record: lists or objects are nested too deeply")
    except ValueError as error:
        return fault(f"not a record: {error}")
    if "\\ud" in text.lower() and _HALF.search(json.dumps(value, ensure_ascii=False)):
        return fault("holds half a character (a lone \\ud800 to \\udfff)", "give both halves")
    if not isinstance(value, dict):
        return fault(f"expected an object, found {describe(value)}", _ONE_PER_LINE)
    return Row(line, text, value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a key given twice is refused, since one of the values would be lost."""
    value = dict(pairs)
    if len(value) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key in value if counts[key] > 1)
        raise ValueError(f"the key `{twice}` is given twice in one object")
    return value


def describe(value: Any) -> str:
    """What a JSON value is, in words for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value!r:.40}"
    if isinstance(value, str):
        return f"the text {json.dumps(value[:40], ensure_ascii=False)}"
    return "a list" if isinstance(value, list) else "an object"


STYLES: dict[str, dict[str, Any]] = {
    "": {"ensure_ascii": False},
    "compact": {"ensure_ascii": False, "separators": (",", ":")},
    "ascii": {},
    "ascii compact": {"separators": (",", ":")},
}


def style_of(text: str, value: dict[str, Any]) -> str:
    """The name of the way of writing JSON that gives exactly `text`, or the plain one.

    Raises ValueError for NaN and infinities.
    """
    return next((name for name in STYLES if dump(value, name) == text), "")


def dump(value: dict[str, Any], style: str = "") -> str:
    """One line of JSON, without the line end; NaN and infinities raise ValueError."""
    return json.dumps(value, allow_nan=False, **STYLES[style])
