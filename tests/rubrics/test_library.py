"""The library: every file checks, its tests pass, and its exemplars show one criterion each.

Exemplars are the seed of synthetic answers, composed sentence by sentence. What a machine can see
of that is tested here: one sentence, unique, in agreement with its own check and silent for the
checks of all others. That a sentence touches no other criterion in meaning is for a reader.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.facts import plain_inputs
from rubricdsl.passes import Checked, check_paths
from rubricdsl.runtime.checks import Reading, check_holds
from rubricdsl.runtime.conditions import holds, read_inputs
from rubricdsl.runtime.verdicts import applies
from rubricdsl.testing import run_tests

ROOT = Path(__file__).resolve().parents[2] / "rubrics"
FILES = sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*.rubric"))
CORE = "core/patient_safety.rubric"
SPECIALTIES = [name for name in FILES if name != CORE]
SENTENCE = re.compile(r"[A-Z][^.!?\n\"]*[.!?]")

Cell = tuple[str, str]
"""A verdict and a sentence that shows it; an ordinal's verdict is its level."""


@cache
def library() -> dict[str, Checked]:
    checked = check_paths([str(ROOT)])
    return {str(Path(file.path).relative_to(ROOT)): file for file in checked.files}


def rubric(name: str) -> ir.Rubric:
    found = library()[name].rubric
    assert found is not None, f"{name} does not check"
    return found


@cache
def small(name: str) -> Any:
    return compact(rubric(name), "sha256:test")


def own(name: str) -> list[ir.Criterion]:
    """The criteria that were first written in this file."""
    found = rubric(name)
    return [c for c in found.criteria if c.origin.rubric == found.name]


def exemplars(criterion: ir.Criterion) -> list[Cell]:
    levels = [(str(one.level), text) for one in criterion.levels for text in one.examples]
    return [
        *(("met", text) for text in criterion.met),
        *(("unmet", text) for text in criterion.unmet),
        *levels,
    ]


def facts_of_prompts(name: str) -> list[dict[str, Any]]:
    found = rubric(name)
    rows = [plain_inputs(prompt.inputs, found.inputs) for prompt in found.prompts]
    return [read_inputs(small(name)["inputs"], row) for row in rows]


def test_there_are_at_least_ten_specialties() -> None:
    assert CORE in FILES
    assert len({Path(name).parent for name in SPECIALTIES}) >= 10


@pytest.mark.parametrize("name", FILES)
def test_file_checks_without_findings(name: str) -> None:
    assert [d for d in library()[name].diagnostics if d.level in ("error", "warning")] == []


@pytest.mark.parametrize("name", FILES)
def test_path_is_the_dotted_name(name: str) -> None:
    assert rubric(name).name == name.removesuffix(".rubric").replace("/", ".")


@pytest.mark.parametrize("name", FILES)
def test_tests_inside_the_file_pass(name: str) -> None:
    cases = library()[name].tests
    assert len(cases) >= 3
    assert [r.found for r in run_tests(rubric(name), cases) if not r.passed] == []


@pytest.mark.parametrize("name", FILES)
def test_file_says_that_it_is_an_unreviewed_draft(name: str) -> None:
    found = rubric(name)
    assert found.status == "draft"
    assert found.reviews == ()
    assert "no physician has reviewed" in found.doc


@pytest.mark.parametrize("name", SPECIALTIES)
def test_shape_of_a_specialty(name: str) -> None:
    found = rubric(name)
    tiers = Counter(c.tier for c in own(name))
    assert [origin.rubric for origin in found.includes] == [rubric(CORE).name]
    used = [c for c in found.criteria if c.origin.rubric != found.name]
    assert {c.origin.rubric for c in used} == {rubric(CORE).name}
    assert len(used) >= 3
    assert 2 <= tiers["safety"] <= 4
    assert 4 <= tiers["proficiency"] <= 8
    assert 2 <= tiers["excellence"] <= 3
    assert sum(bool(c.levels) for c in own(name)) >= 1
    assert len(found.prompts) >= 8


def test_prompts_are_unique() -> None:
    texts = [prompt.text for name in FILES for prompt in rubric(name).prompts]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("name", SPECIALTIES)
