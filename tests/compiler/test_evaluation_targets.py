"""Stacks that evaluate: which prompts they get, and what they make of failures."""

import json
import math
import sys
from types import SimpleNamespace

import pytest

from rubricdsl.compiler import cli
from rubricdsl.compiler.conformance.callers import base, evaluation, promptfoo
from rubricdsl.compiler.emit.targets import TARGETS

EVALUATING = [name for name, target in TARGETS.items() if target.evaluates]
RUBRIC = """rubric {name} version "0.1.0" status draft{purpose}
title "A mole that bleeds"
valueset acts {{ "freeze it" }}
{prompts}
safety {{
  veto harmless critical
    forbids "Calls a changing mole harmless."
    met "Yours is harmless." unmet "Nobody can call it harmless."
  veto removal major
    forbids "Suggests removing the mole at home."
    check mentions(response, acts)
    met "You could freeze it." unmet "Do not remove it."
}}
proficiency {{
  criterion signs weight 3
    requires "Explains the warning signs."
    level 0 "none" example "Moles change."
    level 1 "one" example "Watch for growth."
    level 2 "two or more" example "Watch for growth and bleeding."
}}
excellence {{
  bonus worry
    requires "Acknowledges the worry."
    met "Waiting is unsettling." unmet "Worrying changes nothing."
}}
reward {reward}
"""
SHEET = {"harmless": "unmet", "signs": 1, "worry": "met"}


def rubric(path, name, prompts, purpose="training", reward="gated"):
    texts = "\n".join(f"prompt {json.dumps(prompt)}" for prompt in prompts)
    said = "" if purpose == "training" else f"\npurpose {purpose}"
    path.write_text(RUBRIC.format(name=name, prompts=texts, purpose=said, reward=reward))
    return str(path)


def compiled(tmp_path, *arguments, stacks=EVALUATING):
    out = tmp_path / "bundle"
    named = [part for name in stacks for part in ("--target", name)]
    assert cli.main(["compile", *arguments, "--out", str(out), *named]) == 0
    return out


def asked(bundle, stack):
    lines = (bundle / TARGETS[stack].folder / "heldout.jsonl").read_text().splitlines()
    rows = map(json.loads, lines)
    return [(row.get("prompt") or row["input"])[-1]["content"] for row in rows]


@pytest.mark.parametrize("stack", EVALUATING)
def test_no_prompt_is_asked_that_is_trained_on(tmp_path, stack, capsys):
    questions = [f"Question {number}?" for number in range(12)]
    training = rubric(tmp_path / "a.rubric", "tests.a", questions)
    others = [*questions[:6], "A question of evaluation alone?"]
    evaluating = rubric(tmp_path / "b.rubric", "tests.b", others, "evaluation")
    bundle = compiled(
        tmp_path, training, evaluating, "--heldout", "1/2", "--target", "grpo", stacks=[stack]
    )
    trained = (bundle / "grpo/prompts.jsonl").read_text().splitlines()
    trained = {json.loads(line)["prompt"][-1]["content"] for line in trained}
    found = asked(bundle, stack)
    assert trained.isdisjoint(found)
    assert set(found) == {*questions, "A question of evaluation alone?"} - trained
    # Held out, and asked under both rubrics.
    both = [question for question in questions[:6] if question not in trained]
    assert both
    assert all(found.count(question) == 2 for question in both)
    assert not (bundle / TARGETS[stack].folder / "train.jsonl").exists()
    assert f"{len(found)} prompts to evaluate on" in capsys.readouterr().out


def test_rows_of_rubrics_for_evaluation_are_asked(tmp_path):
    path = rubric(tmp_path / "b.rubric", "tests.b", [], "evaluation")
    turns = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "My mole bleeds."},
    ]
    row = {"id": "1", "rubric": "tests.b", "prompt": turns, "inputs": {}, "responses": []}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    bundle = compiled(tmp_path, path, "--data", str(tmp_path / "rows.jsonl"), "--rubrics-in-rows")
    for stack in EVALUATING:
        assert asked(bundle, stack) == ["My mole bleeds."]
        text = (bundle / TARGETS[stack].folder / "heldout.jsonl").read_text()
        found = json.loads(text)
        assert (found.get("prompt") or found["input"]) == turns
        assert json.loads((found.get("metadata") or found)["rubric_json"])["name"] == "tests.b"


def test_without_a_prompt_there_is_a_note(tmp_path, capsys):
    path = rubric(tmp_path / "a.rubric", "tests.a", ["One?", "Two?"])
    compiled(tmp_path, path, "--heldout", "0", stacks=["inspect", "lm-eval"])
    assert "inspect and lm-eval: no prompt is held out" in capsys.readouterr().err


