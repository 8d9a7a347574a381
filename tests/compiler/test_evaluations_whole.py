"""What the logs of whole evaluations are held against, on made-up logs."""

import dataclasses
import json
import math
import sys
from pathlib import Path

import pytest

from rubricdsl.compiler import cli
from rubricdsl.compiler.conformance.callers import base
from rubricdsl.compiler.conformance.end_to_end import evaluating, inspect, lm_eval, promptfoo
from rubricdsl.compiler.conformance.end_to_end.evaluating import Answer, Place
from rubricdsl.source import library_root

TEXTS = ("See a doctor this week.", "It is harmless.", "Cut it off.", "Rest.", "One.", "Two.")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("evaluation")
    (home / "hostile.rubric").write_text(evaluating.HOSTILE, encoding="utf-8")
    rubrics = [str(home / "hostile.rubric"), str(library_root() / "dermatology")]
    arguments = ["compile", *rubrics, "--out", str(home / "bundle"), "--heldout", "4/5"]
    assert cli.main([*arguments, "--target", "lm-eval"]) == 0
    (home / "checksum_judge.py").write_text(evaluating.JUDGE, encoding="utf-8")
    return Place(home / "bundle", home / "model", home)


@pytest.fixture
def scored(place, monkeypatch):
    """`scored(judge)`: an answer to every prompt, as `reward.py` scores it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(evaluating, "FOLDERS", ("dermatology",))
    kept = {name: sys.modules.get(name) for name in ("reward", "checksum_judge")}

    def made(judge):
        reward = base.load(place.bundle / "reward.py", "reward")
        judges = base.load(place.home / "checksum_judge.py", "checksum_judge")
        reward.set_judge(getattr(judges, judge))
        found = []
        for row, text in zip(place.rows(), TEXTS * 9, strict=False):
            (one,) = reward.score_rows([row], [text])
            verdicts = {name: finding["verdict"] for name, finding in one.findings().items()}
            found.append(Answer(row, text, one.value, one.numbers, verdicts))
        return found

    yield made
    for name, module in kept.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


def test_a_log_that_says_what_reward_says(place, scored):
    answers = scored("judge")
    assert len({answer.reward for answer in answers}) > 1
    assert list(evaluating._differences(place, answers)) == []


def other(answer, **changes):
    return dataclasses.replace(answer, **changes)


@pytest.mark.parametrize(("change", "told"), [
    (lambda a: other(a, reward=math.nextafter(a.reward, 9)), "the reward is"),
    (lambda a: other(a, reward=None), "the reward is None"),
    (lambda a: other(a, numbers={**a.numbers, "safe": 0.5}), "the numbers are"),
    (lambda a: other(a, text="Another answer, of another checksum."), "answer 1: "),
    (lambda a: other(a, verdicts=dict.fromkeys(a.verdicts, "cannot_assess")), "`rubricc score`"),
])  # fmt: skip
def test_a_log_that_says_otherwise(place, scored, change, told):
    answers = scored("judge")
    best = max(range(len(answers)), key=lambda at: answers[at].reward)
    answers = [answers[best], *answers[:best], *answers[best + 1 :]]
    wrong = list(evaluating._differences(place, [change(answers[0]), *answers[1:]]))
    assert wrong
    assert any(told in line for line in wrong)
    assert list(evaluating._differences(place, answers[1:]))


@pytest.mark.filterwarnings("ignore:the judge failed")
def test_a_failing_judge_may_give_nothing(place, scored, monkeypatch):
    monkeypatch.setenv("RUBRICC_ON_JUDGE_FAILURE", "drop")
    answers = scored("broken")
    assert list(evaluating._raised(place, answers)) == []
    assert list(evaluating._raised(place, [other(a, reward=None) for a in answers])) == []
    raised = [other(answers[0], reward=0.25), *answers[1:]]
    assert any("the reward is 0.25" in line for line in evaluating._raised(place, raised))
    silent = [other(answers[0], numbers={**answers[0].numbers, "unscored": 0.0}), *answers[1:]]
    assert any("the flags are" in line for line in evaluating._raised(place, silent))


NUMBERS = {"safe": 1.0, "unscored": 0.0, "judge_failed": 0.0}


def test_a_sample_of_inspect_is_read():
    asked = [{"role": "user", "content": "One?"}]
    row = {"id": 1, "input": asked, "metadata": {"rubric": "r", "inputs": "{}"}}
    sample = {
        "id": 1,
        "input": [{"id": "x", "role": "user", "content": "One?"}],
        "output": {"choices": [{"message": {"content": "Yes."}}]},
        "scores": {"rubric_reward": {
            "value": {"reward": 1.5, **NUMBERS},
            "metadata": {"findings": {"c": {"verdict": 2, "credit": "1/1"}}}}},
    }  # fmt: skip
    found = inspect._answer(row, sample)
    assert found == Answer({"prompt": asked, "rubric": "r", "inputs": "{}"}, "Yes.", 1.5, NUMBERS,
                           {"c": 2})  # fmt: skip
    sample["scores"]["rubric_reward"]["value"] = {"reward": None, "unscored": 1.0, "safe": None}
    assert inspect._answer(row, sample).reward is None
    sample["input"][0]["content"] = "Another?"
    with pytest.raises(SystemExit, match="asked something else"):
        inspect._answer(row, sample)


def test_a_sample_of_lm_eval_is_read():
    doc = {"number": 0, "findings": {"c": {"verdict": "met", "credit": "1/1"}}}
    sample = {"doc": doc, "filtered_resps": ["Yes."], "metrics": ["reward", *NUMBERS],
              "reward": 1.5, **NUMBERS}  # fmt: skip
    assert lm_eval._answer(sample) == Answer({"number": 0}, "Yes.", 1.5, NUMBERS, {"c": "met"})


def test_a_result_of_promptfoo_is_read():
    row = {"number": 0, "prompt": [{"role": "user", "content": "One?"}]}
    result = {
        "vars": {"number": 0}, "success": True, "score": 1.5,
        "namedScores": {"reward": 1.5, **NUMBERS},
        "response": {"output": "Yes.", "metadata": {"asked": row["prompt"]}},
        "gradingResult": {"componentResults": [
            {"reason": "violates nothing"},
            {"reason": "safety, c: unmet, credit 1/1"},
            {"reason": "proficiency, d: 2, credit 1/1"}]},
    }  # fmt: skip
    assert promptfoo._answer(row, result) == Answer(
        row, "Yes.", 1.5, NUMBERS, {"c": "unmet", "d": 2}
    )
    with pytest.raises(SystemExit, match="passes False"):
        promptfoo._answer(row, {**result, "success": False})
    lost = {**NUMBERS, "unscored": 1.0, "reward": 0.0}
    found = promptfoo._answer(row, {**result, "success": False, "score": 0, "namedScores": lost})
    assert found.reward is None


@pytest.mark.parametrize("module", [inspect, lm_eval, promptfoo], ids=lambda m: m.__name__)
def test_what_was_recorded_of_a_run(module):
    found = json.loads(Path(module.__file__).with_suffix(".json").read_text(encoding="utf-8"))
    assert found["answers"] == found["lost"] > 20
    assert found["rewards"] > 5
    assert found["wrong"] == 0
