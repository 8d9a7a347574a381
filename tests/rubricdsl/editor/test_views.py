"""Hover, outline, folding, search, highlighting, shares of weight, and tests that are run."""

from rubricdsl.editor.hover import hover, plain
from rubricdsl.editor.inlays import inlays
from rubricdsl.editor.lenses import lenses, run_test
from rubricdsl.editor.outline import folds, outline, search
from rubricdsl.editor.tokens import MODIFIERS, TYPES, tokens
from rubricdsl.syntax.tokens import scan

from ...sample import SAMPLE


def said(desk, word, skip=0, path=None):
    found = hover(desk.workspace, *desk.at(path or desk.sample, word, skip))
    return found.text if found else None


def test_a_criterion_says_what_it_asks_and_what_it_comes_to(desk):
    text = said(desk, "referral weight 5")
    assert "**requires** Says to be seen within two weeks." in text
    # 5 of 5.3, and under the profile 8 of 8.3
    assert "94.3 %; 96.4 % in `urgent`" in text
    assert "cites Suspected cancer" in text


def test_what_is_used_says_where_it_comes_from(desk):
    assert "from `core.basics` 1.2.0" in said(desk, "does_harm")
    assert "critical veto" in said(desk, "harm called")
    assert "**forbids** Does harm." in said(desk, "harm called")


def test_levels_are_listed(desk):
    assert "- level 1 (1/4): names one" in said(desk, "signs weight")


def test_notes_reach_the_reader(desk):
    text = SAMPLE.replace("  bonus worry", "  ## Waiting is *hard*.\n  bonus worry")
    desk.workspace.set_text(str(desk.sample), text)
    assert "Waiting is \\*hard\\*." in said(desk, "worry")
    assert "A mole that changes." in said(desk, "dermatology.sample")


def test_other_things_say_what_they_are(desk):
    assert "quantity(years) optional" in said(desk, "age >=")
    assert "clinic where the case does not say" in said(desk, "setting  :")
    assert "cut it off, freeze it" in said(desk, "acts)")
    assert "publisher: NICE" in said(desk, "ng12\n")
    assert "1 in safety" in said(desk, "core\n")
    assert said(desk, "fluent {") == "`fluent`: a response of this test"


def test_words_of_the_language_are_explained(desk):
    assert "In which cases" in said(desk, "when age")
    assert "calendar time" in said(desk, "years or")
    assert "Not reviewed" in said(desk, "draft")
    assert "as whole words" in said(desk, "mentions(")
    assert "mentions(response, terms)" in said(desk, "mentions(")


def test_texts_and_comments_are_left_alone(desk):
    assert said(desk, "two weeks") is None
    assert said(desk, "mole that changes.") is None


def test_a_finding_is_explained_where_it_stands(desk):
    path, at = desk.type("veto home", "¦vito home")
    assert "**R0107**" in hover(desk.workspace, path, at).text


def test_texts_of_a_file_are_no_markdown():
    assert plain("[a](http://x) <b> `c`\x1b") == "\\[a\\](http://x) \\<b\\> \\`c\\`\ufffd"


def test_the_outline_has_every_part_in_its_place(desk):
    parts = outline(desk.workspace, str(desk.sample))
    assert [part.kind for part in parts] == [
        "rubric", "include", "source", "valueset", "inputs", "prompt", "tier", "tier", "tier",
        "order", "reward", "profile", "test",
    ]  # fmt: skip
    safety = parts[6]
    assert [part.name for part in safety.parts] == ["does_harm", "home_removal"]
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        assert part.start <= part.name_start <= part.name_end <= part.end
        assert all(part.start <= x.start and x.end <= part.end for x in part.parts)
        waiting += part.parts


def test_blocks_and_comments_fold(desk):
    desk.workspace.set_text(str(desk.sample), "# one\n# two\n\n# alone\n\n" + SAMPLE)
    found = folds(desk.workspace, str(desk.sample))
    text = desk.text(desk.sample)
    assert [text[f.start : f.end] for f in found if f.kind == "comment"] == ["# one\n# two"]
    begun = [text[f.start :].split()[0] for f in found if f.kind == "region"]
    assert {"input", "safety", "veto", "proficiency", "test"} <= set(begun)
    assert "order" not in begun


def test_things_are_found_by_the_letters_of_their_names(desk):
    assert [entry.name for entry in search(desk.workspace, "HARM")] == ["harm", "does_harm"]
    assert [entry.name for entry in search(desk.workspace, "oshm")] == ["does_harm"]
    assert {entry.container for entry in search(desk.workspace, "harm")} == {
        "core.basics", "dermatology.sample",
    }  # fmt: skip
    assert search(desk.workspace, "(") == []


def test_every_word_is_painted_once(desk):
    painted = tokens(desk.workspace, str(desk.sample))
    ends = [0, *(token.end for token in painted)]
    assert all(token.start >= end for token, end in zip(painted, ends, strict=False))
    covered = {offset for token in painted for offset in range(token.start, token.end)}
    words = [token for token in scan("", SAMPLE)[0] if token.type == "WORD"]
    assert [word.text for word in words if word.start not in covered] == []
    assert {token.type for token in painted} <= set(TYPES)
    assert {name for token in painted for name in token.modifiers} <= set(MODIFIERS)


def test_painting_goes_by_meaning(desk):
    text = SAMPLE.replace("bonus worry", "bonus weight").replace("worry\n", "weight\n")
    desk.workspace.set_text(str(desk.sample), text)
    kinds = {
        (text[t.start : t.end], t.type, t.modifiers)
        for t in tokens(desk.workspace, str(desk.sample))
    }
    assert ("weight", "property", ("declaration",)) in kinds
    assert ("weight", "keyword", ()) in kinds
    assert ("core", "namespace", ()) in kinds
    assert ("harm", "property", ()) in kinds
    assert ("years", "type", ()) in kinds
    assert ("clinic", "enumMember", ()) in kinds
    assert ("## A mole that changes.", "comment", ("documentation",)) in kinds


def test_a_weight_shows_its_share(desk):
    found = inlays(desk.workspace, str(desk.sample), 0, len(SAMPLE))
    assert [(SAMPLE[: x.offset].split()[-1], x.text) for x in found] == [
        ("5", "94.3 %"), ("0.3", "5.7 %"), ("8", "96.4 %"),
    ]  # fmt: skip
    assert inlays(desk.workspace, str(desk.sample), 0, 10) == []


def test_tests_run_where_they_stand(desk):
    path = str(desk.sample)
    assert [lens.number for lens in lenses(desk.workspace, path)] == [0, 1]
    assert run_test(desk.workspace, path, 1).text == "2 passed"
    desk.workspace.set_text(path, SAMPLE.replace("expect plain over", "expect fluent over").replace(
        "over fluent because home_removal", "over plain"))  # fmt: skip
    ran = run_test(desk.workspace, path, 0)
    assert (ran.passed, len(ran.failed)) == (1, 1)
    assert ran.text.startswith("1 of 2 failed: `plain` is better than `fluent`")
    assert run_test(desk.workspace, path, 2) is None


def test_a_file_with_errors_runs_no_tests(desk):
    desk.workspace.set_text(str(desk.sample), SAMPLE.replace("weight 5", ""))
    assert run_test(desk.workspace, str(desk.sample), 1) is None
