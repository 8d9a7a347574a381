"""Patience with servers: back-off, Retry-After, limits, budgets, deadlines; no real clock."""

import email.utils
import json

import pytest

from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.judges.client import Answer, Client, Clock, Patience
from rubricdsl.rl.judges.http import Reply
from rubricdsl.rl.judges.limits import Limits, Rates
from rubricdsl.rl.judges.parallel import in_parallel

JSON = {"content-type": "application/json"}
OK = Reply(200, JSON, b'{"usage": {"prompt_tokens": 30, "completion_tokens": 10}}')
TODAY = 1_700_000_000.0


class World:
    """A clock that sleeping moves on, and a server that answers by a list; the last one again."""

    def __init__(self, *replies, chance=1.0, takes=0.0):
        self.time = 0.0
        self.slept = []
        self.asked = []
        self._replies = list(replies)
        self._takes = takes
        self.clock = Clock(
            now=lambda: self.time,
            sleep=self._sleep,
            random=lambda: chance,
            date=lambda: TODAY + self.time,
        )

    def _sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    def send(self, url, body, headers, timeout):
        self.asked.append((url, json.loads(body), dict(headers), timeout))
        self.time += self._takes
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, patience=Patience(), rates=Rates()):  # noqa: B008
        return Client(
            "http://host/v1", patience=patience, rates=rates, clock=self.clock, send=self.send
        )


def status(code, **headers):
    return Reply(code, {**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}, b"no")


def test_waits_double_up_to_the_longest():
    world = World(status(500))
    got = world.client(Patience(retries=6, first_wait=1, longest_wait=10)).post("/x", {})
    assert world.slept == [1, 2, 4, 8, 10, 10]
    assert (got.failure.kind, got.failure.status, got.requests) == ("status", 500, 7)


def test_chance_takes_up_to_half_of_a_wait():
    world = World(status(500), chance=0.0)
    world.client(Patience(retries=2, first_wait=1)).post("/x", {})
    assert world.slept == [0.5, 1]


@pytest.mark.parametrize(
    ("told", "waited"),
    [
        ("30", 30),
        ("0", 1),
        ("soon", 1),
        ("-5", 1),
        (email.utils.formatdate(TODAY + 45, usegmt=True), 45),
        (email.utils.formatdate(TODAY - 45, usegmt=True), 1),
    ],
)
def test_retry_after_is_a_least_wait(told, waited):
    world = World(status(429, retry_after=told), OK)
    assert isinstance(world.client().post("/x", {}), Answer)
    assert world.slept == [pytest.approx(waited)]


def test_a_wait_beyond_the_deadline_is_not_begun():
    world = World(status(429, retry_after="3600"), OK)
    got = world.client(Patience(deadline=60)).post("/x", {})
    assert (got.failure.status, got.requests, world.slept) == (429, 1, [])


def test_the_last_tries_get_what_is_left_of_the_deadline():
    world = World(TimeoutError(), takes=50)
    got = world.client(Patience(timeout=50, deadline=120)).post("/x", {})
    assert [timeout for *_, timeout in world.asked] == [50, 50, 120 - 100 - 1 - 2]
    assert got.failure.kind == "timeout"


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 302])
def test_what_will_not_get_better_is_not_tried_again(code):
    world = World(status(code))
    assert world.client().post("/x", {}).requests == 1


def test_a_server_that_is_gone_is_not_waited_for_by_every_request():
    world = World(ConnectionError("refused"))
    client = world.client(Patience(retries=5))
    tries = [client.post("/x", {}).requests for _ in range(5)]
    assert tries == [6, 2, 1, 1, 1]
    world._replies = [OK]
    assert isinstance(client.post("/x", {}), Answer)
    world._replies = [ConnectionError("refused")]
    assert client.post("/x", {}).requests == 6


def test_requests_a_minute():
    world = World(OK)
    client = world.client(rates=Rates(requests_per_minute=60))
    for _ in range(62):
        client.post("/x", {})
    # A minute's worth at once, then one a second.
    assert world.slept == pytest.approx([1, 1])


def test_tokens_a_minute_are_counted_as_the_server_does():
    world = World(OK)
    client = world.client(rates=Rates(tokens_per_minute=60))
    client.post("/x", {}, tokens=60)
    # 40 were used, 20 are left: 40 more take 40 seconds.
    client.post("/x", {}, tokens=60)
    assert world.slept == pytest.approx([40])


def test_a_request_larger_than_a_minute_goes_when_the_minute_is_full():
    limits = Limits(Rates(tokens_per_minute=60), lambda: 0.0)
    assert limits.reserve(600) == 0
    assert limits.reserve(1) == pytest.approx(541)


def test_a_limit_that_outlasts_the_deadline_is_a_failure_and_costs_nobody_else():
    world = World(OK)
    client = world.client(Patience(deadline=10), Rates(requests_per_minute=1))
    assert isinstance(client.post("/x", {}), Answer)
    assert client.post("/x", {}).failure.kind == "timeout"
    assert len(world.asked) == 1


def test_when_the_budget_is_spent_nothing_is_asked():
    world = World(OK)
    client = world.client(rates=Rates(budget=80))
    found = [client.post("/x", {}) for _ in range(4)]
    assert [isinstance(one, Answer) for one in found] == [True, True, False, False]
    assert {one.failure.kind for one in found[2:]} == {"budget"}
    assert len(world.asked) == 2


def test_a_server_that_counts_nothing_spends_what_was_reckoned():
    world = World(Reply(200, JSON, b"{}"))
    client = world.client(rates=Rates(budget=80))
    found = [client.post("/x", {}, tokens=40) for _ in range(3)]
    assert [isinstance(one, Answer) for one in found] == [True, True, False]


@pytest.mark.parametrize(
    "address",
    ["host:8000", "ftp://host", "http://", "http://host:x", "https://me:pw@host", "http://h?k=1"],
)
def test_what_is_no_address(address):
    with pytest.raises(TrainingError) as refused:
        Client(address)
    assert "pw" not in str(refused.value).replace("http", "")


def test_a_key_that_is_not_there(monkeypatch):
    monkeypatch.setenv("A_KEY", " ")
    with pytest.raises(TrainingError, match="A_KEY is not set"):
        Client("http://host", key_variable="A_KEY")
    monkeypatch.setenv("A_KEY", "a\nb")
    with pytest.raises(TrainingError, match="holds no key"):
        Client("http://host", key_variable="A_KEY")


def test_results_stay_in_order_and_an_error_of_ours_is_raised():
    assert in_parallel(lambda n: n * n, range(50), 8) == [n * n for n in range(50)]
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda n: 1 // n, [1, 0, 1], 2)
