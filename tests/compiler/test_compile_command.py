"""`rubricc compile` as a user calls it."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction

import pytest

from rubricdsl import ir
from rubricdsl.bundle import open_bundle
from rubricdsl.compiler.cli import main

RUBRIC = """\
rubric demo.cough version "0.1.0" status draft
title "A cough"
input { age : quantity(years) optional }
prompt "I cough." { age: 40 years }
safety {
  veto offers_antibiotics critical
    forbids "Offers antibiotics without anyone having examined the person."
    met "Take antibiotics." unmet "Antibiotics need an examination."
}
proficiency {
  criterion asks_duration weight 2
    requires "Asks how long it has lasted."
    met "How long have you coughed?" unmet "It does not matter how long it lasts."
}
excellence {
  bonus kind
    requires "Is kind."
    met "That sounds tiring." unmet "Stop complaining."
}
"""


@pytest.fixture
def rubric(tmp_path):
    path = tmp_path / "cough.rubric"
    path.write_text(RUBRIC, encoding="utf-8")
    return path


def test_a_bundle_and_a_summary(rubric, tmp_path, capsys):
    out = tmp_path / "bundle"
    assert main(["compile", str(rubric), "--out", str(out), "--synthesize", "10"]) == 0
    shown = capsys.readouterr()
    assert "from 1 rubric with 3 criteria and 10 rows (10 synthetic) with 40 responses" in shown.out
    assert "preference rows" in shown.out
    bundle = open_bundle(out)
    assert bundle.manifest["options"]["synthesize"] == 10
    assert [r.name for r in bundle.rubric_entries] == ["demo.cough"]


def test_without_rows_it_says_what_to_give(rubric, tmp_path, capsys):
    assert main(["compile", str(rubric), "--out", str(tmp_path / "b")]) == 0
    assert "give --data FILE or --synthesize N" in capsys.readouterr().err


def test_targets_shape_group_and_heldout(rubric, tmp_path):
    out = tmp_path / "b"
    arguments = ["--target", "grpo", "--target", "ir", "--group", "4", "--heldout", "0.5"]
    arguments += ["--shape", "lexicographic", "--synthesize", "8", "--seed", "7"]
    assert main(["compile", str(rubric), "--out", str(out), *arguments]) == 0
    bundle = open_bundle(out)
    assert bundle.manifest["options"] == {
        "targets": ["ir", "grpo"],
        "synthesize": 8,
        "seed": 7,
        "shape": "lexicographic",
        "group": 4,
        "heldout": "1/2",
        "rubrics_in_rows": False,
        "stack": None,
        "hardware": {
            "gpus": 8,
            "machines": 2,
            "batch": None,
            "per_device": 4,
            "tensor_parallel": 1,
        },
    }
    assert "num_generations: 4\n" in bundle.text("grpo/grpo.yaml")
    assert bundle.rubrics()[0].reward.shape == "lexicographic"


def test_the_stack_that_the_certificate_is_read_for(rubric, tmp_path, capsys):
    said = {}
    for stack, group in ((None, "8"), ("trl/group", "8"), ("tinker", "3"), ("openrlhf/rloo", "3")):
        out = tmp_path / f"{stack}".replace("/", "-")
        chosen = ["--stack", stack] if stack else []
        arguments = ["compile", str(rubric), "--out", str(out), "--group", group, *chosen]
        assert main(arguments) == 0
        shown = capsys.readouterr()
        document = json.loads((out / "certificate.json").read_text("utf-8"))
        said[stack] = (document["stack"], document["group"], "grpo.yaml sets" in shown.err)
        line = next(line for line in shown.out.splitlines() if "gated, 1 rubric" in line)
        divided = "P1 P2 P2_strict P3 P5 proved; P4 refuted"
        kept = "P1 P2 P2_strict P3 P4 P5 proved"
        assert line.endswith(": " + (divided if stack == "trl/group" else kept))
        assert f"read for {document['stack']} in groups of {group}" in shown.out
    assert said == {
        None: ("trl/none", 8, False),
        "trl/group": ("trl/group", 8, True),
        "tinker": ("tinker/mean", 3, True),
        "openrlhf/rloo": ("openrlhf/rloo", 3, True),
    }


def test_tiers_are_read_for_their_own_setting(rubric, tmp_path, capsys):
    arguments = ["compile", str(rubric), "--out", str(tmp_path / "b"), "--shape", "tiers"]
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert "read for trl/normalize_then_sum" in shown.out
    assert "tiers, 1 rubric: P3 P5 proved; P1 P2 P2_strict P4 not claimed" in shown.out
    assert "grpo.yaml sets" not in shown.err


@pytest.mark.parametrize(
    ("stack", "told"),
    [("nobody", "no stack `nobody`"), ("verl", "verl/grpo, verl/grpo_no_std, verl/gdpo")],
)
def test_a_stack_must_be_one_setting(rubric, tmp_path, capsys, stack, told):
    with pytest.raises(SystemExit) as caught:
        main(["compile", str(rubric), "--out", str(tmp_path / "b"), "--stack", stack])
    assert caught.value.code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_errors_in_a_rubric_are_shown_and_nothing_is_written(rubric, tmp_path, capsys):
    rubric.write_text(RUBRIC.replace("weight 2", "weight 0"), encoding="utf-8")
    assert main(["compile", str(rubric), "--out", str(tmp_path / "b")]) == 1
    shown = capsys.readouterr().err
    assert "error[" in shown
    assert "cough.rubric:11" in shown
    assert "nothing was written" in shown
    assert sorted(os.listdir(tmp_path)) == ["cough.rubric"]


def test_faults_in_the_data_are_shown_and_nothing_is_written(rubric, tmp_path, capsys):
    data = tmp_path / "rows.jsonl"
    row = {"id": "1", "rubric": "demo.cough", "prompt": "x", "responses": []}
    data.write_text(json.dumps(row) + "\n" + json.dumps({**row, "id": "2", "rubric": "demo"}))
    arguments = ["compile", str(rubric), "--out", str(tmp_path / "b"), "--data", str(data)]
    assert main(arguments) == 1
    shown = capsys.readouterr().err
    assert f"{data}:2: there is no rubric `demo`" in shown
    assert "the data has 1 fault" in shown
    assert not (tmp_path / "b").exists()


def test_a_folder_with_other_things_is_refused(rubric, tmp_path, capsys):
    assert main(["compile", str(rubric), "--out", str(tmp_path)]) == 1
    assert "not a bundle" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["cough.rubric"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--out", "b", "--synthesize", "-1"],
        ["--out", "b", "--synthesize", "many"],
        ["--out", "b", "--heldout", "1"],
        ["--out", "b", "--heldout", "nan"],
        ["--out", "b", "--group", "1"],
        ["--out", "b", "--shape", "best"],
        ["--out", "b", "--target", "everything"],
    ],
)
def test_wrong_use_is_exit_code_2(rubric, arguments):
    with pytest.raises(SystemExit) as caught:
        main(["compile", str(rubric), *arguments])
    assert caught.value.code == 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_leaves_nothing(rubric, tmp_path, how):
    arguments = ["compile", str(rubric), "--out", str(tmp_path / "b"), "--synthesize", "10000"]
    # A shell has its background jobs ignore interrupts, and children inherit that.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from rubricdsl.compiler.cli import main; sys.exit(main({arguments!r}))"
    )
    run = subprocess.Popen([sys.executable, "-P", "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".b.draft-*")):
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.send_signal(how)
    assert run.wait(30) == 130
    assert sorted(os.listdir(tmp_path)) == ["cough.rubric"]


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["compile", "--help"])
    assert caught.value.code == 0
    assert "rubricc compile rubrics/ --out" in capsys.readouterr().out


def test_it_never_imports_torch(rubric, tmp_path):
    code = (
        "import sys; from rubricdsl.compiler.cli import main; "
        f"main(['compile', {str(rubric)!r}, '--out', {str(tmp_path / 'b')!r}]); "
        "assert 'torch' not in sys.modules and 'trl' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True)


def test_a_shape_that_ranks_is_told_the_group_it_is_trained_with(rubric, tmp_path):
    rubric.write_text(RUBRIC + "reward centred group 4\n", encoding="utf-8")
    assert main(["compile", str(rubric), "--out", str(tmp_path / "b"), "--group", "16"]) == 0
    bundle = open_bundle(tmp_path / "b")
    assert bundle.rubrics()[0].reward == ir.Reward("centred", {"group": Fraction(16)})
    assert "num_generations: 16\n" in bundle.text("grpo/grpo.yaml")


def test_tiers_are_trained_with_one_function_each(rubric, tmp_path, capsys):
    out = tmp_path / "b"
    assert main(["compile", str(rubric), "--out", str(out), "--shape", "tiers"]) == 0
    settings = open_bundle(out).text("grpo/grpo.yaml")
    assert "  - reward.reward_safety\n  - reward.reward_proficiency\n" in settings
    assert "multi_objective_aggregation: normalize_then_sum\n" in settings
    assert "scale_rewards:" not in settings
    other = RUBRIC.replace("demo.cough", "demo.other").replace("bonus kind", "bonus kinder")
    (tmp_path / "other.rubric").write_text(other + "reward tiers\n", encoding="utf-8")
    assert main(["compile", str(tmp_path), "--out", str(out)]) == 0
    assert "of tiers the sum of its columns" in capsys.readouterr().err
    assert "  - reward.reward\n" in open_bundle(out).text("grpo/grpo.yaml")


def test_rubrics_in_rows_go_through_one_reward(rubric, tmp_path):
    out = tmp_path / "b"
    arguments = ["compile", str(rubric), "--out", str(out), "--rubrics-in-rows", "--heldout", "0"]
    assert main(arguments) == 0
    row = json.loads(open_bundle(out).text("grpo/prompts.jsonl"))
    program = """