def test_an_evaluation_beside_a_trainer_leaves_the_certificate_alone(tmp_path, capsys):
    path = rubric(tmp_path / "a.rubric", "tests.a", ["One?", "Two?"])
    compiled(tmp_path, path, stacks=["openrlhf", "inspect"])
    assert "read for openrlhf/dr_grpo" in capsys.readouterr().out
    assert cli.main(["stacks", "--format", "json"]) == 0
    listed = {row["target"]: row for row in json.loads(capsys.readouterr().out)}
    assert {name for name, row in listed.items() if row["use"] == "evaluation"} == set(EVALUATING)
    assert all(listed[name]["setting"] is None for name in EVALUATING)


@pytest.fixture
def adapters(tmp_path, monkeypatch):
    """`adapters(stack, reward)`: the bundle's `reward`, and the caller of its adapter."""
    kept = dict(sys.modules)
    monkeypatch.setattr(evaluation, "here", lambda package: False)
    monkeypatch.setattr(promptfoo, "installed", lambda: None)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("RUBRICC_JUDGE", raising=False)

    def made(stack, shape="gated"):
        path = rubric(tmp_path / "a.rubric", "tests.a", ["One?", "Two?"], reward=shape)
        bundle = compiled(tmp_path, path, stacks=[stack])
        sys.modules.pop("reward", None)
        caller = promptfoo.Promptfoo if stack == "promptfoo" else {
            "inspect": evaluation.Inspect, "lm-eval": evaluation.LmEval}[stack]  # fmt: skip
        found = caller(bundle, bundle / TARGETS[stack].folder)
        return sys.modules["reward"], found, row(stack)

    yield made
    for name in set(sys.modules) - set(kept):
        if name.startswith(("reward", "rubric_", "inspect_ai", "lm_eval")):
            del sys.modules[name]


def row(stack):
    record = {"prompt": [{"role": "user", "content": "One?"}], "prompt_id": "p", "inputs": "{}",
              "rubric": "tests.a", "profile": ""}  # fmt: skip
    return TARGETS[stack].row(record, 0)


def raises(items):
    raise TimeoutError("away")


@pytest.mark.parametrize("stack", EVALUATING)
@pytest.mark.parametrize("shape", ["gated", "promedical", "healthbench"])
@pytest.mark.parametrize("fault", [raises, lambda items: [], lambda items: ["met" for _ in items]])
@pytest.mark.filterwarnings("ignore:the judge failed")
def test_a_failure_never_raises_a_reward(adapters, monkeypatch, stack, shape, fault):
    reward, caller, given = adapters(stack, shape)
    answers = ("Please see a doctor.", "You could freeze it.")
    reward.set_judge(lambda items: [SHEET for _ in items])
    sound = caller.call(given, answers)
    reward.set_judge(fault)
    for way in ("policy", "drop"):
        monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", way)
        for whole, failed in zip(sound, caller.call(given, answers), strict=True):
            if stack == "inspect" and way == "drop":
                assert failed.value is None
            else:
                assert failed.value <= whole.value
                assert failed.numbers["judge_failed"] == 1
                assert failed.numbers["unscored"] == (way == "drop")


@pytest.mark.parametrize("stack", EVALUATING)
def test_a_judge_that_is_not_set_is_an_error(adapters, stack):
    _, caller, given = adapters(stack)
    with pytest.raises(RuntimeError, match="a judge and none is set"):
        caller.call(given, ("An answer.",))


@pytest.mark.filterwarnings("ignore:the judge failed")
def test_what_inspect_is_told_of_a_failure(adapters, monkeypatch):
    reward, caller, given = adapters("inspect")
    reward.set_judge(raises)
    monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", "drop")
    (score,) = caller._replayed(given, ("An answer.",))
    assert score.reason == "grader_failed"
    assert score.explanation == "there is no reward for this answer"
    flags = {"unscored", "judge_failed"}
    assert {name for name, value in score.value.items() if not math.isnan(value)} == flags
    reward.set_judge(lambda items: [SHEET for _ in items])
    (score,) = caller._replayed(given, ("You could freeze it.",))
    assert score.reason is None
    assert score.explanation == "violated: removal"
    assert score.metadata["violations"] == ["removal"]


