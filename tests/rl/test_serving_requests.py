"""Requests that are refused: each with its status and code, and the server goes on."""

import base64
import json

import pytest

pytest.importorskip("h11")

from rubricdsl.compact import compact
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.serving.access import open_door
from rubricdsl.rl.serving.limits import Limits
from tests.serving import GOOD, RUBRICS, TextJudge, group, running

FORMS = {r.name: json.loads(json.dumps(compact(r, "h"))) for r in RUBRICS}
FORMS["tests.centred_drop"]["reward"]["params"]["group"] = [4, 1]
LIMITS = Limits(body=100_000, answers=8, text=1000)
NAME = "tests.gated_violate"
TOKEN = "a-token-that-is-long-enough"


def with_group(**changes):
    found = {**group(NAME, [GOOD]), **changes}
    return {"groups": [{key: value for key, value in found.items() if value != "without"}]}


def text_of(body, old, new):
    text = json.dumps(body)
    assert old in text
    return text.replace(old, new).encode()


REFUSED = {
    "empty": (b"", "bad_json"),
    "cut short": (json.dumps(with_group()).encode()[:-2], "bad_json"),
    "prose": (b"The reward is 1.", "bad_json"),
    "not UTF-8": (b'{"groups": "\xff"}', "bad_json"),
    "UTF-16": (json.dumps(with_group()).encode("utf-16"), "bad_json"),
    "deep": (b"[" * 50_000 + b"]" * 50_000, "bad_json"),
    "NaN": (text_of(with_group(inputs={"age": 1}), "1}", "NaN}"), "bad_json"),
    "Infinity": (text_of(with_group(inputs={"age": 1}), "1}", "-Infinity}"), "bad_json"),
    "huge float": (text_of(with_group(inputs={"age": 1}), "1}", "1e999}"), "bad_json"),
    "huge integer": (text_of(with_group(inputs={"age": 1}), "1}", "9" * 5000 + "}"), "bad_json"),
    "a key twice": (b'{"groups": [], "groups": []}', "bad_json"),
    "a key of the inputs twice": (with_group(inputs='{"age": 1, "age": 2}'), "bad_request"),
    "a list": ([], "bad_request"),
    "a text": (b'"groups"', "bad_request"),
    "no groups": ({}, "bad_request"),
    "groups empty": ({"groups": []}, "bad_request"),
    "groups an object": ({"groups": {}}, "bad_request"),
    "a group of another kind": ({"groups": [1]}, "bad_request"),
    "an unknown key": ({**with_group(), "judge": "x"}, "bad_request"),
    "an unknown key of a group": (with_group(reward=1), "bad_request"),
    "details of another kind": ({**with_group(), "details": "yes"}, "bad_request"),
    "no prompt": (with_group(prompt="without"), "bad_request"),
    "a prompt of another kind": (with_group(prompt=3), "bad_request"),
    "a prompt without messages": (with_group(prompt=[]), "bad_request"),
    "a message of another kind": (with_group(prompt=["Hello"]), "bad_request"),
    "a message without a role": (with_group(prompt=[{"content": "Hello"}]), "bad_request"),
    "a message without content": (with_group(prompt=[{"role": "user"}]), "bad_request"),
    "parts of another kind": (with_group(prompt=[{"role": "user", "content": [1]}]), "bad_request"),
    "no responses": (with_group(responses="without"), "bad_request"),
    "no response": (with_group(responses=[]), "bad_request"),
    "responses a text": (with_group(responses="A"), "bad_request"),
    "a response of another kind": (with_group(responses=[None]), "bad_request"),
    "a response without text": (with_group(responses=[{"id": "a"}]), "bad_request"),
    "verdicts where a judge is asked": (
        with_group(responses=[{"text": "A", "verdicts": {}}]),
        "bad_request",
    ),
    "half of a surrogate pair": (with_group(responses=["\ud800"]), "bad_request"),
    "inputs of another kind": (with_group(inputs=[1]), "bad_request"),
    "inputs no JSON": (with_group(inputs="age 3"), "bad_request"),
    "a profile of another kind": (with_group(profile=1), "bad_request"),
    "an unknown profile": (with_group(profile="nobody"), "unknown_profile"),
    "a rubric of another kind": (with_group(rubric=1), "bad_request"),
    "an unknown rubric": (with_group(rubric="tests.nobody"), "unknown_rubric"),
    "no rubric": (with_group(rubric="without"), "unknown_rubric"),
    "a rubric of one's own, no JSON": (with_group(rubric_json="{"), "bad_rubric"),
    "a rubric of one's own, damaged": (
        with_group(rubric_json={**FORMS[NAME], "steps": 0}),
        "bad_rubric",
    ),
    "a rubric of one's own, another name": (
        with_group(rubric_json=FORMS["tests.gated_drop"]),
        "bad_rubric",
    ),
    "a group in pieces": ({"groups": [group("tests.centred_drop", [GOOD] * 3)]}, "broken_group"),
    "one alone": ({"groups": [group("tests.centred_violate", [GOOD])]}, "broken_group"),
    "too many answers": (with_group(responses=["{}"] * 9), "too_many_answers"),
    "too many answers in all": ({"groups": [group(NAME, ["{}"])] * 9}, "too_many_answers"),
    "an answer too long": (with_group(responses=["x" * 1001]), "text_too_long"),
    "a prompt too long": (with_group(prompt="x" * 1001), "text_too_long"),
    "a conversation too long": (
        with_group(prompt=[{"role": "user", "content": "x" * 600}] * 2),
        "text_too_long",
    ),
    "a body too large": (b" " * 100_001, "too_large"),
}
STATUS = {"bad_json": 400, "too_many_answers": 413, "text_too_long": 413, "too_large": 413}


