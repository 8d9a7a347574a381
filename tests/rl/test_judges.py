"""Reading verdicts off a reward model."""

import copy
import math
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rubricdsl.rl import tiny
from rubricdsl.rl.calibration.curves import (
    UNCALIBRATED,
    Calibration,
    Curve,
    Threshold,
    TierCurve,
)
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.judges.reward_model import Asked, RewardModelJudge, load_judge

NAME = "tests.burns"


@pytest.fixture(scope="module")
def parts(material, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tiny.make_reward_model(material, folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    return model, AutoTokenizer.from_pretrained(folder)


def item(material, response, criteria=None):
    names = criteria or [c for rubric, c in material.questions if rubric == NAME]
    prompt = [{"role": "user", "content": "What should I do?"}]
    return {"prompt": prompt, "response": response, "rubric": NAME, "criteria": names, "inputs": {}}


def test_scores_do_not_depend_on_sharing_the_prefix(material, parts):
    model, tokenizer = parts
    apart = copy.deepcopy(model)
    judge = RewardModelJudge(model, tokenizer, material.questions)
    questions = [q for (rubric, _), q in material.questions.items() if rubric == NAME]
    texts = ["Cool it.", "Put butter on it. " * 9, ""]
    prompt = [{"role": "user", "content": "Help"}]
    found = judge.scores([Asked(prompt, text, questions) for text in texts])
    for text, scores in zip(texts, found, strict=True):
        for question, score in zip(questions, scores, strict=True):
            row = [
                *prompt,
                {"role": "assistant", "content": text},
                {"role": "user", "content": question.turn},
            ]
            ids = torch.tensor([tokenizer.apply_chat_template(row, return_dict=False)])
            with torch.no_grad():
                alone = apart(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0, 0]
            assert score == pytest.approx(alone.item(), abs=1e-4)


def test_a_small_budget_changes_nothing(material, parts):
    whole = RewardModelJudge(*parts, material.questions)
    cut = RewardModelJudge(*parts, material.questions, budget=1)
    items = [item(material, text) for text in ("One.", "Two two.", "Three three three.")]
    assert whole(items) == cut(items)


def test_a_score_that_is_no_number_is_no_verdict(material, parts, reward):
    model, tokenizer = parts
    broken = AutoModelForSequenceClassification.from_config(model.config)
    with torch.no_grad():
        broken.score.weight.fill_(math.nan)
    judge = RewardModelJudge(broken, tokenizer, material.questions)
    sheet = judge([item(material, "Cool it.")])[0]
    assert set(sheet.values()) == {"cannot_assess"}
    assert judge.not_finite == len(sheet)
    found = reward.score(NAME, sheet)
    assert found["reward"] == 0.0
    assert len(found["violations"]) == 3


def test_an_answer_too_long_is_not_judged_in_part(material, parts):
    judge = RewardModelJudge(*parts, material.questions, max_length=150)
    short, long = judge([item(material, "Cool it."), item(material, "Cool it. " * 90)])
    assert "cannot_assess" not in short.values()
    assert set(long.values()) == {"cannot_assess"}


def test_a_prompt_too_long_is_not_judged_in_part(material, parts):
    judge = RewardModelJudge(*parts, material.questions, max_length=260)
    long = item(material, "Cool it.")
    long["prompt"] = [{"role": "user", "content": "It began on a day in spring. " * 90 + "Help"}]
    assert set(judge([long])[0].values()) == {"cannot_assess"}
    assert judge.too_long == len(long["criteria"])


def test_levels_are_read_off_the_sigmoid(material, parts):
    judge = RewardModelJudge(*parts, material.questions)
    levels = material.questions[NAME, "signs_burns"]
    assert [judge.verdict(levels, r) for r in (-9.0, -1.2, -1.0, 1.0, 1.2, 9.0)] == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]
    veto = material.questions[NAME, "harms_burns"]
    assert [judge.verdict(veto, r) for r in (-0.1, 0.0, 0.1)] == ["met", "met", "unmet"]
    tiers = dict(UNCALIBRATED.tiers)
    tiers["safety"] = TierCurve(Curve("platt"), Threshold(2.0, "precision", 0.5, 0.5, 1.0))
    moved = RewardModelJudge(*parts, material.questions, Calibration(tiers))
    assert moved.verdict(veto, 1.9) == "met"


@pytest.mark.train
def test_another_template_is_refused_with_both_hashes(material, trained):
    folder, _ = trained
    other = replace(material, template="0" * 64)
    with pytest.raises(TrainingError) as refused:
        load_judge(folder, other)
    assert "0" * 64 in str(refused.value)
    assert material.template in str(refused.value)