import json, sys
sys.path.insert(0, sys.argv[1])
import reward
row = json.loads(sys.stdin.read())
reward.set_judge(lambda items: [{"offers_antibiotics": "unmet"} for _ in items])
columns = {key: [row[key]] for key in ("rubric", "rubric_json", "inputs", "profile")}
print(reward.rubric_names(), reward.reward([row["prompt"]], ["Rest."], **columns))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(out)],
        input=json.dumps(row), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "[] [1.0]\n", done.stderr


LOST = RUBRIC + "reward promedical penalty 1\n"


def test_a_reward_that_loses_its_order_is_not_written(rubric, tmp_path, capsys):
    rubric.write_text(LOST, encoding="utf-8")
    assert main(["compile", str(rubric), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "error[R0610]" in told
    assert "reward promedical penalty 1" in told
    assert "better { offers_antibiotics: unmet" in told
    assert "worse  { offers_antibiotics: met" in told
    assert "nothing was written" in told
    assert not (tmp_path / "out").exists()
    assert main(["compile", str(rubric), "--out", str(tmp_path / "out"), "--target", "ir"]) == 0


def test_severities_that_a_shape_cannot_tell_apart_are_said(rubric, tmp_path, capsys):
    veto = '  veto shouts moderate\n    forbids "Shouts." met "No!" unmet "No."\n}\nproficiency'
    text = RUBRIC.replace("}\nproficiency", veto, 1) + "reward promedical\n"
    rubric.write_text(text, encoding="utf-8")
    assert main(["compile", str(rubric), "--out", str(tmp_path / "out")]) == 0
    assert "counts violations of all severities alike" in capsys.readouterr().err


def test_a_step_that_has_more_prompts_than_there_are(rubric, tmp_path, capsys):
    arguments = ["compile", str(rubric), "--out", str(tmp_path / "b"), "--heldout", "0"]
    assert main([*arguments, "--batch", "32", "--per-device", "2", "--gpus", "2"]) == 0
    told = capsys.readouterr().out
    assert "a step takes 4 (gpu), 4 (node), 4 (cluster)" in told
    assert main(arguments) == 0
    assert "more than there are for gpu and node and cluster" in capsys.readouterr().out


def test_a_batch_that_does_not_fit_writes_nothing(rubric, tmp_path, capsys):
    arguments = ["compile", str(rubric), "--out", str(tmp_path / "b"), "--batch", "20"]
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert "rubricc compile: nothing was written: group, batch and devices do not fit" in told
    assert "grpo/grpo.yaml: 20 answers are sampled at a time in groups of 8, but " in told
    assert "grpo/grpo_cluster.yaml: " in told
    assert not (tmp_path / "b").exists()
    with pytest.raises(SystemExit) as wrong:
        main([*arguments, "--gpus", "0"])
    assert wrong.value.code == 2
