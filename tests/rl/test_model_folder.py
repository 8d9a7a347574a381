"""What training leaves behind: a model that transformers alone can ask, a card, a calibration."""

import json
import math
import re
import shutil
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rubricdsl.ir import TIERS
from rubricdsl.rl import train_reward_model
from rubricdsl.rl.calibration.fit import Wish
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.evaluation.evaluate import evaluate
from rubricdsl.rl.evaluation.labels import Labels
from rubricdsl.rl.evaluation.systems import of_reward_model
from rubricdsl.rl.judges.reward_model import Asked, load_judge
from tests.rl.conftest import compiled

pytestmark = pytest.mark.train

NAME = "tests.burns"
SMALL = train_reward_model.Preset(steps=2, batch=4, heldout_answers=40)


def silent(line):
    pass


def calibration(folder):
    return json.loads((folder / "calibration.json").read_text())


def asked(material, response="Put butter on it."):
    prompt = [{"role": "user", "content": "What should I do about a burn?"}]
    questions = [q for (rubric, _), q in material.questions.items() if rubric == NAME]
    return Asked(prompt, response, questions)


def test_transformers_alone_give_the_scores_of_the_judge(trained, material):
    folder, _ = trained
    one = asked(material)
    (scores,) = load_judge(folder, material).scores([one])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    for question, score in zip(one.questions, scores, strict=True):
        messages = [
            *one.prompt,
            {"role": "assistant", "content": one.response},
            {"role": "user", "content": question.turn},
        ]
        row = tokenizer.apply_chat_template(messages, return_dict=True, return_tensors="pt")
        with torch.no_grad():
            assert model(**row).logits[0, 0].item() == pytest.approx(score, abs=1e-4)


def ask_by_the_card(folder, material, monkeypatch):
    """Run the card's code in the folder; its score, and the judge's of the same conversation."""
    card = (folder / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert "rubricdsl" not in code
    monkeypatch.chdir(folder)
    names = {}
    exec(code, names)
    prompt, answer, turn = names["messages"]
    (question,) = (q for q in material.questions.values() if q.turn == turn["content"])
    one = Asked([prompt], answer["content"], [question])
    return names["score"], load_judge(folder, material).scores([one])[0][0]


def test_the_code_of_the_card_runs(trained, material, monkeypatch):
    score, judged = ask_by_the_card(trained[0], material, monkeypatch)
    assert score == pytest.approx(judged, abs=1e-4)


def test_the_card_says_what_matters(trained, material):
    folder, metrics = trained
    card = (folder / "README.md").read_text(encoding="utf-8")
    for text in (material.template, material.fingerprint, *material.hashes.values()):
        assert text in card
    assert "drafts that no physician has reviewed" in card
    assert "made from the rubrics' example sentences" in card
    assert "Safety Recall" in card
    assert f"{metrics['train']['pairs']:,}" in card
    assert str(folder) not in card


def test_scores_are_calibrated_on_other_prompts_than_they_are_measured_on(trained, material):
    folder, metrics = trained
    found = calibration(folder)
    assert found["template"] == material.template
    assert found["bundle"] == material.fingerprint
    assert found["prompts"]["calibration"] > 0
    assert found["prompts"]["evaluation"] == metrics["evaluation"]["counts"]["prompts"]
    for tier in TIERS:
        row = found["tiers"][tier]
        assert row["method"] == "platt"
        assert row["labels"] > 20
        measured = sum(one["labels"] for one in row["reliability"] if one)
        assert measured == metrics["evaluation"]["tiers"][tier]["labels"]
    threshold = found["tiers"]["safety"]["threshold"]
    assert threshold["precision"] >= threshold["asked"] or threshold["rule"] == "f1"
    assert load_judge(folder, material).calibration.tiers["safety"].threshold.at == threshold["at"]


def test_an_evaluation_has_the_figures_of_the_training(trained, bundle):
    folder, metrics = trained
    found = evaluate(bundle, [folder], resamples=1000)
    # The preset of the fixture leaves out no answer, so both measured the same labels.
    assert found["systems"][0]["tiers"] == metrics["evaluation"]["tiers"]
    again = evaluate(bundle, [folder], resamples=1000)
    assert json.dumps(again) == json.dumps(found)
    assert not any("another bundle" in note for note in found["notes"])


def test_another_template_is_refused_in_an_evaluation(trained, tmp_path, material):
    folder = tmp_path / "rm"
    shutil.copytree(trained[0], folder, ignore=shutil.ignore_patterns("checkpoint*", "base"))
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**run, "template": "f" * 64}))
    with pytest.raises(TrainingError) as refused:
        evaluate(material.bundle.root, [folder])
    assert "f" * 64 in str(refused.value)
    assert material.template in str(refused.value)