@pytest.fixture(scope="module")
def judge():
    return TextJudge()


@pytest.fixture(scope="module")
def server(judge):
    with running(FORMS, judge, LIMITS) as found:
        yield found


def problem(reply, status, code):
    got, found, headers = reply
    assert (got, found["status"], found["code"]) == (status, status, code)
    assert headers["content-type"] == "application/problem+json"
    assert found["detail"]
    assert headers["x-request-id"] == found["request"]


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_body_is_refused_and_never_judged(case, server, judge):
    body, code = REFUSED[case]
    before = len(judge.asked)
    problem(server.ask("/v1/rewards", body), STATUS.get(code, 422), code)
    assert len(judge.asked) == before
    assert server.ask("/v1/rewards", with_group())[0] == 200


@pytest.mark.parametrize("verdicts", [None, [], "met", 1])
def test_a_sheet_that_is_no_object_is_refused(server, verdicts):
    body = {"groups": [{"rubric": NAME, "responses": [{"verdicts": verdicts}]}]}
    problem(server.ask("/v1/scores", body), 422, "bad_request")


def test_paths_methods_and_types(server):
    problem(server.ask("/v2/rewards", with_group()), 404, "not_found")
    reply = server.ask("/v1/rewards")
    problem(reply, 405, "wrong_method")
    assert reply[2]["allow"] == "POST"
    problem(server.ask("/health/live", {}), 405, "wrong_method")
    plain = {"Content-Type": "text/plain"}
    problem(server.ask("/v1/rewards", with_group(), plain), 415, "wrong_type")
    charset = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert server.ask("/v1/rewards", with_group(), charset)[0] == 200


def test_a_mistake_of_ours_is_told_without_its_place(server, monkeypatch):
    def broken(request):
        raise KeyError("secret")

    monkeypatch.setattr(server.service, "answer", broken)
    reply = server.ask("/v1/rewards", with_group())
    problem(reply, 500, "internal")
    assert "secret" not in json.dumps(reply[1])
    assert any("secret" in line.get("error", "") for line in server.log)


