"""A reward model behind the protocol, in process and from a server: the same verdicts."""

import copy
import json
import math
from dataclasses import asdict

import pytest

pytest.importorskip("torch")

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rubricdsl.rl import tiny
from rubricdsl.rl.calibration.curves import Calibration, Curve, Threshold, TierCurve
from rubricdsl.rl.calibration.file import Prompts, write_calibration
from rubricdsl.rl.calibration.fit import Wish
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.judges.client import Client, Clock, Patience
from rubricdsl.rl.judges.in_process import InProcess
from rubricdsl.rl.judges.protocol import SheetJudge
from rubricdsl.rl.judges.reward_model import RewardModelJudge
from rubricdsl.rl.judges.served import ServedModel, ServedRewardModel, read_served_model
from rubricdsl.rl.runs import REWARD_MODEL, describe, write_json
from tests.judge_server import Reply, serving

NAME = "tests.burns"
CALIBRATION = Calibration(
    {
        "safety": TierCurve(Curve("platt", 2.0, 0.3), Threshold(0.1, "f1", 0.5, 0.4, 1.0)),
        "proficiency": TierCurve(Curve("isotonic", knots=((-1.0, 0.1), (0.0, 0.2), (1.0, 0.9)))),
        "excellence": TierCurve(Curve("platt", 3.0, -0.2)),
    }
)
TEXTS = ["Cool it.", "Put butter on it. " * 9, "", f"x{tiny.END}\n{tiny.START}user\ny"]


@pytest.fixture(scope="module")
def folder(material, tmp_path_factory):
    """A model as `train reward-model` leaves it, as far as a served one is read."""
    folder = tmp_path_factory.mktemp("model")
    tiny.make_reward_model(material, folder)
    run = describe(material, REWARD_MODEL, "tiny", {})
    write_json(folder / "run.json", asdict(run))
    write_json(folder / "metrics.json", {"pointwise_weight": 1, "max_length": 500})
    write_calibration(folder, run, CALIBRATION, Wish(), Prompts(1, 1))
    return folder


@pytest.fixture(scope="module")
def parts(folder):
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)


@pytest.fixture
def in_process(material, parts):
    model, tokenizer = parts
    judge = RewardModelJudge(
        copy.deepcopy(model), tokenizer, material.questions, CALIBRATION, max_length=500
    )
    return InProcess(judge, material.questions)


@pytest.fixture(scope="module")
def vllm(folder):
    """Answers as vLLM's `/classify` does for a model with one output."""
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def answer(asked, server):
        assert asked["path"] == "/classify"
        ids = tokenizer.apply_chat_template(
            asked["messages"],
            add_generation_prompt=asked["add_generation_prompt"],
            return_dict=True,
            return_tensors="pt",
        )
        with torch.no_grad():
            score = model(**ids).logits[0, 0]
        shown = torch.sigmoid(score) if asked["use_activation"] else score
        return scored([shown.item()], ids["input_ids"].shape[1])

    return answer


def scored(probs, tokens=50):
    row = {"index": 0, "label": "LABEL_0", "probs": probs, "num_classes": 1}
    usage = {"prompt_tokens": tokens, "total_tokens": tokens, "completion_tokens": 0}
    return Reply(json.dumps({"object": "list", "data": [row], "usage": usage}).encode())


def served(server, material, folder):
    client = Client(
        server.address, patience=Patience(retries=1), clock=Clock(sleep=lambda seconds: None)
    )
    model = read_served_model(folder, material)
    return ServedRewardModel(client, "rm", model, material.questions)


def item(material, response, criteria=None):
    names = criteria or [c for rubric, c in material.questions if rubric == NAME]
    prompt = [{"role": "user", "content": "What should I do?"}]
    return {"prompt": prompt, "response": response, "rubric": NAME, "criteria": names, "inputs": {}}


def test_a_server_gives_the_verdicts_of_the_model_in_process(material, folder, in_process, vllm):
    items = [item(material, text) for text in TEXTS]
    with serving(vllm) as server:
        found = served(server, material, folder).grade(items)
    for theirs, ours in zip(found, in_process.grade(items), strict=True):
        assert theirs.sheet == ours.sheet
        assert "cannot_assess" not in ours.sheet.values()
        for name, outcome in ours.outcomes.items():
            assert theirs.outcomes[name].score == pytest.approx(outcome.score, abs=1e-4)
    criteria = len(items[0]["criteria"])
    # One row per criterion and answer, and two more to see that the scores are raw.
    assert len(server.asked) == len(items) * criteria + 2
    assert sum(record.usage.requests for record in found) == len(items) * criteria


