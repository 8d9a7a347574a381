"""TRL's own code calls the reward functions: names, columns, and what becomes of a lost sample."""

import json
from fractions import Fraction
from types import SimpleNamespace

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime import registry, trl
from rubricdsl.runtime.judging import set_judge

grpo_trainer = pytest.importorskip("trl.trainer.grpo_trainer")
torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")

COLUMNS = [trl.reward_safety, trl.reward_proficiency, trl.reward_excellence]
GOOD = {"harm": "unmet", "gist": "met"}


def rewards_in_trl(functions, sheets, **columns):
    """What `GRPOTrainer._calculate_rewards` makes of one group whose responses are the sheets."""
    named = ir.Origin("r", "1", "c")
    criteria = (
        ir.Criterion("harm", "safety", "forbids", "t", named, severity="critical"),
        ir.Criterion("gist", "proficiency", "requires", "t", named, weight=Fraction(1)),
    )
    rubric = ir.Rubric("r", "1", "draft", "training", "T", criteria, policies=ir.Policies("drop"),
                       reward=ir.Reward("centred"))  # fmt: skip
    text = json.dumps(compact(rubric, "h"))
    logged = {}
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device=torch.device("cpu"), is_main_process=True),
        args=SimpleNamespace(report_to=[]),
        state=SimpleNamespace(global_step=0),
        environments=None,
        reward_funcs=functions,
        reward_processing_classes=[None] * len(functions),
        reward_func_names=[f.__name__ for f in functions],
        _log_completion_extra=lambda name, values: None,
        _log_metric=logged.__setitem__,
    )
    rows = [{"prompt": "q", "rubric_json": text, "prompt_id": "x", **columns} for _ in sheets]
    set_judge(lambda items: [json.loads(item["response"]) for item in items])
    found = grpo_trainer.GRPOTrainer._calculate_rewards(
        trainer, rows, ["q"] * len(sheets), [json.dumps(s) for s in sheets], [[1]] * len(sheets)
    )
    return found, logged


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(registry, "_texts", {})
    monkeypatch.setattr(trl, "_shared", [])
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    # TRL's logger asks for it; what other tests set up is left as it is.
    fresh = not accelerate.PartialState._shared_state
    accelerate.PartialState()
    yield
    set_judge(None)
    if fresh:
        accelerate.PartialState._reset_state()


SHEETS = [GOOD, {**GOOD, "gist": "unmet"}, {**GOOD, "harm": "met"}, {}]


def test_one_function():
    found, logged = rewards_in_trl([trl.reward], SHEETS)
    assert found[:3, 0].tolist() == [1.5, 0.5, 0.0]
    assert found[3].isnan().all()
    assert logged["rubric/dropped"] == 0.25


def test_one_function_per_tier():
    found, _ = rewards_in_trl(COLUMNS, SHEETS)
    assert found[:3].tolist() == [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    # A row that is lost in one column alone would count as 0 there: TRL adds up what is left.
    assert found[3].isnan().all()
