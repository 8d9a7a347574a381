"""Remote rewards in the words of OpenRLHF and slime."""

import json

import pytest

pytest.importorskip("h11")

from rubricdsl.compact import compact
from rubricdsl.rl.serving.trainers import END_MARKERS, without_end
from rubricdsl.runtime.evaluate import evaluate
from tests.serving import GOOD, RUBRICS, TextJudge, running

FORMS = {r.name: json.loads(json.dumps(compact(r, "h"))) for r in RUBRICS}
NAME = "tests.gated_drop"
PROMPT = "<|im_start|>user\nWhat now?<|im_end|>\n<|im_start|>assistant\n"
LOGS = {"dropped", "violations", "proficiency", "excellence"}


@pytest.fixture(scope="module")
def judge():
    return TextJudge()


@pytest.fixture(scope="module")
def server(judge):
    with running(FORMS, judge) as found:
        yield found


def label(name=NAME, **more):
    return json.dumps({"rubric": name, "prompt": "What now?", **more})


def openrlhf(sheets, label=label, end="<|im_end|>\n"):
    """What `SingleTurnAgentExecutor._fetch_rewards_via_http` sends."""
    return {
        "query": [PROMPT + json.dumps(sheet) + end for sheet in sheets],
        "prompts": [PROMPT] * len(sheets),
        "labels": [label()] * len(sheets),
    }


def expected(sheet, name=NAME, **case):
    return evaluate(FORMS[name], sheet, response=json.dumps(sheet), **case)["reward"]


@pytest.mark.parametrize("count", [1, 3])
def test_openrlhf_gets_a_float_for_each_query(server, judge, count):
    sheets = [GOOD, {**GOOD, "gist": 0}, {**GOOD, "harm": "met"}][:count]
    status, found, _ = server.ask("/v1/openrlhf", openrlhf(sheets))
    assert status == 200
    assert found["rewards"] == found["scores"] == [expected(sheet) for sheet in sheets]
    assert set(found["extra_logs"]) == LOGS
    for values in (found["rewards"], *found["extra_logs"].values()):
        assert [type(value) for value in values] == [float] * count
    # The judge sees the answer alone, without tokens of the template.
    asked = judge.asked[-1]
    assert [json.loads(item["response"]) for item in asked] == sheets
    assert asked[0]["prompt"] == [{"role": "user", "content": "What now?"}]


def test_the_label_holds_the_case(server):
    sheet = {**GOOD, "rest": "unmet"}
    for case in ({"inputs": {"age": 9}}, {"profile": "other"}, {"inputs": '{"age": 40}'}):
        body = openrlhf([sheet], lambda case=case: label(**case))
        read = dict(case)
        if isinstance(read.get("inputs"), str):
            read["inputs"] = json.loads(read["inputs"])
        assert server.ask("/v1/openrlhf", body)[1]["rewards"] == [expected(sheet, **read)]
    body = openrlhf([sheet])
    body["labels"] = [json.loads(body["labels"][0])]
    assert server.ask("/v1/openrlhf", body)[1]["rewards"] == [expected(sheet)]


def test_a_dropped_answer_is_no_number_unless_it_may_be_the_worst(server):
    for path, body in (
        ("/v1/openrlhf", openrlhf([{}])),
        ("/v1/slime", {"prompt": PROMPT, "response": "{}", "label": label()}),
    ):
        status, found, _ = server.ask(path, body)
        assert (status, found["code"]) == (422, "dropped")
        status, found, _ = server.ask(f"{path}?dropped=worst", body)
        assert status == 200
        reward, logs = found.get("reward"), found
        if path == "/v1/openrlhf":
            (reward,), logs = found["rewards"], {k: v[0] for k, v in found["extra_logs"].items()}
        assert (reward, logs["dropped"]) == (0.0, 1.0)
        assert logs.keys() >= LOGS


@pytest.mark.parametrize("name", [n for n in FORMS if n.endswith("drop") and "centred" not in n])
def test_the_worst_reward_is_below_every_other(server, name):
    body = openrlhf([{}], lambda: label(name))
    worst = server.ask("/v1/openrlhf?dropped=worst", body)[1]["rewards"][0]
    poor = {"harm": "met", "lie": "met", "gist": 0, "rest": "unmet", "kind": "unmet"}
    for sheet in (GOOD, poor, {**poor, "gist": 1}, {**GOOD, "harm": "met"}):
        assert expected(sheet, name) >= worst
    assert expected(GOOD, name) > worst


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"query": ["something else"]}, "bad_request"),
        ({"query": []}, "bad_request"),
        ({"query": [PROMPT] * 2}, "bad_request"),
        ({"query": "text"}, "bad_request"),
        ({"query": [1]}, "bad_request"),
        ({"labels": [""]}, "bad_request"),
        ({"labels": ["42"]}, "bad_request"),
        ({"labels": [None]}, "bad_request"),
        ({"labels": [[]]}, "bad_request"),
        ({"labels": ['{"responses": ["{}"]}']}, "bad_request"),
        ({"labels": ['{"rubric": "tests.nobody", "prompt": "x"}']}, "unknown_rubric"),
        ({"labels": [f'{{"rubric": "{NAME}"}}']}, "bad_request"),
        ({"labels": ['{"rubric": "tests.centred_drop", "prompt": "x"}']}, "broken_group"),
    ],
)
def test_what_openrlhf_cannot_mean_is_refused(server, change, code):
    status, found, _ = server.ask("/v1/openrlhf", {**openrlhf([GOOD]), **change})
    assert (status, found["code"]) == (422, code)


def test_slime_gets_an_object_with_the_reward(server):
    body = {"prompt": PROMPT, "response": json.dumps(GOOD) + "<|im_end|>", "label": label()}
    status, found, _ = server.ask("/v1/slime", body)
    assert status == 200
    assert found["reward"] == expected(GOOD)
    assert found.keys() == {"reward"} | LOGS
    messages = [{"role": "user", "content": "What now?"}]
    body = {**body, "prompt": messages, "label": json.dumps({"rubric": NAME})}
    assert server.ask("/v1/slime", body)[1] == found
    for change in ({"label": None}, {"response": None}, {"prompt": PROMPT}):
        assert server.ask("/v1/slime", {**body, **change})[0] == 422
    assert server.ask("/v1/slime", [])[0] == 422


@pytest.mark.parametrize("marker", END_MARKERS)
def test_markers_are_taken_off_the_end_alone(marker):
    assert without_end(f"See a doctor. {marker}\n{marker}") == "See a doctor. "
    assert without_end(f"{marker} is a token. ") == f"{marker} is a token. "
