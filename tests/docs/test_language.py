"""docs/language.md: every code block is run, and its tables hold what the program does.

Info strings: `rubric` is a whole file, `rubric-fragment in: PLACE` a piece of one; `error=CODE,…`
says what must be found, and nothing else may be.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from rubricdsl import ir
from rubricdsl.formatting import formatted
from rubricdsl.passes import Checker, check_paths
from rubricdsl.passes.checks import MAX_LOOKED_FOR, USAGE
from rubricdsl.passes.criteria import MAX_WEIGHT
from rubricdsl.passes.rewards import PARAMS
from rubricdsl.passes.values import MAX_DIGITS
from rubricdsl.render import to_text
from rubricdsl.source import MAX_BYTES, MemoryBundle, Source, library_root
from rubricdsl.syntax.tables import tables
from rubricdsl.testing import run_tests
from rubricdsl.units import UNITS

from ..fragments import FRAME, PLACES, framed

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")


class Block(NamedTuple):
    line: int
    info: str
    text: str

    @property
    def codes(self) -> list[str]:
        found = re.search(r"error=(\S+)", self.info)
        return found[1].split(",") if found else []

    @property
    def place(self) -> str:
        return re.search(r"in: (\w+)", self.info)[1]


BLOCKS = [
    Block(PAGE.count("\n", 0, m.start()) + 1, m[1], m[2])
    for m in re.finditer(r"^```(\S[^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]


def whole(block: Block) -> str:
    return block.text if block.info.split()[0] == "rubric" else framed(block.place, block.text)


def checked(text: str, folder: Path):
    name = re.search(r"^rubric (\S+)", text, re.MULTILINE)[1]
    file = folder.joinpath(*name.split(".")).with_suffix(".rubric")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    outcome = check_paths([str(file)])
    shown = "\n\n".join(to_text(d, outcome.checker.source) for d in outcome.diagnostics)
    return outcome.files[0], outcome.diagnostics, shown


def label(block: Block) -> str:
    return f"line {block.line}"


RUBRICS = [b for b in BLOCKS if b.info.startswith("rubric")]


@pytest.mark.parametrize("block", RUBRICS, ids=label)
def test_a_block_is_what_it_says_it_is(block, tmp_path):
    file, found, shown = checked(whole(block), tmp_path)
    told = sorted({d.code for d in found if d.level == "error"})
    assert told == block.codes, shown
    if not block.codes:
        assert all(d.level != "warning" for d in found), shown
        assert [r.found for r in run_tests(file.rubric, file.tests) if not r.passed] == []


@pytest.mark.parametrize("block", RUBRICS, ids=label)
def test_the_page_is_written_in_the_one_style(block):
    text = whole(block)
    result = formatted(Source("x.rubric", text), MemoryBundle({"x.rubric": text}))
    assert (result.text is None) == (block.codes == ["R0101"]), result.refusal
    assert text != block.text or result.text in (text, None)


def test_the_whole_example_passes_its_own_tests(tmp_path):
    file, found, _ = checked(RUBRICS[0].text, tmp_path)
    assert found == ()
    assert len(run_tests(file.rubric, file.tests)) == 2
    assert len(file.rubric.criteria) == 5


def test_every_other_block_is_known():
    assert {b.info.split()[0] for b in BLOCKS} == {"rubric", "rubric-fragment", "python"}


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.info == "python"], ids=label)
def test_python_runs(block):
    exec(compile(block.text, f"language.md:{block.line}", "exec"), {})


# Tables


def rows(after: str) -> list[list[str]]:
    """The cells of the first table behind a text."""
    table = PAGE[PAGE.index(after) :]
    lines = re.search(r"(?:^\|.*\n)+", table, re.MULTILINE)[0].splitlines()[2:]
    return [[c.strip() for c in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_units_are_those_of_the_program():
    written = {kind: words(cell) for kind, cell in rows("<!-- units -->")}
    known: dict[str, list[str]] = {}
    for name, unit in UNITS.items():
        known.setdefault(unit.dimension, []).append(name)
    assert written == known


def test_the_shapes_and_their_parameters():
    written = {words(shape)[0]: set(words(cell)) for shape, cell in rows("## Reward")}
    assert written == {shape: set(params) for shape, params in PARAMS.items()}
    assert set(written) == set(ir.SHAPES)
    for shape, cell in rows("## Reward"):
        for name, low, high in re.findall(r"`(\w+)` (\d+) (?:to|or) (\d+)", cell):
            allowed = PARAMS[words(shape)[0]][name]
            assert allowed.holds(int(low))
            assert allowed.holds(int(high))
            assert not allowed.holds(int(high) + 1)


def test_the_checks():
    assert [words(name)[0].partition("(")[0] for name, _ in rows("## Checks")] == list(USAGE)
    assert [words(name)[0] for name, _ in rows("## Checks")] == list(USAGE.values())


def test_the_limits():
    limits = {name: int(re.sub(r"\D", "", cell)) for name, cell in rows("## Limits")}
    assert limits["a file"] == int(f"{MAX_BYTES}8")  # the 8 of UTF-8
    assert limits["digits of a number"] == MAX_DIGITS
    assert limits["weight"] == MAX_WEIGHT
    assert limits["terms and characters of patterns, in all checks together"] == MAX_LOOKED_FOR


def test_the_policies():
    written = {words(line)[0].split()[-1]: words(cell) for line, _, cell in rows("When something")}
    assert set(written) == set(ir.POLICIES)
    for policy, tiers in written.items():
        for tier in ir.TIERS:
            text = FRAME.format(
                **dict.fromkeys(PLACES, "") | {tier: f"cannot_assess means {policy}"}
            )
            allowed = tier in tiers or policy == "drop"
            assert (read(text) == []) == allowed


def read(text: str) -> list[str]:
    found = Checker(MemoryBundle({"x.rubric": text})).check("x.rubric").diagnostics
    return [d.code for d in found if d.level == "error"]


def test_every_word_of_the_language_is_on_the_page():
    text = re.sub(r"[^\w]", " ", PAGE)
    missing = [word for word in tables().words if not re.search(rf"\b{word}\b", text)]
    assert missing == []


def test_the_links_lead_somewhere():
    titles = [t.strip("# ").lower().replace(" ", "-") for t in re.findall(r"^#+ .*", PAGE, re.M)]
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        if path:
            page = (Path(__file__).parents[2] / "docs" / path).resolve()
            assert page.exists(), target
        elif anchor:
            assert anchor in titles, target


def test_the_library_is_where_the_page_says():
    assert (library_root() / "core" / "patient_safety.rubric").exists()
