"""`rubricc doc`: what a page says, that nothing in a rubric gets out of its place, what changed."""

import html
import re
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from rubricdsl import ir
from rubricdsl.compiler.cli import main
from rubricdsl.compiler.documentation.markup import markdown
from rubricdsl.compiler.documentation.page import page, share
from rubricdsl.compiler.documentation.since import changes
from rubricdsl.compiler.documentation.words import applies, check_words, in_words, reward_words
from rubricdsl.compiler.documentation.write import page_text
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle

from ..sample import CORE, SAMPLE

AGE = ir.Input("age", "quantity", (), "years", True)
WARD = ir.Input("ward_kind", "one_of", ("clinic", "home", "ward"), None, False, "clinic")
DRUGS = ir.Input("drugs", "text_list")
ASKED = ir.Input("asked", "bool")
INPUTS = {i.id: i for i in (AGE, WARD, DRUGS, ASKED)}
YOUNG = ir.Compare("age", "<", Fraction(18))
AT_HOME = ir.OneOf("ward_kind", ("home", "ward"))


def checked(text, **more):
    file = Checker(MemoryBundle({"a.rubric": text, **more})).check("a.rubric")
    assert file.rubric is not None, file.diagnostics
    return file


def sample():
    return checked(SAMPLE, **{"core/basics.rubric": CORE})


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (YOUNG, "age is below 18 years"),
        (ir.Not(YOUNG), "age is not below 18 years"),
        (ir.Not(ir.Not(YOUNG)), "age is below 18 years"),
        (ir.Compare("age", ">=", Fraction(1, 2)), "age is at least 0.5 years"),
        (ir.Compare("asked", "==", True), "asked is true"),
        (ir.Compare("asked", "!=", True), "asked is false"),
        (ir.Not(ir.Compare("asked", "==", True)), "asked is false"),
        (AT_HOME, "ward kind is home or ward"),
        (ir.Not(AT_HOME), "ward kind is none of home or ward"),
        (ir.Not(ir.OneOf("ward_kind", ("home",))), "ward kind is not home"),
        (ir.Contains("drugs", ("warfarin",)), "drugs include “warfarin”"),
        (ir.Given("age"), "age is known"),
        (ir.Not(ir.Given("age")), "age is not known"),
        (ir.And((YOUNG, ir.Or((AT_HOME, ir.Given("age"))))),
         "age is below 18 years and ((ward kind is home or ward) or age is known)"),
        (ir.Not(ir.And((YOUNG, AT_HOME))),
         "it is not so that (age is below 18 years and (ward kind is home or ward))"),
    ],
)  # fmt: skip
def test_conditions_in_words(condition, words):
    assert in_words(condition, INPUTS) == words


def test_a_criterion_applies_where_its_condition_cannot_be_told():
    assert applies(YOUNG, INPUTS) == (
        "Only when age is below 18 years, and also when that cannot be told because age is not "
        "known."
    )
    assert applies(AT_HOME, INPUTS) == "Only when ward kind is home or ward."


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (ir.Mentions(("a", "b")), "mentions “a” or “b”"),
        (ir.Words("<=", 60), "has at most 60 words"),
        (ir.Count((), "x+", ">", 2), "has words of the pattern “x+” more than 2 times"),
        (ir.Dose(("opium",), ">", ir.Quantity(Fraction(10), "mg")),
         "names more than 10 mg in one sentence with “opium”"),
        (ir.NoneOf(ir.Mentions(("a",))), "does not do this: mentions “a”"),
        (ir.AllOf((ir.Words("<", 9), ir.AnyOf((ir.Matches("x"), ir.Mentions(("a",)))))),
         "has fewer than 9 words and (has words of the pattern “x” or mentions “a”)"),
        (ir.Mentions(tuple(map(str, range(20)))),
         "mentions " + ", ".join(f"“{n}”" for n in range(12)) + " or 8 others"),
    ],
)  # fmt: skip
def test_checks_in_words(check, words):
    assert check_words(check) == words


