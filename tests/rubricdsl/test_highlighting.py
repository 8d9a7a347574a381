"""Highlighting: current with the grammar, whole files without an unknown piece, right classes."""

import json
import re
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String

from rubricdsl import grammars
from rubricdsl.grammars import textmate
from rubricdsl.grammars.highlight import keywords, rules
from rubricdsl.grammars.lexer import RubricLexer
from rubricdsl.source import library_root
from rubricdsl.syntax.tables import tables

FOLDER = Path(next(iter(grammars.__path__)))
LIBRARY = sorted(library_root().rglob("*.rubric"))

SAMPLE = r"""## About moles.
rubric derm.mole version "0.1.0" status draft # why
input { age : quantity(years) optional }
safety {
  veto home_removal major when not (age < 18 years) and dose in (low)
    forbids "Says \"now\" \u20ac \d."
    check mentions(response, acts) or dose(response, acts) > 0.5 mg/kg
}
proficiency { criterion title weight 3/4 requires "x" }
test "t" { response title { title: met  otherwise: good } }
"""


def lexed(text: str) -> list[tuple[object, str]]:
    return [(kind, value) for kind, value in RubricLexer().get_tokens(text) if value.strip()]


def test_the_textmate_grammar_is_current():
    written = (FOLDER / "rubric.tmLanguage.json").read_text("utf-8")
    assert written == textmate.text(), "run: python -m rubricdsl.grammars.generate"
    assert json.loads(written)["scopeName"] == "source.rubric"


def test_every_keyword_has_one_class():
    words = [word for some in keywords().values() for word in some]
    assert sorted(words) == sorted(tables().words)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_has_nothing_unknown(path):
    text = path.read_text("utf-8")
    found = list(RubricLexer().get_tokens(text))
    assert [value for kind, value in found if kind is Error] == []
    assert "".join(value for _, value in found) == text


def test_what_is_no_part_of_the_language_is_unknown():
    assert (Error, "§") in lexed("safety { § }")
    assert (Error, "\\") in lexed(r'title "a\q"')


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("## About moles.", String.Doc),
        ("# why", Comment.Single),
        ("rubric", Keyword),
        ("derm.mole", Name),
        ("draft", Keyword.Constant),
        ("safety", Keyword.Namespace),
        ("veto", Keyword.Declaration),
        ("home_removal", Name.Function),
        ("major", Keyword.Reserved),
        ("forbids", Keyword.Reserved),
        ("not", Operator),
        ("18", Number),
        ("years", Name.Constant),
        ("mg/kg", Name.Constant),
        ("0.5", Number),
        ("3/4", Number),
        ("mentions", Name.Builtin),
        ("\\u20ac", String.Escape),
        ("otherwise", Keyword),
    ],
)
def test_classes(piece, kind):
    assert (kind, piece) in lexed(SAMPLE)


def test_a_name_that_is_also_a_keyword_is_a_name():
    titles = [kind for kind, value in lexed(SAMPLE) if value == "title"]
    assert titles == [Name.Function, Name, Name.Attribute]


def scopes(line: str) -> dict[str, str]:
    """The pieces of a line with their scopes, as an editor would find them."""
    found: dict[str, str] = {}
    patterns = [p for p in textmate.grammar()["patterns"] if "match" in p]
    at = 0
    while at < len(line):
        matches = [(re.compile(p["match"]).search(line, at), p) for p in patterns]
        hits = [(m.start(), n, m, p) for n, (m, p) in enumerate(matches) if m and m[0]]
        if not hits:
            break
        _, _, match, pattern = min(hits, key=lambda hit: hit[:2])
        if "name" in pattern:
            found[match[0]] = pattern["name"]
        for number, capture in pattern.get("captures", {}).items():
            found[match[int(number)]] = capture["name"]
        at = match.end()
    return found


def test_scopes_of_the_textmate_grammar():
    assert scopes("veto home_removal major when age < 18 years and x # why") == {
        "veto": "storage.type.rubric",
        "home_removal": "entity.name.function.rubric",
        "major": "storage.modifier.severity.rubric",
        "when": "keyword.other.rubric",
        "age": "variable.other.rubric",
        "<": "keyword.operator.rubric",
        "18": "constant.numeric.rubric",
        "years": "keyword.other.unit.rubric",
        "and": "keyword.operator.rubric",
        "x": "variable.other.rubric",
        "# why": "comment.line.number-sign.rubric",
    }


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: "-".join(rule.classes))
def test_a_rule_has_a_class_for_each_group(rule):
    groups = re.compile(rule.pattern).groups
    assert len(rule.classes) == (groups or 1)