def test_what_is_too_long_is_told_apart_from_what_is_no_number(material, parts, in_process, folder):
    long = "Cool it. " * 400
    (record,) = in_process.grade([item(material, long)])
    assert {o.failure.kind for o in record.outcomes.values()} == {"too_long"}
    broken = AutoModelForSequenceClassification.from_config(parts[0].config)
    with torch.no_grad():
        broken.score.weight.fill_(math.nan)
    judge = RewardModelJudge(broken, parts[1], material.questions)
    (record,) = InProcess(judge, material.questions).grade([item(material, "Cool it.")])
    assert {o.failure.kind for o in record.outcomes.values()} == {"not_finite"}
    with serving(lambda asked, server: scored([2.0], 501)) as server:
        (record,) = served(server, material, folder).grade([item(material, "x")])
    assert {o.failure.kind for o in record.outcomes.values()} == {"too_long"}


def test_what_a_reward_model_is_not_asked(material, in_process, folder):
    strange = [
        item(material, "x", ["act_burns", "act_of_god"]),
        {**item(material, "x"), "rubric": "tests.floods"},
        {**item(material, "x"), "prompt": []},
        {**item(material, "x"), "response": None},
    ]
    with serving(lambda asked, server: scored([2.0])) as server:
        for judge in (in_process, served(server, material, folder)):
            first, *others = judge.grade(strange)
            assert first.outcomes["act_burns"].failure is None
            assert first.outcomes["act_of_god"].failure.kind == "unknown_criterion"
            kinds = [{o.failure.kind for o in r.outcomes.values()} for r in others]
            assert kinds == [{"unknown_criterion"}, {"bad_item"}, {"bad_item"}]


def test_a_conversation_that_the_template_refuses_costs_no_other(material, parts):
    model, tokenizer = parts
    judge = RewardModelJudge(model, tokenizer, material.questions)
    template = tokenizer.chat_template
    tokenizer.chat_template = (
        "{{ raise_exception('no') if messages[0].content == 'Odd' }}" + template
    )
    odd = {**item(material, "x"), "prompt": [{"role": "user", "content": "Odd"}]}
    try:
        good, bad = InProcess(judge, material.questions).grade([item(material, "x"), odd])
    finally:
        tokenizer.chat_template = template
    assert not any(outcome.failure for outcome in good.outcomes.values())
    assert {outcome.failure.kind for outcome in bad.outcomes.values()} == {"bad_item"}


@pytest.mark.parametrize("raw", [0.0, 0.2, 0.659, 1.0])
def test_a_server_that_says_probabilities_all_the_same_is_refused(material, folder, raw):
    with serving(lambda asked, server: scored([raw])) as server:
        judge = served(server, material, folder)
        with pytest.raises(TrainingError, match="does not say raw scores"):
            judge.grade([item(material, "x")])


def test_scores_that_no_activation_touches_are_raw(material, folder):
    with serving(lambda asked, server: scored([-3.5])) as server:
        (record,) = served(server, material, folder).grade([item(material, "x", ["act_burns"])])
    assert record.outcomes["act_burns"].score == -3.5
    assert record.sheet == {"act_burns": "unmet"}


FAULTS = {
    "500": (Reply(b"", 500), "status"),
    "html": (Reply(b"<html>", 200, {"Content-Type": "text/html"}), "content_type"),
    "two rows": (Reply(b'{"data": [{"probs": [1]}, {"probs": [1]}]}'), "malformed"),
    "two scores": (scored([1.0, 2.0]), "malformed"),
    "no score": (scored([]), "malformed"),
    "a text": (scored(["2"]), "malformed"),
    "true": (scored([True]), "malformed"),
    "NaN": (scored([math.nan]), "not_finite"),
    "infinite": (scored([math.inf]), "not_finite"),
    "nothing": (Reply(b"{}"), "malformed"),
}


@pytest.mark.parametrize("late", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_typed_failure_and_fails_closed(material, folder, reward, vllm, fault, late):
    broken, kind = FAULTS[fault]

    def answer(asked, server):
        first = late and len(server.asked) <= 4
        return vllm(asked, server) if first else broken

    with serving(answer) as server:
        judge = served(server, material, folder)
        judge.client.concurrency = 1
        sheets = SheetJudge(judge)
        reward.set_judge(sheets)
        try:
            found = reward.reward(prompts=["q"] * 2, completions=["a", "b"], rubric=[NAME] * 2)
        finally:
            reward.set_judge(None)
    assert found == [0.0, 0.0]
    assert set(sheets.tally.failures) == {kind}
    asked = sheets.tally.verdicts.total()
    assert sheets.tally.failures[kind] == asked - (2 if late else 0)


def test_the_folder_of_a_served_model(material, folder, tmp_path):
    assert read_served_model(folder, material) == ServedModel(
        CALIBRATION, 500, (tiny.PAD, tiny.START, tiny.END)
    )
    with pytest.raises(TrainingError, match=r"has no run\.json"):
        read_served_model(tmp_path, material)
    for path in folder.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    run = json.loads((folder / "run.json").read_text())
    write_json(tmp_path / "run.json", {**run, "template": "of another bundle"})
    with pytest.raises(TrainingError, match="of another bundle") as refused:
        read_served_model(tmp_path, material)
    assert material.template in str(refused.value)
