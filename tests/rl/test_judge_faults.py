"""The faults of the order, between a language model that judges and the reward, in every shape."""

import json

import pytest

from rubricdsl import ir
from rubricdsl.rl.judges.client import Client, Clock, Patience
from rubricdsl.rl.judges.language_model import LanguageModelJudge, Sampling
from rubricdsl.rl.judges.prompts import JudgePrompt, JudgePrompts
from rubricdsl.rl.judges.protocol import SheetJudge
from tests.judge_server import Reply, completion, judged, serving
from tests.rubricdsl.test_faults import (
    GROUP,
    SAFE,
    SERVER_FAULTS,
    clean,  # noqa: F401 (a fixture)
    good,
    rewards,
)

FENCED = (
    "The conversation:\n{fence}\n{prompt}\n{fence}\n\nThe answer:\n{fence}\n{response}\n{fence}\n"
)
ALLOWED = {
    name: (0, 1, 2, "cannot_assess") if name == "gist" else ("met", "unmet", "cannot_assess")
    for name in SAFE
}
PROMPT = JudgePrompt("r", "h", "Judge.", FENCED, {"type": "object"}, ALLOWED, single=False)
PROMPTS = JudgePrompts({}, {"r": PROMPT})


def speaking(fault):
    """A chat server whose model says what the server of those tests does."""

    def answer(asked, server):
        if fault == "late":
            server.released.wait()
        said = {**SERVER_FAULTS, "none": good}[fault if fault != "late" else "none"]
        status, body = said({"response": json.dumps(judged(asked))})
        return Reply(completion(body.decode()) if status == 200 else body, status)

    return answer


def judge_of(server, fault):
    patience = Patience(timeout=0.05 if fault == "late" else 10, retries=1)
    client = Client(server.address, patience=patience, clock=Clock(sleep=lambda seconds: None))
    return SheetJudge(LanguageModelJudge(client, Sampling("m"), PROMPTS, together=True))


@pytest.fixture(scope="module")
def well():
    """Rewards without a fault, by shape."""
    with serving(speaking("none")) as server:
        return {
            shape: rewards(shape, "violate", judge_of(server, "none"))[0] for shape in ir.SHAPES
        }


@pytest.mark.parametrize("safety", ["violate", "drop"])
@pytest.mark.parametrize("fault", SERVER_FAULTS)
def test_no_fault_of_the_server_raises_a_reward(fault, safety, well):
    with serving(speaking(fault)) as server:
        judge = judge_of(server, fault)
        for shape in ir.SHAPES if fault != "late" else ("gated", "centred"):
            found = rewards(shape, safety, judge)[0]
            if safety == "drop":
                assert found == [None] * len(GROUP)
            elif shape == "centred":
                assert found == [0.0] * len(GROUP)
            else:
                assert all(a <= b for a, b in zip(found, well[shape], strict=True)), shape
                assert all(found[place] < well[shape][place] for place in (0, 1, 3))
    assert sum(judge.tally.failures.values()) == judge.tally.verdicts["cannot_assess"] > 0
