"""The pages of the codes: every example gives just its code, or nothing at all."""

import re
from pathlib import Path

import pytest

from rubricdsl.codes import CODES
from rubricdsl.explain import GROUPS, Example, as_markdown, as_text, page
from rubricdsl.formatting import formatted
from rubricdsl.source import MemoryBundle, Source, library_root

from ..fragments import framed
from ..rubricdsl.test_diagnostics import BESIDE, divided, findings

DOCS = Path(__file__).parents[2] / "docs"
CORE = (library_root() / "core" / "patient_safety.rubric").read_text("utf-8")
SECTIONS = re.findall(
    r"^## (\w+)",
    "".join(
        file.read_text("utf-8")
        for file in (Path(__file__).parents[2] / "rubricdsl" / "explanations").glob("*.md")
    ),
    re.MULTILINE,
)
PAGES = [page(code) for code in CODES if code in SECTIONS]
WITHOUT_EXAMPLES = {"R0001", "R0002", "R0003", "R0004", "R0106", "R0109", "R0110", "R0223", "R0317"}
WITHOUT_EXAMPLES |= {"R0318", "R0319", "R0320"}  # they need a lock beside the file


def files(example: Example) -> dict[str, str]:
    text = framed(example.place, example.text) if example.place else example.text
    return {**divided(text), "core/patient_safety.rubric": CORE}


def told(example: Example, code: str) -> list[str]:
    return [found.code for found in findings(files(example), code)[0]]


@pytest.mark.parametrize("page", [p for p in PAGES if p.wrong], ids=lambda p: p.code)
def test_the_wrong_example_gives_the_code_and_the_right_one_nothing(page):
    assert told(page.wrong, page.code) == BESIDE.get(page.code, [page.code])
    assert told(page.right, page.code) == []


@pytest.mark.parametrize("page", [p for p in PAGES if p.right], ids=lambda p: p.code)
def test_the_right_example_is_in_the_one_style(page):
    if page.right.place:
        return
    for path, text in divided(page.right.text).items():
        assert formatted(Source(path, text), MemoryBundle({path: text})).text == text


def test_only_what_no_short_file_gives_has_no_example():
    assert {p.code for p in PAGES if p.wrong is None} == WITHOUT_EXAMPLES


def test_every_code_has_a_page_and_every_page_a_code():
    assert set(GROUPS) == {code[:3] for code in CODES}
    assert [code for code in CODES if code not in SECTIONS] == []
    assert sorted(SECTIONS) == sorted(CODES)


def test_the_page_is_current():
    assert (DOCS / "codes.md").read_text("utf-8") == as_markdown(), (
        "run: python -m rubricdsl.explain > docs/codes.md"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.code)
def test_a_page_reads_as_text(page):
    shown = as_text(page)
    assert shown.startswith(f"{page.level} {page.code}: ")
    assert "{" not in page.title + page.why + page.hint
    assert ".." not in shown.replace("…", "")