def test_every_condition_is_seen_both_ways(name: str) -> None:
    """Some prompt brings each conditional criterion into play, and some prompt sets it aside."""
    rows = facts_of_prompts(name)
    for criterion in small(name)["criteria"]:
        if criterion["when"] is not None:
            assert {applies(criterion, facts) for facts in rows} == {True, False}, criterion["id"]


@pytest.mark.parametrize("name", SPECIALTIES)
def test_every_profile_is_chosen_by_a_prompt(name: str) -> None:
    rows = facts_of_prompts(name)
    for profile in small(name)["profiles"]:
        assert any(holds(profile["when"], facts) is True for facts in rows), profile["id"]


def test_the_library_shows_every_kind_of_check() -> None:
    kinds = {kind for name in FILES for c in own(name) for kind in _kinds(c.check)}
    assert {"mentions", "words", "dose"} <= kinds


def _kinds(check: ir.Check | None) -> set[str]:
    if check is None:
        return set()
    if isinstance(check, ir.AllOf | ir.AnyOf):
        return set().union(*(_kinds(part) for part in check.args))
    return _kinds(check.arg) if isinstance(check, ir.NoneOf) else {check.kind}


@pytest.mark.parametrize("name", FILES)
def test_every_source_is_cited(name: str) -> None:
    found = rubric(name)
    assert {source.id for source in found.sources} == {s for c in found.criteria for s in c.cites}
    assert all(source.title and source.publisher for source in found.sources)


@pytest.mark.parametrize("name", FILES)
def test_every_criterion_has_exemplars_of_every_verdict(name: str) -> None:
    for criterion in own(name):
        if criterion.levels:
            assert len(criterion.levels) == 3, criterion.id
            assert all(level.examples for level in criterion.levels), criterion.id
        else:
            assert len(criterion.met) >= 2, criterion.id
            assert len(criterion.unmet) >= 2, criterion.id


@pytest.mark.parametrize("name", FILES)
def test_an_exemplar_is_one_sentence(name: str) -> None:
    for criterion in own(name):
        for _, text in exemplars(criterion):
            assert SENTENCE.fullmatch(text), text
            assert 8 <= len(text.split()) <= 25, text


def test_exemplars_are_unique_across_the_library() -> None:
    texts = [text.casefold() for name in FILES for c in own(name) for _, text in exemplars(c)]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_exemplars_agree_with_their_check_and_leave_the_others_alone(name: str) -> None:
    silence = Reading("")
    checks = {c["id"]: c["check"] for c in small(name)["criteria"] if c["check"] is not None}
    for criterion in rubric(name).criteria:
        for verdict, text in exemplars(criterion):
            reading = Reading(text)
            for decided, check in checks.items():
                held = check_holds(check, reading)
                mine = decided == criterion.id
                expected = verdict == "met" if mine else check_holds(check, silence)
                assert held == expected, (decided, text)


@pytest.mark.parametrize("name", SPECIALTIES)
@pytest.mark.parametrize("good", [True, False])
def test_checks_read_whole_answers_as_composed(name: str, good: bool) -> None:
    """An answer of all the good exemplars passes every check; one of all the bad ones, none."""
    chosen = []
    for criterion in rubric(name).criteria:
        sentences = exemplars(criterion)
        if criterion.levels:
            chosen.append(sentences[-1 if good else 0][1])
        else:
            wanted = "met" if (criterion.polarity == "requires") == good else "unmet"
            chosen.append(next(text for verdict, text in sentences if verdict == wanted))
    reading = Reading(" ".join(chosen))
    for criterion in small(name)["criteria"]:
        if criterion["check"] is not None:
            held = check_holds(criterion["check"], reading)
            assert (held != criterion["forbids"]) == good, criterion["id"]


def test_the_readme_counts_what_is_there() -> None:
    rows = re.findall(r"^\| `([\w/]+\.rubric)` \|.*", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert sorted(rows) == FILES
    for line in (ROOT / "README.md").read_text("utf-8").splitlines():
        match = re.match(r"\| `([\w/]+\.rubric)` \|(.*)\|$", line)
        if match:
            name = match.group(1)
            found = rubric(name)
            mine = Counter(c.tier for c in own(name))
            used = len(found.criteria) - len(own(name))
            counts = [used, mine["safety"], mine["proficiency"], mine["excellence"]]
            counts += [len(found.prompts), sum(len(exemplars(c)) for c in own(name))]
            assert [int(cell) for cell in match.group(2).split("|")[1:]] == counts, name