def test_every_shape_has_a_sentence():
    said = {reward_words(ir.Reward(shape)) for shape in ir.SHAPES}
    assert len(said) == len(ir.SHAPES)
    assert "less than every other" in reward_words(ir.Reward("gated", {"count": Fraction(1)}))


def test_shares_are_of_all_weights():
    assert share(Fraction(1, 3), Fraction(1)) == "33.3 %"
    assert share(Fraction(5), Fraction(5)) == "100.0 %"


def test_the_page_of_a_rubric():
    file = sample()
    made = page(file, file.rubric)
    assert [severity for severity, _ in made.vetoes] == ["critical", "major"]
    assert [e.id for e in made.proficiency] == ["referral", "signs"]
    assert [e.share for e in made.proficiency] == ["94.3 %", "5.7 %"]
    facts = dict(made.vetoes[0][1][0].facts)
    assert facts["Taken from"] == "core.basics, version 1.2.0 (harm)"
    assert made.policies[0].endswith("takes the whole answer out: it gets no reward.")


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_pages(form, golden):
    file = sample()
    made = page_text(file, file.rubric, form)
    assert made == page_text(sample(), sample().rubric, form)
    golden(f"doc/sample.{'html' if form == 'html' else 'md'}", made)


class Tags(HTMLParser):
    """Every tag that a reader of HTML sees, and the text between them."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


EVIL = '<script>alert(1)</script> "><img src=x onerror=y> {{ 7*7 }} {% raw %} '
EVIL += "\\u202e\\u0000 &amp; `x` "
EVIL += "[a](javascript:alert) | # **b** https://evil.example www.evil.example a@evil.example"
HOSTILE = """\
## {evil}
rubric a version "1.0.0"
title "{text}"
tag "{text}"
source s {{ title "{text}" url "javascript:alert(1)" note "{text}" }}
valueset v {{ "{text}" code "{text}" "{text}" }}
input {{
  ## {evil}
  drugs : list of text
}}
prompt "{text}" {{ drugs: ("{text}") }}
safety {{
  ## {evil}
  veto harm critical when drugs contains ("{text}")
    forbids "{text}" cites s note "{text}" met "{text}" unmet "{text}"
}}
proficiency {{
  criterion c weight 1 requires "{text}" level 0 "{text}" example "{text}" level 1 "1. {text}"
}}
test "{text}" {{ response r "{text}" response q {{ otherwise: good }} expect q safe }}
""".format(evil=EVIL.replace("\\u202e\\u0000", ""), text=EVIL.replace('"', '\\"'))


def test_nothing_in_a_rubric_becomes_html():
    file = checked(HOSTILE)
    made = page_text(file, file.rubric, "html", {"a": file.rubric})
    parser = Tags()
    parser.feed(made)
    assert parser.open == []
    names = {tag for tag, _ in parser.tags}
    assert names.isdisjoint({"script", "img", "a", "iframe", "object", "link", "svg"})
    given = {name for _, attrs in parser.tags for name, _ in attrs}
    assert given <= {"lang", "charset", "name", "content", "http-equiv", "class", "scope", "role"}
    assert "49" not in re.sub(r"<style>.*?</style>", "", made, flags=re.DOTALL).replace(
        page(file, file.rubric).hash, ""
    )
    assert "\u202e" not in made
    assert "\0" not in made
    shown = "".join(parser.texts)
    assert "<script>alert(1)</script>" in shown
    assert "{{ 7*7 }} {% raw %}" in shown


def test_nothing_in_a_rubric_becomes_markdown():
    file = checked(HOSTILE)
    made = page_text(file, file.rubric, "markdown", {"a": file.rubric})
    without = re.sub(r"\\.", "", made)
    assert "<script" not in without
    assert "](" not in without
    assert "https:" not in without
    assert "**b**" not in without
    assert "www." not in without
    assert html.unescape(without) == without
    assert "\u202e" not in made
    rows = [line for line in without.splitlines() if line.startswith("| 1 ")]
    assert {line.count("|") for line in rows} == {4}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain text, 0.1 mg", "plain text, 0.1 mg"),
        ("a\nb", "a b"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("0.1.0", "0.1.0"),
        ("# a", "\\# a"),
        ("a|b", "a\\|b"),
        ("<b>", "\\<b\\>"),
        ("https://a", "https\\://a"),
    ],
)
def test_markdown_of_a_text(text, escaped):
    assert markdown(text) == escaped


# What changed

BEFORE = """\
rubric a version "1.0.0"
title "A"
purpose evaluation
input { age : quantity(years) optional }
safety { veto harm critical forbids "Does harm." }
proficiency {
  criterion one weight 1 requires "One."
  criterion two weight 2 requires "Two."
}
"""


def differences(old, new):
    found = changes(checked(old).rubric, checked(new).rubric)
    return found.same_meaning, [(c.kind, c.what, c.details) for c in found.changes]


def test_what_changed():
    same, found = differences(BEFORE, BEFORE.replace("weight 2", "weight 2.5"))
    assert not same
    assert found == [("weight", "two", ("2 → 2.5",))]
    _, found = differences(BEFORE, BEFORE.replace("evaluation", "evaluation reward gated a0 2"))
    assert found == [("reward", "the rubric", ("gated → gated a0 2",))]


def test_what_came_and_went():
    text = BEFORE.replace('criterion one weight 1 requires "One."', "")
    details = ("criterion weight 1 requires: One.",)
    assert differences(BEFORE, text)[1] == [("removed", "one", details)]
    assert differences(text, BEFORE)[1] == [("added", "one", details)]


def test_layout_and_comments_are_no_change():
    assert differences(BEFORE, BEFORE.replace("\n", "\n\n# x\n")) == (True, [])


# The command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.rubric").write_text(BEFORE)
    return tmp_path


def test_one_rubric_goes_to_standard_output(folder, capsys):
    assert main(["doc", "a.rubric"]) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>\n")


def test_several_go_to_a_folder(folder, capsys):
    (folder / "b.rubric").write_text(BEFORE.replace("rubric a", "rubric b"))
    assert main(["doc", "."]) == 2
    assert main(["doc", ".", "--out", "made", "--format", "markdown"]) == 0
    assert sorted(p.name for p in (folder / "made").iterdir()) == ["a.md", "b.md", "index.md"]
    assert "[A](b.md)" in (folder / "made" / "index.md").read_text("utf-8")


def test_since_an_older_version(folder, capsys):
    (folder / "old").mkdir()
    (folder / "old" / "before.rubric").write_text(
        BEFORE.replace("weight 2", "weight 3").replace("rubric a", "rubric before")
    )
    assert main(["doc", "a.rubric", "--since", "old/before.rubric", "--format", "markdown"]) == 0
    told = capsys.readouterr().out
    assert "Compared with version 1.0.0. The meaning is another." in told
    assert "- two: weight\n  - 3 → 2\n" in told
    assert "- the rubric: name\n  - before → a\n" in told


def test_a_rubric_that_is_new(folder, capsys):
    (folder / "old").mkdir()
    for name in ("b", "c"):
        (folder / "old" / f"{name}.rubric").write_text(BEFORE.replace("rubric a", f"rubric {name}"))
    assert main(["doc", "a.rubric", "--since", "old"]) == 0
    assert "this rubric is new" in capsys.readouterr().out


@pytest.mark.parametrize("args", [["b.rubric"], ["a.rubric", "--since", "b.rubric"], ["none"]])
def test_rubrics_with_errors_have_no_page(folder, capsys, args):
    (folder / "b.rubric").write_text("rubric b")
    assert main(["doc", *args]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "error[" in told.err


def test_a_name_that_is_taken(folder, capsys):
    (folder / "a.rubric").write_text(BEFORE.replace("rubric a", "rubric Index"))
    assert main(["doc", "a.rubric", "--out", "made"]) == 1
    assert "would be one file" in capsys.readouterr().err