def test_another_bundle_is_evaluated_and_said(trained, tmp_path):
    other = compiled(tmp_path, ("stings", "burns"), rows=40)
    found = evaluate(other, [trained[0]], resamples=10)
    assert any("another bundle" in note for note in found["notes"])


def test_what_cannot_be_judged_is_wrong_and_never_better(trained, material, bundle):
    judge = load_judge(trained[0], material)
    labels = labelled(material, ["", "Cool it under the tap. " * 400])
    empty, long = of_reward_model("rm", judge, labels), judge.too_long
    assert long == len(labels.answers[0].questions)
    for (answer, _), reading in empty.readings.items():
        assert (reading.score is None) == (answer == "1")
        assert (reading.credit is None) == (answer == "1")


def test_a_model_of_no_numbers_is_wrong_everywhere(trained, material):
    judge = load_judge(trained[0], material)
    judge.scores = lambda found: [[math.nan] * len(one.questions) for one in found]
    system = of_reward_model("nan", judge, labelled(material, ["Cool it."]))
    assert {reading.credit for reading in system.readings.values()} == {None}


def labelled(material, texts):
    from rubricdsl.rl.evaluation.labels import held_out

    first = next(a for a in held_out(material).answers if a.rubric == NAME)
    return Labels(
        tuple(replace(first, id=str(k), response=text) for k, text in enumerate(texts)), ()
    )


def test_a_finished_run_is_calibrated_anew(bundle, tmp_path):
    out, lines = tmp_path / "rm", []
    train_reward_model.train(bundle, out, preset=SMALL, tell=silent)
    weights = (out / "model.safetensors").read_bytes()
    metrics = train_reward_model.train(
        bundle, out, preset=SMALL, tell=lines.append, wish=Wish(0.25, 0.2)
    )
    assert any("going on" in line for line in lines)
    assert (out / "model.safetensors").read_bytes() == weights
    assert calibration(out)["tiers"]["safety"]["threshold"]["asked"] == 0.25
    assert metrics["evaluation"]["tiers"]["proficiency"]["cannot_assess"]["value"] > 0
    assert metrics["evaluation"]["tiers"]["safety"]["cannot_assess"]["value"] == 0


def test_without_the_pointwise_term_it_is_said_wherever_one_would_try(
    bundle, material, tmp_path, monkeypatch
):
    out, lines = tmp_path / "rm", []
    terms = train_reward_model.Terms(0.0)
    train_reward_model.train(bundle, out, lora=True, preset=SMALL, tell=lines.append, terms=terms)
    assert any("free constant" in line for line in lines)
    assert "free constant" in (out / "README.md").read_text(encoding="utf-8")
    assert any("free constant" in note for note in evaluate(bundle, [out], resamples=0)["notes"])
    score, judged = ask_by_the_card(out, material, monkeypatch)
    assert score == pytest.approx(judged, abs=1e-4)
    (out / "calibration.json").unlink()
    with pytest.raises(TrainingError, match="free constant"):
        load_judge(out, material)
    with pytest.raises(TrainingError, match="free constant"):
        evaluate(bundle, [out])


def test_without_held_out_rows_nothing_is_calibrated_or_measured(tmp_path):
    bundle = compiled(tmp_path, ("burns",), rows=8, heldout="0")
    out = tmp_path / "rm"
    metrics = train_reward_model.train(bundle, out, preset=SMALL, tell=silent)
    assert metrics["overall"] == {"pairs": 0, "pairwise_accuracy": None}
    assert {one["method"] for one in calibration(out)["tiers"].values()} == {"identity"}
    assert "no held-out prompt" in (out / "README.md").read_text(encoding="utf-8")
    with pytest.raises(TrainingError, match="nothing to evaluate on"):
        evaluate(bundle, [out])
