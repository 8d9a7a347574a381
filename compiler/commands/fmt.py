"""Bring rubrics into the one style.

Files are rewritten in place. Folders stand for the .rubric files in them (without a path, the
working folder), and `-` for standard input, which is written to standard output.

Comments stay where they belong, and nothing but the layout changes: on every run the tokens, the
comments and the rubric that the file stands for are compared, and the result is formatted again. A
file for which any of this does not hold, and a file with errors of syntax, stay as they are. Lines
end with LF.

examples:
  rubricc fmt rubrics/
  rubricc fmt --check rubrics/
  rubricc fmt --diff mine.rubric
  rubricc fmt - < mine.rubric
"""

import argparse
import difflib
import os
import sys
from pathlib import Path

from rubricdsl.diagnostics import diagnose
from rubricdsl.formatting import Formatted, formatted
from rubricdsl.listing import rubric_files
from rubricdsl.render import visible
from rubricdsl.source import MAX_BYTES, DiskBundle, Source, Span, Unreadable, decode

from .report import report

STDIN = "<stdin>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help=".rubric files or folders, or `-`"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if a file would be")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )


def run(args: argparse.Namespace) -> int:
    """0 when every file is in the style or was brought into it; 1 when one could not be, or, with
    --check, would be changed."""
    bundle = DiskBundle(tuple(args.path))
    if "-" in args.paths:
        if len(args.paths) > 1:
            print("rubricc fmt: `-` stands alone", file=sys.stderr)
            return 2
        return _stdin(args, bundle)
    files, problems = rubric_files(args.paths)
    report(problems, lambda _: None)
    failed, changed = len(problems), 0
    for path in files:
        try:
            source = bundle.read(path)
        except Unreadable as fault:
            failed += 1
            _say_unreadable(path, fault)
            continue
        result = formatted(source, bundle)
        if result.text is None:
            failed += 1
            _say_refused(source, result)
        elif not _is_same(path, result.text):
            changed += 1
            failed += _change(args, source, result.text)
    _summary(args, len(files), changed, failed)
    return 1 if failed or (changed and args.check) else 0


def _stdin(args: argparse.Namespace, bundle: DiskBundle) -> int:
    try:
        source = decode(STDIN, sys.stdin.buffer.read(MAX_BYTES + 1))
    except Unreadable as fault:
        _say_unreadable(STDIN, fault)
        return 1
    result = formatted(source, bundle)
    if result.text is None:
        _say_refused(source, result)
        return 1
    changed = result.text != source.text
    if args.diff:
        _print_diff(source, result.text)
    elif not args.check:
        sys.stdout.write(result.text)
    return 1 if changed and args.check else 0


def _is_same(path: str, text: str) -> bool:
    """Whether a file has these very bytes: a mark at its start or CR LF are no part of a text."""
    return Path(path).read_bytes() == text.encode()


def _change(args: argparse.Namespace, source: Source, text: str) -> int:
    """Show or write one file; 1 if it could not be written."""
    if args.diff:
        _print_diff(source, text)
    elif args.check:
        print(f"{visible(source.path)} would be changed", file=sys.stderr)
    else:
        try:
            replace(Path(source.path), text)
        except OSError as error:
            why = (error.strerror or "it cannot be written").lower()
            print(f"rubricc fmt: {visible(source.path)}: {why}", file=sys.stderr)
            return 1
    return 0


def replace(path: Path, text: str) -> None:
    """Give a file a new text, whole or not at all; a link goes on leading to its file."""
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    opened = draft.open("xb")
    try:
        with opened as stream:
            os.chmod(draft, target.stat().st_mode & 0o7777)
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _print_diff(source: Source, text: str) -> None:
    name = visible(source.path)
    lines = difflib.unified_diff(
        source.text.splitlines(), text.splitlines(), name, f"{name} (formatted)", lineterm=""
    )
    for line in lines:
        print("\t".join(map(visible, line.split("\t"))))


def _say_unreadable(path: str, fault: Unreadable) -> None:
    values = {"path": path, "detail": fault.detail}
    report([diagnose(fault.code, Span(path, 0, 0), values)], lambda _: None)


def _say_refused(source: Source, result: Formatted) -> None:
    if result.diagnostics:
        report(result.diagnostics, lambda _: source)
        return
    place = ""
    if result.place is not None:
        row, column = source.position(result.place.start)
        place = f":{row}:{column}"
    path = visible(source.path)
    print(f"rubricc fmt: {path}{place}: {visible(result.refusal)}", file=sys.stderr)
    print(
        "the file stays as it is; please report this as a fault of the formatter", file=sys.stderr
    )


def _summary(args: argparse.Namespace, files: int, changed: int, failed: int) -> None:
    verb = "would be changed" if args.check or args.diff else "changed"
    counts = [f"{changed} {verb}"] if changed else []
    counts += [f"{failed} left as {'it was' if failed == 1 else 'they were'}"] if failed else []
    rest = files - changed - failed
    counts += [f"{rest} fine"] if rest > 0 or not counts else []
    print(", ".join(counts), file=sys.stderr)
