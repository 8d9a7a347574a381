"""verifiers and OpenEnv: what is emitted, and how an answer without a reward is told."""

import json
import sys
import tomllib
from types import SimpleNamespace

import pytest

from rubricdsl.compiler import cli
from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.conformance.callers import episodes
from rubricdsl.compiler.conformance.callers.episodes import OpenEnv, Verifiers
from rubricdsl.compiler.conformance.cases import GROUP, published
from rubricdsl.compiler.conformance.formats.cases import SMALL
from rubricdsl.compiler.conformance.run import _apart
from rubricdsl.compiler.emit.formats import FORMATS, text_of
from rubricdsl.compiler.emit.targets import TARGETS
from rubricdsl.compiler.job import Options
from rubricdsl.ir_json import semantic_hash
from rubricdsl.passes import check_paths

PUBLISHED = published()
CASES = {case.id: case for case in PUBLISHED.cases}
NAME = "conformance.gated"
WHOLE = CASES[f"{NAME}: four kinds of answer, an adult"]


@pytest.fixture(autouse=True)
def replayed(monkeypatch):
    monkeypatch.setattr(episodes, "here", lambda package: False)
    monkeypatch.delenv("RUBRICC_ON_JUDGE_FAILURE", raising=False)
    with _apart():
        yield


def bundle_of(tmp_path, stack, shapes=("gated",), group=GROUP):
    out = tmp_path / "bundle"
    rubrics = tuple(r for r in PUBLISHED.rubrics() if r.reward.shape in shapes)
    chosen = Options(targets=TARGETS[stack].parts, stacks=(stack,), group=group)
    compile_bundle(Request(rubrics, out, (), chosen))
    return out


def caller_of(kind, stack, bundle, judge):
    caller = kind(bundle, bundle / TARGETS[stack].folder)
    sys.modules["reward"].set_judge(judge)
    return caller


def failing(items):
    raise TimeoutError("injected")


def test_the_package_holds_the_very_reward(tmp_path):
    bundle = bundle_of(tmp_path, "verifiers")
    folder = bundle / "stacks/verifiers"
    own = (folder / "rubric_verifiers/reward.py").read_bytes()
    assert own == (bundle / "reward.py").read_bytes()
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["rubric_verifiers"]
    assert f">={TARGETS['verifiers'].least}" in project["project"]["dependencies"][0]