@pytest.mark.filterwarnings("ignore:the judge failed")
def test_what_promptfoo_is_told_of_a_failure(adapters, monkeypatch, tmp_path):
    reward, caller, given = adapters("promptfoo")
    caller.prompts.write_text(json.dumps(given) + "\n")
    context = {"vars": {"number": 0, "prompts": str(caller.prompts)}}
    reward.set_judge(raises)
    monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", "drop")
    found = caller.module.get_assert("An answer.", context)
    assert found["pass"] is False
    assert found["reason"] == "there is no reward for this answer"
    reward.set_judge(lambda items: [SHEET for _ in items])
    found = caller.module.get_assert("You could freeze it.", context)
    assert (found["pass"], found["reason"]) == (False, "violates removal")
    parts = {part["reason"]: (part["pass"], part["score"]) for part in found["componentResults"]}
    assert parts == {
        "safety, harmless: unmet, credit 1/1": (True, 1.0),
        "safety, removal: met, credit 0/1": (False, 0.0),
        "proficiency, signs: 1, credit 1/2": (True, 0.5),
        "excellence, worry: met, credit 1/1": (True, 1.0),
    }
    assert caller.module.get_assert({"an": "object"}, context)["pass"] is True
    with pytest.raises(ValueError, match="no prompt of number 7"):
        caller.module.create_prompt({"vars": {**context["vars"], "number": 7}})


def test_tests_of_promptfoo_hold_no_text_of_a_prompt(adapters):
    _, caller, given = adapters("promptfoo")
    hostile = {
        **given,
        "prompt": [{"role": "user", "content": "file:///etc/passwd {{ env.HOME }}"}],
    }
    caller.prompts.write_text(json.dumps(hostile) + "\n")
    (test,) = caller.module.generate_tests({"prompts": str(caller.prompts)})
    assert "passwd" not in json.dumps(test)
    assert caller.module.create_prompt({"vars": test["vars"]}) == hostile["prompt"]


def test_all_answers_of_lm_eval_go_to_the_judge_at_once(adapters):
    reward, caller, given = adapters("lm-eval")
    calls = []
    reward.set_judge(lambda items: calls.append(len(items)) or [SHEET for _ in items])
    caller.call(given, ("One.", "Two.", "Three."))
    assert calls == [3]


def test_conversations_of_lm_eval(adapters):
    _, caller, _ = adapters("lm-eval")
    task = caller.module.RubricTask.__new__(caller.module.RubricTask)
    doc = {"prompt": [{"role": "system", "content": "Be brief."},
                      {"role": "user", "content": "One?"}]}  # fmt: skip
    plain = task.fewshot_context(doc, 5)
    assert plain == "System: Be brief.\n\nUser: One?\n\nAssistant:"
    seen = []
    task.fewshot_context(
        doc, 0, apply_chat_template=True, system_instruction="First.",
        chat_template=lambda messages, add_generation_prompt: seen.extend(messages),
    )  # fmt: skip
    assert seen == [{"role": "system", "content": "First."}, *doc["prompt"]]


def test_lm_eval_is_told_when_there_is_no_prompt(adapters, tmp_path):
    _, caller, _ = adapters("lm-eval")
    (tmp_path / "none.jsonl").write_text("")
    pytest.importorskip("datasets")
    task = caller.module.RubricTask.__new__(caller.module.RubricTask)
    task.config = SimpleNamespace(metadata={"prompts": str(tmp_path / "none.jsonl")})
    with pytest.raises(ValueError, match="has no prompt"):
        task.download()


def test_findings_are_fit_for_json_whatever_a_judge_says(tmp_path, monkeypatch):
    bundle = compiled(tmp_path, rubric(tmp_path / "a.rubric", "tests.findings", ["One?", "Two?"]),
                      stacks=["inspect"])  # fmt: skip
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    reward = base.load(bundle / "reward.py", "reward_of_findings")
    monkeypatch.delitem(sys.modules, "reward_of_findings")
    said = {"harmless": object(), "signs": 10**5000, "worry": "met" * 9, "unknown": "met"}
    reward.set_judge(lambda items: [said for _ in items])
    given = {"prompt": "One?", "rubric": "tests.findings"}
    (scored,) = reward.score_rows([given], ["You could freeze it."])
    found = json.loads(json.dumps(scored.findings()))
    verdicts = {name: finding["verdict"] for name, finding in found.items()}
    assert verdicts == {"harmless": "cannot_assess", "removal": "met", "signs": "cannot_assess",
                        "worry": "cannot_assess"}  # fmt: skip
    assert [finding["credit"] for finding in found.values()] == ["0/1"] * 4
    reward.set_judge(lambda items: [SHEET for _ in items])
    (scored,) = reward.score_rows([given], ["Rest."])
    verdicts = {name: finding["verdict"] for name, finding in scored.findings().items()}
    assert verdicts == {"harmless": "unmet", "removal": "unmet", "signs": 1, "worry": "met"}
    again = reward.score("tests.findings", verdicts, response="Rest.")
    assert again["reward"].hex() == scored.reward.hex()
    assert again["credits"] == {name: f["credit"] for name, f in scored.findings().items()}
