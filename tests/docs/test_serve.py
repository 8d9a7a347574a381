"""docs/serve.md: its requests are answered, its code runs, its tables are those of the code."""

import argparse
import json
import os
import re
from pathlib import Path

import pytest

pytest.importorskip("h11")

from rubricdsl.compiler.cli import main
from rubricdsl.compiler.commands import serve
from rubricdsl.rl.judges.opening import Options, open_judges
from rubricdsl.rl.judges.protocol import SheetJudge
from rubricdsl.rl.material import load_reward, open_material
from rubricdsl.rl.serving.limits import Limits
from rubricdsl.rl.serving.problems import CODES
from rubricdsl.rl.serving.running import read_forms
from rubricdsl.rl.serving.service import PATHS
from tests.serving import running

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "serve.md").read_text("utf-8")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("docs") / "build" / "bundle"
    arguments = ["compile", ROOT / "rubrics", "--out", out, "--synthesize", 4]
    assert main([str(argument) for argument in arguments]) == 0
    return out


@pytest.fixture(scope="module")
def grader(bundle):
    recorded = bundle / "reward_model" / "responses_train.jsonl"
    return open_judges(bundle, [str(recorded)], Options()).grader


@pytest.fixture(scope="module")
def server(bundle, grader):
    with running(read_forms(bundle), grader) as found:
        yield found


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def rows_of(heading):
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]


def test_the_requests_are_answered(server):
    commands = blocks("sh")
    assert len(commands) == 2
    for command in commands:
        path = re.search(r":8300(\S+)", command)[1]
        body = json.loads(re.search(r"-d '(.*)'", command, re.DOTALL)[1])
        status, found, _ = server.ask(path, body)
        assert status == 200
        assert len(found["rewards"][0]) == len(body["groups"][0]["responses"])


def test_the_labels_for_openrlhf_are_understood(server, bundle, monkeypatch):
    monkeypatch.chdir(bundle.parents[1])
    exec(blocks("python")[0], {})
    lines = Path("openrlhf.jsonl").read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        label = json.loads(line)["label"]
        body = {"query": ["promptRest."], "prompts": ["prompt"], "labels": [label]}
        assert server.ask("/v1/openrlhf", body)[0] == 200


def test_the_function_for_trl_gives_the_rewards_of_reward_py(server, bundle, grader, monkeypatch):
    monkeypatch.setitem(os.environ, "RUBRICC_ADDRESS", f"http://127.0.0.1:{server.port}")
    ours = {}
    exec(blocks("python")[1], ours)
    material = open_material(bundle)
    theirs = load_reward(material)
    theirs.set_judge(SheetJudge(grader))
    rows = list(material.rows("reward_model/responses_train.jsonl"))
    prompts = [row["prompt"] for row in rows]
    columns = {key: [row[key] for row in rows] for key in ("rubric", "inputs", "profile")}
    answers = [[{"role": "assistant", "content": row["response"]}] for row in rows]
    found = ours["reward"](prompts, answers, **columns)
    assert found == theirs.reward(prompts, answers, **columns)
    assert len(set(found)) > 2
    theirs.set_judge(None)


def test_the_errors_are_all_of_them():
    told = {row[0].strip("`"): int(row[1]) for row in rows_of("Errors")}
    assert told == {code: status for code, (status, _) in CODES.items()}


def test_the_limits_are_those_of_the_command():
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    defaults = vars(parser.parse_args(["bundle", "--judge", "x"]))
    for option, told, *_ in rows_of("Limits"):
        name = re.match(r"`--([a-z-]+)`", option)[1].replace("-", "_")
        assert float(told.split()[0].replace(",", "")) == defaults[name]
    limits = Limits()
    assert limits.body == defaults["max_body"] * 2**20
    assert (limits.answers, limits.text, limits.requests, limits.waiting, limits.connections) == (
        tuple(
            defaults[f"max_{n}"] for n in ("answers", "text", "requests", "waiting", "connections")
        )
    )
    assert f"{limits.held >> 20} MB are held" in PAGE
    for seconds in (limits.head_seconds, limits.body_seconds, limits.idle_seconds):
        assert f"{seconds:g} s" in PAGE


def test_every_path_is_on_the_page():
    assert all(path in PAGE for path in PATHS)