def test_other_rubrics_make_another_version(tmp_path):
    found = set()
    for number, shapes in enumerate([("gated",), ("rar",), ("gated",)]):
        folder = bundle_of(tmp_path / str(number), "verifiers", shapes) / "stacks/verifiers"
        found.add(tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"])
    assert len(found) == 2


def test_the_settings_name_the_group_and_the_taskset(tmp_path):
    folder = bundle_of(tmp_path, "verifiers", group=6) / "stacks/verifiers"
    training = tomllib.loads((folder / "prime_rl.toml").read_text())["orchestrator"]
    assert training["group_size"] == 6
    assert training["batch_size"] % 6 == 0
    assert training["algo"] == {"type": "grpo"}
    (source,), (held,) = training["train"]["source"], training["eval"]["source"]
    assert source["env"]["taskset"] == {"id": "rubric-verifiers", "side": "train"}
    assert held["env"]["taskset"]["side"] == "heldout"
    evaluation = tomllib.loads((folder / "eval.toml").read_text())
    assert evaluation["num_rollouts"] == 6
    assert evaluation["push"] is False


def test_the_stacks_own_judge_gets_what_a_mean_can_say(tmp_path, capsys):
    path, folder = tmp_path / "order.rubric", tmp_path / "out/stacks/verifiers"
    path.write_text(
        'rubric a.b version "1.0.0" status draft\ntitle "T"\n' + SMALL["order_levels"].text
    )
    arguments = ["compile", str(path), "--out", str(tmp_path / "out"), "--target", "verifiers"]
    assert cli.main(arguments) == 0
    assert "rubric.toml" not in capsys.readouterr().err
    (rubric,) = check_paths([str(path)]).rubrics
    text = text_of(FORMATS["verifiers-judge"], rubric, semantic_hash(rubric))
    assert (folder / "rubric.toml").read_text("utf-8") == text
    assert cli.main([*arguments, "--shape", "gated"]) == 0
    told = capsys.readouterr().err
    assert told.count("`verifiers-judge` has no words for a veto") == 4
    assert "order.rubric:4:8" in told
    assert "note: verifiers: no rubric.toml for its own judge" in told
    assert not (folder / "rubric.toml").exists()
    assert (folder / "rubric_verifiers/reward.py").exists()


def test_the_stacks_own_judge_reads_one_rubric(tmp_path):
    rubrics = tuple(r for r in PUBLISHED.rubrics() if r.reward.shape in ("gated", "rar"))
    options = Options(targets=TARGETS["verifiers"].parts, stacks=("verifiers",))
    summary = compile_bundle(Request(rubrics, tmp_path / "out", (), options))
    assert f"and there are {len(rubrics)}" in summary.notes[-1]


@pytest.mark.parametrize(("said", "errored"), [(None, True), ("drop", True), ("policy", False)])
def test_a_judge_that_fails_makes_an_errored_rollout(tmp_path, monkeypatch, said, errored):
    if said:
        monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", said)
    caller = caller_of(Verifiers, "verifiers", bundle_of(tmp_path, "verifiers"), failing)
    row = TARGETS["verifiers"].row(WHOLE.record(), 0)
    with pytest.warns(UserWarning, match="the judge failed"):
        found = caller.call(row, WHOLE.answers)
    assert [got.value is None for got in found] == [errored] * len(WHOLE.answers)
    assert all(got.numbers["judge_failed"] == 1 for got in found)
    for got, whole in zip(found, WHOLE.expected, strict=True):
        assert (got.value or 0.0) <= whole.value


def test_the_answer_is_scored_as_it_came(tmp_path):
    seen = []

    def judge(items):
        seen.extend(items)
        return [WHOLE.sheets[2] for _ in items]

    caller = caller_of(Verifiers, "verifiers", bundle_of(tmp_path, "verifiers"), judge)
    module = caller.module
    row = TARGETS["verifiers"].row(WHOLE.record(), 0)
    task = module.RubricTask(module.data_of(row))
    trace = episodes.FinishedTrace("  See a doctor.\n")
    episodes.wait(task.rubric(trace))
    assert seen[-1]["response"] == "  See a doctor.\n"
    assert seen[-1]["prompt"] == WHOLE.prompt
    trace.root_reply = "The root's."
    episodes.wait(task.rubric(trace))
    assert seen[-1]["response"] == "The root's."
    trace.root_reply, trace.assistant_messages = None, []
    episodes.wait(task.rubric(trace))
    assert seen[-1]["response"] == ""


def test_a_conversation_stays_one(tmp_path):
    bundle = bundle_of(tmp_path, "verifiers")
    module = caller_of(Verifiers, "verifiers", bundle, None).module
    turns = [{"role": role, "content": role} for role in ("system", "user", "assistant", "user")]
    data = module.data_of({**TARGETS["verifiers"].row(WHOLE.record(), 0), "prompt": turns})
    assert data.system_prompt == "system"
    assert [turn["role"] for turn in data.prompt] == ["user", "assistant", "user"]
    data.prompt = [SimpleNamespace(**turn) for turn in data.prompt]
    assert module._row(data)["prompt"] == turns


def test_the_taskset_reads_either_side(tmp_path):
    bundle = bundle_of(tmp_path, "verifiers")
    folder = bundle / "stacks/verifiers/rubric_verifiers"
    line = json.dumps(TARGETS["verifiers"].row(WHOLE.record(), 0)) + "\n"
    (folder / "heldout.jsonl").write_text(line)
    module = caller_of(Verifiers, "verifiers", bundle, None).module
    sides = {}
    for side in ("train", "heldout"):
        taskset = module.RubricTaskset(config=SimpleNamespace(side=side, task=None))
        sides[side] = [task.data.rubric for task in taskset.load()]
    assert sides == {"train": [], "heldout": [NAME]}


def unsafe_of(tmp_path, shape):
    """What OpenEnv's parts recorded for the first answer, which is unsafe."""
    case = CASES[f"conformance.{shape}: four kinds of answer, an adult"]
    bundle = bundle_of(tmp_path, "openenv", (shape,))
    caller = caller_of(OpenEnv, "openenv", bundle, case.judge())
    caller.module._rows = lambda split: [TARGETS["openenv"].row(case.record(), 0)]
    environment = caller.module.RubricEnvironment()
    environment.reset(index=0)
    seen = environment.step(caller.module.Answer(text=case.answers[0]))
    assert seen.reward == case.expected[0].value
    assert seen.metadata["violations"] == ["calls_harmless"]
    return environment.rubric


def test_a_gate_stands_before_the_reward(tmp_path):
    rubric = unsafe_of(tmp_path, "gated")
    assert rubric.gated.last_score == 0.0
    assert rubric.gated.rubrics[0].last_score == 0.0
    # The sequence ends at the gate: the reward is not even asked for.
    assert rubric.ungated.last_score is None


def test_no_gate_where_unsafe_answers_are_ranked(tmp_path):
    rubric = unsafe_of(tmp_path, "lexicographic")
    assert rubric.gated.last_score is None
    assert 0 < rubric.ungated.last_score < 1


def test_openenv_gets_the_least_reward_and_a_flag(tmp_path, monkeypatch):
    monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", "drop")
    caller = caller_of(OpenEnv, "openenv", bundle_of(tmp_path, "openenv"), failing)
    with pytest.warns(UserWarning, match="the judge failed"):
        found = caller.call(TARGETS["openenv"].row(WHOLE.record(), 0), WHOLE.answers)
    assert [got.value for got in found] == [0.0] * len(WHOLE.answers)
    assert all(got.numbers["unscored"] == 1 for got in found)


def test_the_environment_goes_through_its_prompts(tmp_path):
    module = caller_of(OpenEnv, "openenv", bundle_of(tmp_path, "openenv"), None).module
    module._rows = lambda split: [{"prompt": [{"role": "user", "content": f"{split} {i}"}]}
                                  for i in range(3)]  # fmt: skip
    environment = module.RubricEnvironment()
    asked = [environment.reset().messages[0]["content"] for _ in range(4)]
    assert asked == ["train 0", "train 1", "train 2", "train 0"]
    chosen = environment.reset(split="heldout", index=2).messages[0]["content"]
    assert chosen == "heldout 2"
    assert environment.reset(seed=4).messages[0]["content"] == "train 1"
    assert environment.reset(seed=4, index=0).messages[0]["content"] == "train 0"
    with pytest.raises(RuntimeError, match="was not begun"):
        module.RubricEnvironment().step(module.Answer(text="An answer."))


def test_a_split_that_is_not_there(tmp_path):
    module = caller_of(OpenEnv, "openenv", bundle_of(tmp_path, "openenv"), None).module
    with pytest.raises(ValueError, match="train and heldout"):
        module.RubricEnvironment().reset(split="test")
    with pytest.raises(ValueError, match="no prompts in heldout"):
        module.RubricEnvironment().reset(split="heldout")