def test_the_log_has_texts_only_when_it_is_told_to(server):
    secret = json.dumps({**GOOD, "note": "a secret"})
    server.ask("/v1/rewards", with_group(responses=[secret]))
    assert "secret" not in json.dumps(server.log[-1])
    assert server.log[-1]["answers"] == 1
    with running(FORMS, TextJudge(), with_texts=True) as other:
        other.ask("/v1/rewards", with_group(responses=[secret]))
    assert "a secret" in other.log[-1]["body"]


def test_the_metrics_count_what_happened():
    with running(FORMS, TextJudge()) as server:
        server.ask("/v1/rewards", {"groups": [group("tests.gated_drop", [GOOD, {}])]})
        server.ask("/v1/nothing")
        text = server.ask("/metrics")[1].decode()
    lines = set(text.splitlines())
    assert {
        'rubricc_requests_total{path="/v1/rewards",status="200"} 1',
        'rubricc_requests_total{path="other",status="404"} 1',
        "rubricc_answers_total 2",
        "rubricc_dropped_total 1",
        'rubricc_batch_answers_bucket{le="2"} 1',
        'rubricc_batch_answers_bucket{le="1"} 0',
        "rubricc_batch_answers_count 1",
        "rubricc_waiting_answers 0",
        "# TYPE rubricc_request_seconds histogram",
    } <= lines


@pytest.fixture
def guarded(monkeypatch):
    monkeypatch.setenv("RUBRICC_TEST_TOKEN", TOKEN)
    door = open_door("0.0.0.0", "RUBRICC_TEST_TOKEN", without_token=False)
    with running(FORMS, TextJudge(), door=door) as found:
        yield found


@pytest.mark.parametrize(
    "value",
    ["", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer", "Basic !", "Basic eA==",
     f"Digest {TOKEN}", "Bearer \u00e9"],
)  # fmt: skip
def test_a_wrong_token_opens_nothing(guarded, value):
    headers = {"Authorization": value.encode("latin-1")} if value else {}
    for path, body in (("/v1/rewards", with_group()), ("/v1/rubrics", None), ("/metrics", None)):
        reply = guarded.ask(path, body, headers)
        problem(reply, 401, "unauthorised")
        assert reply[2]["www-authenticate"].startswith("Bearer")
    assert guarded.ask("/health/live")[0] == guarded.ask("/health/ready")[0] == 200
    assert TOKEN not in json.dumps(guarded.log)


def test_the_token_opens_as_bearer_and_as_the_password_of_an_address(guarded):
    assert guarded.ask("/v1/rubrics", headers={"Authorization": f"bearer {TOKEN}"})[0] == 200
    basic = base64.b64encode(f"any:{TOKEN}".encode()).decode()
    assert guarded.ask("/v1/rubrics", headers={"Authorization": f"Basic {basic}"})[0] == 200


def test_without_a_token_only_local_names_are_taken():
    door = open_door("127.0.0.1", None, without_token=False)
    with running(FORMS, TextJudge(), door=door) as server:
        for host in ("127.0.0.1", f"localhost:{server.port}", "LOCALHOST", "[::1]:80"):
            assert server.ask("/v1/rubrics", headers={"Host": host})[0] == 200
        for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:127"):
            problem(server.ask("/v1/rubrics", headers={"Host": host}), 403, "wrong_host")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "serve.example", "127.evil.example"])
def test_another_address_needs_a_token_or_the_word(host):
    with pytest.raises(TrainingError, match="without a token"):
        open_door(host, None, without_token=False)
    assert open_door(host, None, without_token=True).digest is None


@pytest.mark.parametrize("token", ["", "short", "sixteen letters and a space", "é" * 20])
def test_a_poor_token_is_refused(monkeypatch, token):
    monkeypatch.setenv("RUBRICC_TEST_TOKEN", token)
    with pytest.raises(TrainingError, match="RUBRICC_TEST_TOKEN"):
        open_door("127.0.0.1", "RUBRICC_TEST_TOKEN", without_token=False)
