"""docs/cuda.md: its commands are read by the parsers that would read them, its numbers computed."""

import argparse
import importlib
import os
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from rubricdsl.batches import SETTINGS, SIZES, Hardware, planned
from rubricdsl.compiler.cli import COMMANDS, main
from rubricdsl.rl import known_shapes
from rubricdsl.rl.dry_report import plan_of
from rubricdsl.rl.estimates import GB, H100, H200, adapter_parameters, memory, seconds
from rubricdsl.rl.material import open_material
from rubricdsl.rl.policy.figures import NAMES
from rubricdsl.rl.resolved import resolve

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cuda.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
LINES = [
    line.strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line
]
TEXT = " ".join(PAGE.split())
PROMPTS = 10_000


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with `build/bundle`."""
    folder = tmp_path_factory.mktemp("cuda")
    arguments = ["compile", ROOT / "rubrics", "--out", folder / "build" / "bundle"]
    assert main([str(a) for a in [*arguments, "--synthesize", 2]]) == 0
    return folder


def of_rubricc(words):
    """What the command's own parser makes of it."""
    module = importlib.import_module(f"rubricdsl.compiler.commands.{COMMANDS[words[0]][0]}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    found = parser.parse_args(words[1:])
    texts = [text for value in vars(found).values() if isinstance(value, list) for text in value]
    assert not [text for text in texts if str(text).startswith("--")]
    return found


def of_accelerate(words):
    """`accelerate launch … -m rubricdsl.compiler …`, and the command in it."""
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    found = launch_command_parser().parse_args(words)
    assert found.module
    assert found.training_script == "rubricdsl.compiler"
    inner = of_rubricc(found.training_script_args)
    processes = load_config_from_file(found.config_file).num_processes
    assert processes == {"node": 8, "cluster": 16}[inner.size]


def of_trl(words):
    """`trl grpo` with what it hands on to accelerate; `trl vllm-serve` hands on nothing."""
    from accelerate.commands.launch import launch_command_parser
    from trl.cli.accelerate_config import resolve_accelerate_config_argument

    name, *arguments = words
    module = importlib.import_module(f"trl.scripts.{name.replace('-', '_')}")
    *_, rest = module.make_parser().parse_args_and_config(arguments, return_remaining_strings=True)
    if name == "vllm-serve":
        assert not rest
    else:
        launch = resolve_accelerate_config_argument(rest)
        launch_command_parser().parse_args([*launch, "script.py"])


@pytest.mark.parametrize("line", LINES)
def test_a_command_is_read(line, work, monkeypatch):
    monkeypatch.chdir(work)
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    program, *words = shlex.split(line)
    if program == "rubricc":
        of_rubricc(words)
    elif program == "accelerate":
        assert words.pop(0) == "launch"
        of_accelerate(words)
    elif program == "trl":
        monkeypatch.chdir(work / "build" / "bundle")
        of_trl(words)
    else:
        assert program in ("pip", "cd", "export")


def test_every_setting_of_the_page_is_one_of_trl(work):
    from trl import GRPOConfig

    names = re.findall(r"--set ([a-z_]+)=", PAGE)
    assert len(names) > 5
    assert set(names) <= set(GRPOConfig.__dataclass_fields__)


def plans(work):
    material = open_material(work / "build" / "bundle")
    policy = known_shapes.policy_shape(known_shapes.qwen3("8B"))
    for judge in ("8B", "1.7B"):
        shape = known_shapes.judge_shape(known_shapes.qwen3(judge))
        for size in SIZES:
            resolved = resolve(material, size, {}, ())
            for gpu in (H100, H200):
                yield [size, f"Qwen3-{judge}", gpu.name], plan_of(resolved, policy, shape), gpu


def lines(rows):
    return [f"| {' | '.join(row)} |" for row in rows]


def written(name):
    found = PAGE.partition(f"<!-- estimates: {name} -->\n")[2].partition("\n<!-- end -->")[0]
    return found.splitlines()[2:]


def test_the_estimates_of_memory(work):
    rows = [
        [*head, *(f"{sum(parts.values()) / GB:.0f}" for parts in memory(plan, gpu).values())]
        for head, plan, gpu in plans(work)
    ]
    assert written("memory") == lines(rows)


def test_the_estimates_of_time(work):
    rows = []
    for head, plan, gpu in plans(work):
        parts = seconds(plan, gpu)
        total = sum(parts.values())
        hours = PROMPTS / plan.batches.prompts * total / 3600
        shown = [f"{parts[name]:.1f} s" for name in ("sampling", "reward", "update")]
        share = parts["reward"] / total
        rows.append([*head, *shown, f"{total:.0f} s", f"{share:.0%}", f"{hours:.1f} h"])
    assert written("time") == lines(rows)


def test_the_numbers_in_the_text(work):
    _, plan, _ = next(plans(work))
    policy, judge = plan.policy, plan.judge
    assert f"A is {adapter_parameters(plan) / 1e6:.0f} million" in TEXT
    assert f"takes {policy.kv_bytes / 1e3:.0f} kB" in TEXT
    assert f"{64 * (300 + 1024) * policy.kv_bytes / GB:.1f} GB at most" in TEXT
    small = known_shapes.policy_shape(known_shapes.qwen3("1.7B"))
    for shape, name in ((small, "1.7"), (judge, "7.6")):
        minutes = 6 * shape.parameters * 2 * 10_000 * 1_400 / (0.4 * H100.flops) / 60
        assert f"{minutes:.0f} minutes for {name} billion" in TEXT
    assert plan.batches == planned("gpu", 8, Hardware())
    assert f"{plan.batches.step} answers a step to {plan.batches.prompts} prompts" in TEXT
    spare = H100.memory - sum(memory(plan, H100)["sampling"].values())
    assert f"has {spare / GB:.0f} GB to spare" in TEXT


def test_the_figures_are_ones_that_are_logged():
    named = set(re.findall(r"`((?:rubric|order)/[\w./]+)`", PAGE))
    assert len(named) > 8
    assert named <= {*NAMES}


def test_the_files_are_those_of_a_bundle(work):
    named = set(re.findall(r"`((?:grpo/)?\w+\.yaml)`", PAGE))
    assert SETTINGS["gpu"] in named
    for name in named:
        assert (work / "build" / "bundle" / "grpo" / Path(name).name).is_file()
