"""Definitions, references and new names, across files."""

import pytest

from rubricdsl.editor.references import definition, in_file, references
from rubricdsl.editor.rename import Refused, renameable, renamed
from rubricdsl.passes import Checker

from ...sample import CORE, SAMPLE

USER = """\
rubric cardiology.user version "0.1.0"
title "Uses both"
purpose evaluation
extends dermatology.sample version "0.1.0"
safety {
  override home_removal critical
}
proficiency {
  without signs
}
profile extra { weight referral 2 }
"""

DEFINITIONS = [
    ("use core.harm", "harm", "core", "harm"),
    ("core.harm", "core", "sample", "core"),
    ("include core.basics", "core.basics", "core", "core.basics"),
    ("cites ng12", "ng12", "sample", "ng12"),
    ("mentions(response, acts", "acts", "sample", "acts"),
    ("when age >=", "age", "sample", "age"),
    ("setting in (clinic", "clinic", "sample", "clinic"),
    ("setting == home", "home", "sample", "home"),
    ("weight referral 8", "referral", "sample", "referral"),
    ("home_removal: met", "home_removal", "sample", "home_removal"),
    ("does_harm: unmet", "does_harm", "sample", "does_harm"),
    ("expect plain over", "plain", "sample", "plain"),
    ("over fluent", "fluent", "sample", "fluent"),
    ("given { age", "age", "sample", "age"),
]


@pytest.mark.parametrize(("where", "word", "file", "name"), DEFINITIONS)
def test_definitions(desk, where, word, file, name):
    path, at = desk.at(desk.sample, where)
    found = definition(desk.workspace, path, at + where.index(word))
    assert found is not None
    assert found.name.path == str(getattr(desk, file))
    assert desk.under(found.name) == name
    assert found.whole.start <= found.name.start <= found.name.end <= found.whole.end


def test_words_of_the_language_are_made_nowhere(desk):
    for word in ("when age", "mentions(", "response,", "draft"):
        assert definition(desk.workspace, *desk.at(desk.sample, word)) is None


def test_an_inherited_criterion_is_made_where_it_is_written(desk):
    path = desk.file("cardiology/user.rubric", USER)
    for word in ("home_removal", "signs", "referral"):
        found = definition(desk.workspace, *desk.at(path, word))
        assert found.name.path == str(desk.sample)
        assert desk.under(found.name) == word


def test_references_are_found_in_all_files_of_the_folder(desk):
    path = desk.file("cardiology/user.rubric", USER)
    found = references(desk.workspace, *desk.at(desk.sample, "home_removal"))
    assert {span.path for span in found} == {str(desk.sample), path}
    assert [desk.under(span) for span in found] == ["home_removal"] * 5
    less = references(desk.workspace, *desk.at(desk.sample, "home_removal"), declaration=False)
    assert len(less) == 4
    assert set(less) < set(found)


def test_a_criterion_used_under_another_name_is_two_things(desk):
    made = references(desk.workspace, *desk.at(desk.core, "harm"))
    assert sorted((span.path, span.start) for span in made) == sorted(
        [(str(desk.core), CORE.index("harm")), (str(desk.sample), SAMPLE.index("harm called"))]
    )
    here = in_file(desk.workspace, *desk.at(desk.sample, "does_harm"))
    assert [made for _, made in here] == [True, False]


def test_a_response_belongs_to_its_test(desk):
    text = SAMPLE + 'test "again" { response plain { otherwise: good } expect plain safe }\n'
    desk.workspace.set_text(str(desk.sample), text)
    first = references(desk.workspace, *desk.at(desk.sample, "plain  {"))
    second = references(desk.workspace, *desk.at(desk.sample, "plain { otherwise: good"))
    assert (len(first), len(second)) == (3, 2)
    assert not set(first) & set(second)


# Rename


def tried(desk, path, word, name, skip=0):
    return renamed(desk.workspace, *desk.at(path, word, skip), name)


def after(desk, found):
    """The checked files after the edits."""
    texts = {}
    for path, edits in found.edits.items():
        text = desk.text(path)
        for span, new in sorted(edits, reverse=True):
            text = text[: span.start] + new + text[span.end :]
        texts[path] = text
    other = desk.workspace.with_texts(texts)
    return {path: (texts[path], other.check(path)) for path in texts}


