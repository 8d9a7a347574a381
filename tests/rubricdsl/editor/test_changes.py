"""Fixes and layout: what an editor would write into a file."""

from pathlib import Path

import pytest

from rubricdsl.editor.actions import actions
from rubricdsl.editor.layout import layout, layout_of
from rubricdsl.formatting import formatted
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle

from ...sample import SAMPLE
from ..test_diagnostics import CASES, divided

DIAGNOSTICS = Path(__file__).parent.parent / "diagnostics"
MENDED = [
    ("veto home", "vito home", "veto"),
    ('"Wait a year."', "Wait", None),
    ("bonus worry", "bonus shows-worry", "shows_worry"),
    ("bonus worry", "criterion worry", "bonus"),
    ("bonus worry", "bonus worry weight 3", None),
    ("bonus worry", "bonus worry critical", None),
    ('forbids "Suggests', '"Suggests', None),
    ('tag "dermatology"', "tag dermatology", None),
    ("“", "“", None),
    ('"Acknowledges the worry."', "“Acknowledges the worry.”", None),
    ("age >= 18", "age ≥ 18", None),
    ("18 years", "18 yeers", None),
    ("cites ng12", "cites ng13", None),
    ("setting in", "seting in", None),
    ("use core.harm", "use cor.harm", None),
    ("use core.harm", "use core.harms", None),
    ("use core.harm", "use harm", None),
    ('version "1.2.0" called', 'version "1.0.0" called', None),
    ('version "1.2.0" called', "called", None),
    ("over fluent", "over fluant", None),
    ("otherwise: good", "otherwise: met", None),
    ("weight referral 8", "weight referal 8", None),
    ("reward promedical", "reward promedicel", None),
    ("  excellence }", "  excellence", None),
    ('"Wait a year."', '"Wait a year.', None),
    ("status draft", "draft", None),
    ("requires \"Says", "requires \u200e\"Says".replace("\u200e", "\u202e"), None),
]  # fmt: skip


def applied(text, edits):
    for span, new in sorted(edits, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


@pytest.mark.parametrize(("old", "new", "written"), [m for m in MENDED if m[0] in SAMPLE])
def test_a_fix_mends_the_finding(desk, old, new, written):
    path = str(desk.sample)
    text = SAMPLE.replace(old, new, 1)
    desk.workspace.set_text(path, text)
    found = desk.workspace.check(path).diagnostics
    assert found
    offered = actions(desk.workspace, path, 0, len(text))
    if new == "Wait":
        assert offered == [] or offered[0].edits
        return
    assert offered, [d.code for d in found]
    first = offered[0]
    assert written is None or first.edits[0].text == written
    desk.workspace.set_text(path, applied(text, first.edits))
    after = desk.workspace.check(path).diagnostics
    assert first.diagnostic.code not in [d.code for d in after]


def test_a_fix_belongs_to_its_place(desk):
    path, at = desk.type("veto home", "¦vito home")
    assert [a.title for a in actions(desk.workspace, path, at + 1, at + 1)] == ["write `veto`"]
    assert actions(desk.workspace, path, 0, 5) == []


def test_each_fix_of_each_golden_case_mends_it():
    """A fix leaves fewer findings of its code, and never a file that cannot be read."""
    tried = 0
    for name in CASES:
        files = divided((DIAGNOSTICS / f"{name}.rubric").read_text("utf-8"))
        path = next(iter(files))
        before = Checker(MemoryBundle(files)).check(path).diagnostics
        for diagnostic in before:
            for fix in diagnostic.fixes:
                tried += 1
                made = files | {path: applied(files[path], fix.edits)}
                after = Checker(MemoryBundle(made)).check(path).diagnostics
                codes = [d.code for d in after]
                assert codes.count(diagnostic.code) < len(before), (name, fix)
                assert diagnostic.code not in codes, (name, fix, codes)
    assert tried > 30


def test_a_file_in_the_style_needs_no_edit(desk):
    path = str(desk.sample)
    styled = formatted(desk.workspace.check(path).source, desk.workspace.bundle).text
    desk.workspace.set_text(path, styled)
    assert layout(desk.workspace, path) == []


def test_the_edits_bring_the_file_into_the_style(desk):
    path = str(desk.sample)
    styled = formatted(desk.workspace.check(path).source, desk.workspace.bundle).text
    assert applied(SAMPLE, layout(desk.workspace, path)) == styled


def test_lines_keep_the_ends_that_they_have(desk):
    path = str(desk.sample)
    styled = formatted(desk.workspace.check(path).source, desk.workspace.bundle).text
    text = SAMPLE.replace("\n", "\r\n")
    desk.workspace.set_text(path, text)
    assert applied(text, layout(desk.workspace, path)) == styled.replace("\n", "\r\n")


def test_a_file_with_faults_of_reading_stays_as_it_is(desk):
    desk.workspace.set_text(str(desk.sample), SAMPLE.replace('"Next."', '"Next.'))
    assert layout(desk.workspace, str(desk.sample)) == []


def test_a_part_can_be_brought_into_the_style(desk):
    path = str(desk.sample)
    text = SAMPLE.replace("bonus worry", "bonus    worry").replace("tag  ", "tag ")
    desk.workspace.set_text(path, text)
    at = text.index("bonus    worry")
    edits = layout_of(desk.workspace, path, at, at + 5)
    made = applied(text, edits)
    assert "bonus worry" in made
    assert made[:200] == text[:200]
    assert layout_of(desk.workspace, path, 0, 3) == []
