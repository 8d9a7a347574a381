"""docs/analyze.md: every example has the finding it stands for, and nothing else is found."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from rubricdsl.codes import CODES
from rubricdsl.insights.analyze import analyze
from rubricdsl.insights.between import between
from rubricdsl.insights.finding import KINDS
from rubricdsl.insights.report import rubric_text
from rubricdsl.insights.subject import subject
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "analyze.md").read_text("utf-8")


class Example(NamedTuple):
    """The finding, and the texts in which it is: the last one's is told."""

    code: str
    texts: tuple[str, ...]


def examples():
    beside: tuple[str, ...] = ()
    for what, text in re.findall(r"^```rubric (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        if what == "beside":
            beside += (text,)
        else:
            yield Example(what, (*beside, text))
            beside = ()


def subjects_of(*texts):
    files = {f"{place}.rubric": text for place, text in enumerate(texts)}
    checker = Checker(MemoryBundle(files))
    return [subject(checker.check(path)) for path in files]


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.code)
def test_an_example_has_its_finding_and_no_other(example):
    subjects = subjects_of(*example.texts)
    told = [found for each in subjects for found in analyze(each).findings]
    told += between(subjects)
    assert [found.diagnostic.code for found in told] == [example.code]
    assert told[0].diagnostic.span.path == f"{len(example.texts) - 1}.rubric"


def test_every_kind_has_its_section_and_its_example():
    sections = re.findall(r"^### (\S+) \((R\d+), (\w+)\)$", PAGE, re.MULTILINE)
    assert sections == [(KINDS[code], code, CODES[code].level) for code in KINDS]
    assert {code for code in CODES if code.startswith("R09")} == set(KINDS)
    assert [example.code for example in examples()] == list(KINDS)


def test_the_report_of_the_readme_rubric():
    readme = (ROOT / "README.md").read_text("utf-8")
    text = re.search(r"^```rubric\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[1]
    checker = Checker(MemoryBundle({"mole.rubric": text}))
    shown = rubric_text(analyze(subject(checker.check("mole.rubric"))), checker.source)
    written = re.search(r"^```report\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
    assert shown.split("\n\n")[0] == written.strip("\n")


def test_the_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).resolve().exists(), target