RENAMES = [
    ("home_removal", "removal_at_home", 4),
    ("referral", "quick_referral", 2),
    ("age      :", "years_old", 5),
    ("acts {", "deeds", 2),
    ("clinic,", "practice", 3),
    ("ng12 {", "guideline", 2),
    ("core\n", "base", 2),
    ("does_harm", "harms", 2),
    ("fluent {", "smooth", 2),
    ("urgent when", "at_home", 1),
    ("child \"", "kid", 1),
]  # fmt: skip


@pytest.mark.parametrize(("word", "name", "count"), RENAMES)
def test_a_new_name_changes_nothing_but_the_name(desk, word, name, count):
    found = tried(desk, desk.sample, word, name)
    assert not isinstance(found, Refused), found
    ((text, checked),) = after(desk, found).values()
    assert sum(map(len, found.edits.values())) == count
    assert checked.diagnostics == ()
    assert checked.rubric is not None
    assert len(text) - len(SAMPLE) == count * (len(name) - len(word.split()[0].strip(" ,{:")))


def test_a_new_name_reaches_every_file(desk):
    user = desk.file("cardiology/user.rubric", USER)
    found = tried(desk, desk.core, "harm", "damage")
    assert {path: len(edits) for path, edits in found.edits.items()} == {
        str(desk.core): 1, str(desk.sample): 1,
    }  # fmt: skip
    found = tried(desk, user, "home_removal", "removal")
    assert {path: len(edits) for path, edits in found.edits.items()} == {
        str(desk.sample): 4, user: 1,
    }  # fmt: skip
    assert all(checked.rubric for _, checked in after(desk, found).values())


REFUSED = [
    ("home_removal", "referral", "already the name"),
    ("home_removal", "does_harm", "already the name"),
    ("age      :", "setting", "already the name"),
    ("fluent {", "plain", "given twice"),
    ("clinic,", "home", "twice"),
    ("home_removal", "two words", "is no name"),
    ("home_removal", "wörd", "is no name"),
    ("home_removal", "", "is no name"),
    ("dermatology.sample", "x", "of its file"),
    ("mentions(", "x", "nothing here"),
    ("requires", "x", "nothing here"),
]


@pytest.mark.parametrize(("word", "name", "reason"), REFUSED)
def test_a_name_that_cannot_be_had(desk, word, name, reason):
    found = tried(desk, desk.sample, word, name)
    assert isinstance(found, Refused)
    assert reason in found.reason


def test_a_clash_in_another_file_is_seen(desk):
    text = SAMPLE.replace("use core.harm called does_harm", "use core.harm").replace(
        "does_harm", "harm"
    )
    desk.sample.write_text(text)
    desk.workspace.changed(str(desk.sample))
    found = tried(desk, desk.core, "harm", "home_removal")
    assert isinstance(found, Refused)
    assert "dermatology" in found.reason


def test_what_another_rubric_needs_by_name_is_not_renamed(desk):
    core = CORE.replace("veto harm critical", "veto harm critical when adult").replace(
        "source gmp", "input { adult : bool }\nsource gmp"
    )
    desk.core.write_text(core)
    desk.workspace.changed(str(desk.core))
    desk.sample.write_text(SAMPLE.replace("input {", "input {\n  adult : bool", 1))
    desk.workspace.changed(str(desk.sample))
    found = tried(desk, desk.core, "adult :", "grown_up")
    assert isinstance(found, Refused)
    assert "needs the input" in found.reason


def test_a_damaged_file_is_mended_first(desk):
    desk.workspace.set_text(str(desk.sample), SAMPLE.replace('"Next."', '"Next.'))
    found = tried(desk, desk.sample, "home_removal", "removal")
    assert isinstance(found, Refused)
    assert "mend it first" in found.reason


def test_what_lies_outside_the_folders_keeps_its_name(desk):
    desk.workspace.folders = [str(desk.sample.parent)]
    (desk.sample.parent / "core").mkdir()
    path, at = desk.at(desk.sample, "harm called")
    assert isinstance(renameable(desk.workspace, path, at), Refused)


def test_the_checker_agrees_with_the_files_on_the_disk(desk):
    found = tried(desk, desk.sample, "home_removal", "removal")
    for path, (text, _) in after(desk, found).items():
        with open(path, "w") as file:
            file.write(text)
    checked = Checker(desk.workspace.bundle).check(str(desk.sample))
    assert "removal" in {c.id for c in checked.rubric.criteria}
