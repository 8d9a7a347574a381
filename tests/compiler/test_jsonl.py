"""JSON Lines in: every damage has a file, a line and a way out."""

import gzip
import json
from pathlib import Path

import pytest

from rubricdsl.compiler.importers import jsonl
from rubricdsl.compiler.importers.jsonl import Fault, Row, dump, read_rows, style_of


def read(tmp_path: Path, data: bytes, name: str = "rows.jsonl") -> list[Row | Fault]:
    path = tmp_path / name
    path.write_bytes(data)
    return list(read_rows(path))


def only_fault(rows: list[Row | Fault]) -> Fault:
    faults = [row for row in rows if isinstance(row, Fault)]
    assert len(faults) == 1, faults
    return faults[0]


def test_rows_keep_their_line_numbers_and_blank_lines_do_not_count_as_rows(tmp_path: Path) -> None:
    rows = read(tmp_path, b'{"a": 1}\n\n  \r\n{"a": "\xc3\xa9"}')
    assert [(row.line, row.value) for row in rows if isinstance(row, Row)] == [
        (1, {"a": 1}),
        (4, {"a": "é"}),
    ]


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.jsonl"])
def test_gzip_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    rows = read(tmp_path, gzip.compress(b'{"a": 1}\n'), name)
    assert rows == [Row(1, '{"a": 1}', {"a": 1})]


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert read(tmp_path, b'\xef\xbb\xbf{"a": 1}\n') == [Row(1, '{"a": 1}', {"a": 1})]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'{"a": 1}\n{"a": "cut', 2, "not JSON"),
        (b'{"a": 1}\n[1]\n', 2, "expected an object, found a list"),
        (b'{"a": 1, "a": 2}\n', 1, "`a` is given twice"),
        (b'{"a": "\xe9"}\n', 1, "not UTF-8 text: byte 8 of the line (0xe9)"),
        ('{"a": 1}\n'.encode("utf-16"), 1, "UTF-16"),
        (b'{"a": "\\ud83d"}\n', 1, "half a character"),
        (b"[" * 100_000 + b"\n", 1, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}\n", 1, "not a record"),
    ],
)
def test_faults(tmp_path: Path, data: bytes, line: int, message: str) -> None:
    fault = only_fault(read(tmp_path, data))
    assert fault.line == line
    assert message in fault.message
    assert str(fault).startswith(f"{tmp_path}/rows.jsonl:{line}: ")


def test_a_pair_of_halves_is_a_character(tmp_path: Path) -> None:
    (row,) = read(tmp_path, b'{"a": "\\ud83e\\ude7a"}\n')
    assert isinstance(row, Row)
    assert row.value == {"a": "🩺"}


@pytest.mark.parametrize("keep", [40, 90])
def test_cut_gzip_is_a_fault_of_the_file(tmp_path: Path, keep: int) -> None:
    whole = gzip.compress(b"".join(b'{"a": "%d"}\n' % (n**5) for n in range(50)))
    fault = only_fault(read(tmp_path, whole[:keep], "rows.jsonl.gz"))
    assert fault.line == 0
    assert "cut short or damaged" in fault.message


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert only_fault(list(read_rows(tmp_path / "none"))).message == "there is no such file"
    assert "cannot be read" in only_fault(list(read_rows(tmp_path))).message


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LINE_LIMIT", 1 << 20)
    fault = only_fault(read(tmp_path, b'{"a": "' + b"x" * (2 << 20) + b'"}\n'))
    assert "longer than 1 MB" in fault.message


@pytest.mark.parametrize("style", list(jsonl.STYLES))
def test_the_way_a_line_was_written_is_found_again(style: str) -> None:
    value = {"a": ["é", 1.5, None], "b": {"c": True}}
    text = dump(value, style)
    assert json.loads(text) == value
    assert style_of(text, value) == style


def test_numbers_that_json_lacks_are_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump({"a": float("nan")})
