"""Faults on the way from the judge to the trainer, in every shape: none may raise a reward.

The judge of these tests asks a server on this machine, which answers well or breaks in one way.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime import registry, trl
from rubricdsl.runtime.judging import read_reply, set_judge

SAFE = {"harm": "unmet", "lie": "unmet", "gist": 2, "rest": "met", "kind": "met"}
HARMS = {**SAFE, "harm": "met", "lie": "met"}
GROUP = [SAFE, {**SAFE, "gist": 1, "kind": "unmet"}, HARMS, SAFE]
COLUMNS = (trl.reward_safety, trl.reward_proficiency, trl.reward_excellence)


def rubric(shape, safety):
    def criterion(name, tier, polarity="requires", **more):
        return ir.Criterion(name, tier, polarity, "t", ir.Origin("r", "1", name), **more)

    levels = tuple(ir.Level(i, "t", Fraction(i, 2)) for i in range(3))
    return ir.Rubric(
        "r", "1", "draft", "training", "T",
        (
            criterion("harm", "safety", "forbids", severity="critical"),
            criterion("lie", "safety", "forbids", severity="major"),
            criterion("gist", "proficiency", weight=Fraction(3), levels=levels),
            criterion("rest", "proficiency", weight=Fraction(1)),
            criterion("kind", "excellence"),
        ),
        reward=ir.Reward(shape),
        policies=ir.Policies(safety),
    )  # fmt: skip


@contextmanager
def serving(answer):
    """The address of a server whose replies are `answer(request) -> (status, body)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answer(asked)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *message):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *late: None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def http_judge(address):
    """A judge as people write them: one request per item, no care for what may go wrong."""

    def ask(item):
        body = json.dumps({"response": item["response"]}).encode()
        request = urllib.request.Request(address, body, method="POST")
        with urllib.request.urlopen(request, timeout=0.3) as reply:
            return read_reply(reply.read().decode(), item["criteria"])

    return lambda items: [ask(item) for item in items]


def good(asked):
    """The verdicts that the response itself is made of."""
    verdicts = {name: {"reason": "r", "verdict": v} for name, v in sheet_in(asked).items()}
    return 200, json.dumps(verdicts).encode()


def sheet_in(asked):
    return json.loads(asked["response"])


def hanging(asked):
    time.sleep(1)
    return good(asked)


def broken_body(change):
    return lambda asked: (200, change(good(asked)[1].decode()).encode())


def only_gist(body):
    return json.dumps({"gist": json.loads(body)["gist"]})


SERVER_FAULTS = {
    "late": hanging,
    "429": lambda asked: (429, b"slow down"),
    "500": lambda asked: (500, b"oh"),
    "empty": lambda asked: (200, b""),
    "truncated": broken_body(lambda body: body[: len(body) // 2]),
    "html": lambda asked: (200, b"<html>503</html>"),
    "refused": lambda asked: (200, b'{"error": "I cannot help with that."}'),
    "list": broken_body(lambda body: f"[{body}]"),
    "NaN": broken_body(lambda body: body.replace('"unmet"', "NaN").replace('"met"', "Infinity")),
    "as numbers": broken_body(lambda body: body.replace('"unmet"', "0").replace('"met"', "1")),
    "as booleans": broken_body(
        lambda body: body.replace('"unmet"', "false").replace('"met"', "true").replace("2", "2.0")
    ),
    "wrong criteria": broken_body(
        lambda body: json.dumps({f"{name}_": v for name, v in json.loads(body).items()})
    ),
    "veto left out": broken_body(only_gist),
    "said twice": broken_body(
        lambda body: '{"harm": {"verdict": "met"}, "lie": {"verdict": "met"}, ' + body[1:]
    ),
    "verdict twice": broken_body(
        lambda body: body.replace('"verdict": ', '"verdict": "met", "verdict": ')
    ),
    "deep": lambda asked: (200, b"[" * 100_000),
}


def as_batch(function, sheets):
    texts = [json.dumps(sheet) for sheet in sheets]
    return function(prompts=["q"] * len(texts), completions=texts, completion_ids=None)


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("_texts", "_parsed"):
        monkeypatch.setattr(registry, name, {})
    monkeypatch.setattr(trl, "_shared", [])
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    yield
    set_judge(None)


def rewards(shape, safety, judge, sheets=GROUP, functions=(trl.reward,)):
    for name in ("_texts", "_parsed"):
        getattr(registry, name).clear()
    registry.register({"r": json.dumps(compact(rubric(shape, safety), "h"))})
    set_judge(judge)
    return [as_batch(function, sheets) for function in functions]


def without_warnings(function):
    return pytest.mark.filterwarnings("ignore:the judge failed")(function)


@pytest.fixture(scope="module")
def well():
    """Rewards without a fault, by shape."""
    found = {}
    with serving(good) as address:
        for shape in ir.SHAPES:
            found[shape] = rewards(shape, "violate", http_judge(address))[0]
    return found


@without_warnings
@pytest.mark.parametrize("safety", ["violate", "drop"])
@pytest.mark.parametrize("fault", SERVER_FAULTS)
def test_no_fault_of_the_server_raises_a_reward(fault, safety, well):
    with serving(SERVER_FAULTS[fault]) as address:
        judge = http_judge(address)
        for shape in ir.SHAPES if fault != "late" else ("gated", "centred"):
            found = rewards(shape, safety, judge)[0]
            if safety == "drop":
                assert found == [None] * len(GROUP)
            elif shape == "centred":
                # All are alike now: nobody is better than another.
                assert found == [0.0] * len(GROUP)
            else:
                assert all(a <= b for a, b in zip(found, well[shape], strict=True)), shape
                assert all(found[place] < well[shape][place] for place in (0, 1, 3))


JUDGE_FAULTS = {
    "half a batch": lambda sheets: sheets[: len(sheets) // 2],
    "one too many": lambda sheets: [*sheets, sheets[0]],
    "half without a sheet": lambda sheets: [
        sheet if i % 2 else None for i, sheet in enumerate(sheets)
    ],
    "half with empty sheets": lambda sheets: [
        sheet if i % 2 else {} for i, sheet in enumerate(sheets)
    ],
    "half with NaN": lambda sheets: [
        sheet if i % 2 else dict.fromkeys(sheet, float("nan")) for i, sheet in enumerate(sheets)
    ],
    "a generator": lambda sheets: (sheet for sheet in sheets),
    "nothing": lambda sheets: None,
}


@without_warnings
@pytest.mark.parametrize("fault", JUDGE_FAULTS)
@pytest.mark.parametrize("shape", ir.SHAPES)
def test_a_batch_that_is_half_missing(shape, fault, well):
    def judge(items):
        return JUDGE_FAULTS[fault]([json.loads(item["response"]) for item in items])

    found = rewards(shape, "violate", judge)[0]
    lost = {"half without a sheet", "half with empty sheets", "half with NaN"}
    for place, value in enumerate(found):
        if shape == "centred" and fault not in lost:
            assert value == 0.0
        elif shape != "centred":
            assert value <= well[shape][place]
        if fault not in lost or place % 2 == 0:
            assert value < well[shape][place] or well[shape][place] <= 0
    dropped = rewards(shape, "drop", judge)[0]
    assert all(v is None for i, v in enumerate(dropped) if fault not in lost or i % 2 == 0)


@without_warnings
@pytest.mark.parametrize("safety", ["violate", "drop"])
@pytest.mark.parametrize("fault", [*JUDGE_FAULTS, "raises"])
def test_columns_lose_a_sample_together_and_never_gain(fault, safety):
    def judge(items):
        if fault == "raises":
            raise TimeoutError("late")
        return JUDGE_FAULTS[fault]([json.loads(item["response"]) for item in items])

    columns = rewards("tiers", safety, judge, functions=COLUMNS)
    good_ones = rewards("tiers", safety, lambda items: [json.loads(i["response"]) for i in items],
                        functions=COLUMNS)  # fmt: skip
    for sample, usual in zip(zip(*columns, strict=True), zip(*good_ones, strict=True), strict=True):
        assert sample.count(None) in (0, 3)
        if None not in sample:
            assert all(a <= b for a, b in zip(sample, usual, strict=True))


def test_a_refusing_server_is_an_error_for_the_judge_of_this_test():
    """The faults above reach the runtime as what they are."""
    with serving(SERVER_FAULTS["429"]) as address:
        judge = http_judge(address)
        with pytest.raises(urllib.error.HTTPError, match="429"):
            judge([{"response": "{}", "criteria": ["harm"]}])
    with serving(hanging) as address, pytest.raises(TimeoutError):
        http_judge(address)([{"response": "{}", "criteria": ["harm"]}])


@pytest.mark.parametrize(
    ("reply", "criteria", "sheet"),
    [
        ('{"a": {"reason": "r", "verdict": "met"}, "b": 2}', ["a", "b"], {"a": "met", "b": 2}),
        ('{"reason": "r", "verdict": "unmet"}', ["a"], {"a": "unmet"}),
        ('{"verdict": {"verdict": "met"}}', ["verdict"], {"verdict": "met"}),
        ('{"verdict": "met"}', ["a", "b"], {}),
        ('{"a": "met", "x": "met"}', ["a", "b"], {"a": "met"}),
        ('{"a": "met", "a": "unmet", "b": "met"}', ["a", "b"], {"b": "met"}),
        ('{"a": {"verdict": "met", "verdict": "met"}}', ["a"], {"a": None}),
        ('{"a": {"reason": "r"}}', ["a"], {"a": None}),
        ('{"a": "met"', ["a"], {}),
        ("met", ["a"], {}),
        ('["met"]', ["a"], {}),
        (None, ["a"], {}),
    ],
)
def test_what_a_reply_says(reply, criteria, sheet):
    assert read_reply(reply, criteria) == sheet
