"""The emitted `reward.py`: the numbers of the library, with nothing but the standard library."""

import ast
import dataclasses
import importlib.util
import json
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.compiler.emit.reward_module import emit_reward
from rubricdsl.runtime.evaluate import evaluate

from ..strategies import cases


def load(text, folder, name="reward"):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rubric(name, **more):
    origin = ir.Origin(name, "1", "c")
    criteria = (
        ir.Criterion("bad", "safety", "forbids", "t", origin, severity="critical"),
        ir.Criterion("gist", "proficiency", "requires", "t", origin, weight=Fraction(1, 3)),
        ir.Criterion("freeze", "safety", "forbids", "t", origin, severity="major",
                     check=ir.Matches("freeze.{1,3}it")),
    )  # fmt: skip
    return ir.Rubric(name, "1", "draft", "training", "T", criteria, **more)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """An emitted module whose registry the property below fills; emitting takes the time."""
    return load(emit_reward([(rubric("seed"), "h")]), tmp_path_factory.mktemp("emitted"))


@settings(max_examples=100)
@given(cases())
def test_the_emitted_module_is_the_library_to_the_last_bit(library, case):
    rubric, sheet, row, response, profile = case
    form = compact(rubric, "hash")
    library.register({rubric.name: json.dumps(form)})
    found = library.score(rubric.name, sheet, row, response, profile)
    assert found == evaluate(form, sheet, row, response, profile)
    assert library.reward_for(rubric.name, sheet, row, response, profile) == found["reward"]


def test_embedded_rubrics_are_the_compact_form(tmp_path):
    one = rubric("a.one", reward=ir.Reward("promedical", {"alpha": Fraction(1, 300)}))
    two = rubric("quote's\\\"", profiles=(ir.Profile("p", {"gist": Fraction(1, 7)}),))
    module = load(emit_reward([(two, "h2"), (one, "h1")]), tmp_path)
    assert module.rubric_names() == sorted([one.name, two.name])
    assert module.compact_rubric("a.one") == compact(one, "h1")
    assert module.compact_rubric(two.name) == compact(two, "h2")


def test_bytes_do_not_depend_on_the_order_of_rubrics():
    pair = [(rubric("a"), "1"), (rubric("b"), "2")]
    assert emit_reward(pair) == emit_reward(pair[::-1])


def module_of(node):
    name = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
    return name.split(".")[0]


def test_it_reads_as_one_file():
    tree = ast.parse(emit_reward([(rubric("a"), "1")]))
    imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert not any(isinstance(n, ast.ImportFrom) and n.level for n in imports)
    top = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert {module_of(n) for n in top} <= sys.stdlib_module_names
    # Inside functions: numpy only for arrays that the caller has made with it, and what an `async`
    # judge needs, because it takes longer to import than all the rest.
    late = {"importlib", "numpy", "asyncio", "concurrent", "inspect"}
    assert {module_of(n) for n in imports} - {module_of(n) for n in top} == late
    lines = [n.lineno for n in top]
    assert lines == list(range(lines[0], lines[0] + len(lines)))
    defined = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))] + [
        t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets
    ]
    assert len(defined) == len(set(defined))
    assert "set_judge" in ast.get_docstring(tree)


def test_it_runs_alone_without_site_packages(tmp_path):
    (tmp_path / "reward.py").write_text(emit_reward([(rubric("a"), "1")]), encoding="utf-8")
    program = """
import sys
sys.path.insert(0, sys.argv[1])
import reward
reward.set_judge(lambda items: [{"bad": "unmet", "gist": "met"} for _ in items])
print(reward.reward(prompts=["q"] * 2, completions=["rest", "Freeze  IT"], completion_ids=None))
print(reward.score("a", {"bad": "unmet", "gist": "met", "freeze": "unmet"})["reward"])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["[2.0, 0.0]", "2.0"], done.stderr


def test_many_rubrics_are_parsed_one_by_one(tmp_path):
    many = [(dataclasses.replace(rubric("r"), name=f"r{i:03d}"), "h") for i in range(300)]
    module = load(emit_reward(many), tmp_path)
    assert module._parsed == {}
    module.score("r007", {})
    assert list(module._parsed) == ["r007"]
