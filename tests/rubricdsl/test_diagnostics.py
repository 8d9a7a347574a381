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
from rubricdsl.diagnostics import Diagnostic
from rubricdsl.insights.analyze import analyze
from rubricdsl.insights.between import between
from rubricdsl.insights.subject import subject
from rubricdsl.passes import Checker, check_paths
from rubricdsl.promises import broken_promise
from rubricdsl.render import to_text
from rubricdsl.source import MAX_BYTES, MemoryBundle
from rubricdsl.testing import run_cases

FOLDER = Path(__file__).parent / "diagnostics"
CASES = sorted(path.stem for path in FOLDER.glob("*.rubric"))

HEAD = 'rubric sample version "1.0.0"\ntitle "A sample"\npurpose evaluation\n'
VETO = 'safety {\n  veto harm critical\n    forbids "Does harm."\n}\n'


def divided(text: str) -> dict[str, str]:
    """The files of a case by path, the one to check first."""
    if not text.startswith("=== "):
        return {"sample.rubric": text}
    pieces = re.split(r"^=== (.+)\n", text, flags=re.MULTILINE)[1:]
    return {path: body.strip() + "\n" for path, body in zip(pieces[::2], pieces[1::2], strict=True)}


def findings(files: dict[str, str], analyzed: bool = False) -> tuple[tuple[Diagnostic, ...], str]:
    """What is said about the first file, its tests and its reward included; the same as text.

    `analyzed`: what the analysis says about all of them instead.
    """
    checker = Checker(MemoryBundle(files))
    if analyzed:
        return analysis(checker, files)
    checked = checker.check(next(iter(files)))
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
    found, shown = findings(divided(text), name.startswith("R09"))
    golden(f"diagnostics/{name}.txt", f"{text}\n{'─' * 60}\n\n{shown}\n")
    assert [d.code for d in found] == [name.partition(".")[0]]


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


def test_every_code_has_a_golden():
    shown = {name.partition(".")[0] for name in (*CASES, *BUILT, *ON_DISK)}
    assert shown == set(CODES)


def test_every_code_is_given_somewhere():
    sources = Path(__file__).parents[2] / "rubricdsl"
    text = "".join(p.read_text("utf-8") for p in sources.rglob("*.py") if p.name != "codes.py")
    assert [code for code in CODES if f'"{code}"' not in text] == []


@pytest.mark.parametrize("code", CODES)
def test_titles_are_short_and_plain(code):
    entry = CODES[code]
    assert len(entry.title) <= 90
    assert not entry.title.endswith(".")
    assert not re.search(r"\b(token|parse|lookahead|identifier|AST|node)\b", " ".join(entry[1:]))
