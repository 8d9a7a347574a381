"""Every diagnostic has a golden case: the source first, what is said about it second.

A file `diagnostics/CODE.rubric` (or `CODE.variant.rubric`) holds one mistake, which gives one
finding. Lines `=== path` divide it into several files, the first of which is checked.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from rubricdsl.analysis.certify import certify
from rubricdsl.codes import CODES
from rubricdsl.compact import compact
from rubricdsl.compiler.cli import main
from rubricdsl.compiler.emit.formats import FORMATS
from rubricdsl.diagnostics import Diagnostic
from rubricdsl.foreign import unsaid
from rubricdsl.insights.analyze import analyze
from rubricdsl.insights.between import between
from rubricdsl.insights.subject import subject
from rubricdsl.lint import lint
from rubricdsl.locking.against import against
from rubricdsl.locking.lock_file import read, written
from rubricdsl.locking.pins import pins, uses
from rubricdsl.passes import Checker, check_paths
from rubricdsl.promises import broken_promise
from rubricdsl.render import to_text
from rubricdsl.source import MAX_BYTES, MemoryBundle
from rubricdsl.testing import run_cases

FOLDER = Path(__file__).parent / "diagnostics"
CASES = sorted(path.stem for path in FOLDER.glob("*.rubric"))

BESIDE = {"L0903": ["L0903", "L0303"]}
"""Codes that never come alone."""

HEAD = 'rubric sample version "1.0.0"\ntitle "A sample"\npurpose evaluation\n'
VETO = 'safety {\n  veto harm critical\n    forbids "Does harm."\n}\n'


def divided(text: str) -> dict[str, str]:
    """The files of a case by path, the one to check first."""
    if not text.startswith("=== "):
        return {"sample.rubric": text}
    pieces = re.split(r"^=== (.+)\n", text, flags=re.MULTILINE)[1:]
    return {path: body.strip() + "\n" for path, body in zip(pieces[::2], pieces[1::2], strict=True)}


def findings(files: dict[str, str], code: str = "") -> tuple[tuple[Diagnostic, ...], str]:
    """What is said about the first file, its tests and its reward included; the same as text.

    For a `code` of the analysis it is what that says about all of them instead, for one of lint
    what that says about the first, and for one of other formats what is lost in that of `rubric`.
    """
    checker = Checker(MemoryBundle(files))
    if code.startswith("R09"):
        return analysis(checker, files)
    checked = checker.check(next(iter(files)))
    if code.startswith("R10"):
        assert checked.rubric is not None
        told = unsaid("rubric", FORMATS["rubric"].powers, checked, checked.rubric)
        return told, "\n\n".join(to_text(d, checker.source) for d in told)
    if code.startswith("L"):
        found = list(lint(checked).diagnostics)
        return tuple(found), "\n\n".join(to_text(d, checker.source) for d in found)
    found = list(checked.diagnostics)
    if checked.rubric is not None:
        for run in run_cases(checked.rubric, checked.tests):
            found += run.diagnostics
        proved = certify(compact(checked.rubric, "hash"), 8)
        broken = broken_promise(checked, checked.rubric, proved)
        found += [] if broken is None else [broken]
    return tuple(found), "\n\n".join(to_text(d, checker.source) for d in found)


def analysis(checker: Checker, paths: Iterable[str]) -> tuple[tuple[Diagnostic, ...], str]:
    """What follows from the meaning of the files, and its text with all evidence."""
    subjects = [subject(checker.check(path)) for path in paths]
    told = [found for each in subjects for found in analyze(each).findings]
    told += between(subjects)
    evidence = [json.dumps(found.evidence, ensure_ascii=False) for found in told]
    shown = [to_text(found.diagnostic, checker.source) for found in told]
    return tuple(found.diagnostic for found in told), "\n\n".join([*shown, *evidence])


@pytest.mark.parametrize("name", CASES)
def test_one_mistake_gives_one_finding(name, golden):
    text = (FOLDER / f"{name}.rubric").read_text("utf-8")
    found, shown = findings(divided(text), name)
    golden(f"diagnostics/{name}.txt", f"{text}\n{'─' * 60}\n\n{shown}\n")
    code = name.partition(".")[0]
    assert [d.code for d in found] == BESIDE.get(code, [code])


# Inputs that no short file can hold

CHAIN = {
    f"r{i}.rubric": f'rubric r{i} version "1.0.0"\ntitle "One of many"\npurpose evaluation\n'
    f'include r{i + 1} version "1.0.0" called next\n' + VETO
    for i in range(40)
}
PATTERNS = " or\n      ".join(['matches(response, "very .{990} clear")'] * 21)
BUILT: dict[str, dict[str, str]] = {
    "R0109": {
        "sample.rubric": f"{HEAD}input {{\n  ward : bool\n}}\n"
        + VETO.replace("critical", f"critical when {'(' * 300}ward{')' * 300}")
    },
    "R0110": {"sample.rubric": HEAD + VETO + "§\n" * 130},
    "R0223": {
        "sample.rubric": HEAD + VETO.replace('harm."\n', f'harm."\n    check {PATTERNS}\n'),
    },
    "R0317": CHAIN,
}


@pytest.mark.parametrize("code", BUILT)
def test_inputs_without_end_give_one_finding_of_their_own(code, golden):
    files = BUILT[code]
    checker = Checker(MemoryBundle(files))
    for path in files:
        checker.check(path)
    found = [d for path in files for d in checker.check(path).diagnostics]
    of_code = [d for d in found if d.code == code]
    golden(f"diagnostics/{code}.txt", to_text(of_code[0], checker.source) + "\n")
    assert len(of_code) == 1


ON_DISK: dict[str, tuple[str, bytes | None]] = {
    "R0001": ("latin.rubric", (HEAD + VETO).replace("harm", "Schaden täglich").encode("latin-1")),
    "R0002": ("large.rubric", b"#" * (MAX_BYTES + 1)),
    "R0003": ("nowhere.rubric", None),
    "R0004": ("", b""),
}


@pytest.mark.parametrize("code", ON_DISK)
def test_what_cannot_be_read_is_said(code, golden, tmp_path):
    name, data = ON_DISK[code]
    if data:
        (tmp_path / name).write_bytes(data)
    outcome = check_paths([str(tmp_path / name)])
    shown = "\n\n".join(to_text(d, outcome.checker.source) for d in outcome.diagnostics)
    golden(f"diagnostics/{code}.txt", shown.replace(str(tmp_path), "folder") + "\n")
    assert [d.code for d in outcome.diagnostics] == [code]


USES = HEAD + 'extends base version "1.0.0"\n'
TERMS = 'valueset remedies { "leeches" }\n'
LOCKED = {
    "R0318": (VETO, VETO.replace("Does", "Does great"), ""),
    "R0318.values": (TERMS + VETO, TERMS.replace("leeches", "mercury") + VETO, ""),
    "R0319": (VETO, VETO, "^.*base.*\n"),
}
"""What a base says when it is locked and afterwards, and what is taken out of the lock file."""


@pytest.mark.parametrize("name", LOCKED)
def test_what_a_lock_refuses(name, golden):
    before, after, lost = LOCKED[name]
    found = []
    for body in (before, after):
        base = HEAD.replace("sample", "base") + body
        checker = Checker(MemoryBundle({"sample.rubric": USES, "base.rubric": base}))
        found.append(list(uses(checker, [checker.check("sample.rubric")])))
    lock = written(pins(found[0])[0])
    lock = re.sub(lost, "", lock, flags=re.MULTILINE) if lost else lock
    told = list(against(found[1], read(lock)))
    golden(f"diagnostics/{name}.txt", to_text(told[0], checker.source) + "\n")
    assert [d.code for d in told] == [name.partition(".")[0]]


def test_a_lock_that_cannot_be_read(golden, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample.rubric").write_text(HEAD + VETO)
    (tmp_path / "rubrics.lock").write_text("format = 0\n")
    assert main(["check", "sample.rubric", "--locked"]) == 1
    golden("diagnostics/R0320.txt", capsys.readouterr().err)


def test_every_code_has_a_golden():
    kinds = (*CASES, *BUILT, *ON_DISK, *LOCKED, "R0320")
    shown = {name.partition(".")[0] for name in kinds}
    assert shown == set(CODES)


def test_every_code_is_given_somewhere():
    sources = Path(__file__).parents[2] / "rubricdsl"
    tables = ("codes.py", "lint_codes.py")
    text = "".join(p.read_text("utf-8") for p in sources.rglob("*.py") if p.name not in tables)
    assert [code for code in CODES if f'"{code}"' not in text] == []


@pytest.mark.parametrize("code", CODES)
def test_titles_are_short_and_plain(code):
    entry = CODES[code]
    assert len(entry.title) <= 90
    assert not entry.title.endswith(".")
    assert not re.search(r"\b(token|parse|lookahead|identifier|AST|node)\b", " ".join(entry[1:]))
