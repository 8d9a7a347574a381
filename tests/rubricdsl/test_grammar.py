"""The grammar of record, the tables made from it, and the parser that runs on them."""

import subprocess
import sys
from pathlib import Path

from lark import Lark

from rubricdsl import grammars
from rubricdsl.grammars.generate import tables, text
from rubricdsl.syntax.build import Build
from rubricdsl.syntax.tables import tables as loaded

FOLDER = Path(next(iter(grammars.__path__)))
GRAMMAR = (FOLDER / "rubric.lark").read_text("utf-8")


def test_the_tables_belong_to_the_grammar():
    assert (FOLDER / "tables.json").read_text("utf-8") == text(GRAMMAR)


def test_the_tables_do_not_depend_on_the_run():
    code = (
        "from rubricdsl.grammars.generate import *; print(text(open(sys.argv[1]).read()), end='')"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", "import sys; " + code, str(FOLDER / "rubric.lark")],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert made[0] == made[1] == text(GRAMMAR)


def test_every_rule_makes_a_node():
    made = {makes for _, _, makes, _ in tables(GRAMMAR)["rules"]} - {"", "*"}
    assert [name for name in made if not hasattr(Build, name)] == []
    written = {name for name in vars(Build) if not name.startswith("_")}
    assert written - made == set()


def test_every_word_of_the_grammar_is_a_keyword_of_the_tables():
    lark = Lark(GRAMMAR, parser="lalr", keep_all_tokens=True)
    strings = {str(t.pattern.value) for t in lark.terminals if t.pattern.type == "str"}
    words = {word for word in strings if word.replace("_", "").isalpha()}
    assert words <= set(loaded().words)
    assert {"title", "veto", "critical", "requires", "met", "safety"} <= set(loaded().words)
