"""Connections that are slow, broken, too many, or cut; and the end of a server."""

import json
import socket
import threading

import pytest

pytest.importorskip("h11")

from rubricdsl.compact import compact
from rubricdsl.rl.serving.limits import Limits
from tests.serving import GOOD, RUBRICS, HeldJudge, TextJudge, group, received, running

NAME = "tests.gated_violate"
FORMS = {r.name: json.loads(json.dumps(compact(r, "h"))) for r in RUBRICS if r.name == NAME}
BODY = {"groups": [group(NAME, [GOOD])], "details": False}
DATA = json.dumps(BODY).encode()
HEAD = b"POST /v1/rewards HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(DATA) + DATA
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CLOSE = b"Connection: close\r\n"


@pytest.fixture(scope="module")
def server():
    limits = Limits(head_seconds=0.2, body_seconds=0.2, idle_seconds=0.2, head=2048, body=10_000)
    with running(FORMS, TextJudge(), limits) as found:
        yield found


def status_of(data):
    return int(data.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "sent", [b"GET /health", HEAD, HEAD + b"X: ", HEAD + b"Content-Length: 9\r\n\r\n{",
             CHUNKED, CHUNKED + b"5\r\n{"],
)  # fmt: skip
def test_a_client_that_stops_in_the_middle_is_told_and_left(server, sent):
    found = received(server.raw(sent))
    assert status_of(found) == 408
    assert b'"code": "slow"' in found
    assert b"connection: close" in found.lower()


def test_a_client_that_drips_gets_no_more_time_for_it(server):
    connection = server.raw(HEAD + b"Content-Length: 1000\r\n\r\n")
    connection.settimeout(0.02)
    found = b""
    while b"}" not in found:
        try:
            connection.sendall(b" ")
            found += connection.recv(65536)
        except TimeoutError:
            pass
    connection.close()
    assert status_of(found) == 408


def test_a_connection_without_a_request_is_closed(server):
    assert received(server.raw()) == b""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", 400),
        (HEAD + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (CHUNKED + b"zz\r\n{}\r\n", 400),
        (CHUNKED + b"-2\r\n{}\r\n", 400),
        (HEAD + b"X: " + b"x" * 5000 + b"\r\n\r\n", 431),
        (HEAD + b"Content-Length: 10001\r\n\r\n", 413),
        (CHUNKED + b"2711\r\n" + b" " * 10_001 + b"\r\n", 413),
    ],
)
def test_what_breaks_the_rules_is_refused_and_cut(server, sent, status):
    found = received(server.raw(sent))
    assert status_of(found) == status
    assert found.count(b"HTTP/1.1 ") == 1
    assert server.ask("/v1/rewards", BODY)[0] == 200


def test_a_connection_is_kept_and_requests_may_be_sent_at_once(server):
    last = WHOLE.replace(b"\r\n\r\n", b"\r\n" + CLOSE + b"\r\n", 1)
    found = received(server.raw(WHOLE + GET + last))
    assert found.count(b"HTTP/1.1 200 OK") == 3
    assert found.count(b'"rewards"') == 2
    assert found.index(b'"rewards"') < found.index(b'"live"') < found.rindex(b'"rewards"')


def test_a_body_may_come_in_chunks_and_after_leave(server):
    half = len(DATA) // 2
    parts = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (DATA[:half], DATA[half:]))
    sent = CHUNKED.replace(b"\r\n\r\n", b"\r\n" + CLOSE + b"\r\n") + parts + b"0\r\n\r\n"
    assert b'"rewards":[[1.' in received(server.raw(sent))
    connection = server.raw(
        HEAD + CLOSE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(DATA)
    )
    assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    connection.sendall(DATA)
    assert b'"rewards":[[1.' in received(connection)


def in_background(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    return thread, found


def test_a_client_that_is_gone_is_not_judged():
    judge = HeldJudge()
    with running(FORMS, judge) as server:
        first, _ = in_background(lambda: server.ask("/v1/rewards", BODY))
        assert judge.begun.wait(30)
        connection = server.raw(WHOLE)
        until(lambda: server.judging.waiting() == 1)
        connection.close()
        until(lambda: server.judging.waiting() == 0)
        judge.released.set()
        first.join()
    assert [len(items) for items in judge.asked] == [1]
    assert 499 in [line["status"] for line in server.log]


def until(holds):
    """Wait for something that another thread does."""
    for _ in range(3000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


@pytest.mark.parametrize(
    "limits", [Limits(requests=1), Limits(waiting=1), Limits(held=2 * len(DATA) - 1)]
)
def test_who_comes_too_much_is_told_when_to_come_again(limits):
    judge = HeldJudge()
    with running(FORMS, judge, limits) as server:
        under_way = [in_background(lambda: server.ask("/v1/rewards", BODY))]
        assert judge.begun.wait(30)
        if limits.waiting == 1:
            under_way.append(in_background(lambda: server.ask("/v1/rewards", BODY)))
            until(lambda: server.judging.waiting() == 1)
        status, found, headers = server.ask("/v1/rewards", BODY)
        assert (status, found["code"]) == (429, "busy")
        assert int(headers["retry-after"]) >= 1
        assert server.ask("/health/ready")[0] == 200
        judge.released.set()
        for thread, replies in under_way:
            thread.join()
            assert replies[0][0] == 200
        assert server.ask("/v1/rewards", BODY)[0] == 200


def test_more_connections_than_there_is_room_for_are_refused():
    with running(FORMS, TextJudge(), Limits(connections=1)) as server:
        kept = server.raw(GET)
        assert kept.recv(100).startswith(b"HTTP/1.1 200")
        assert status_of(received(server.raw(GET))) == 429
        kept.close()
        until(lambda: server.ask("/health/live")[0] == 200)


def test_what_is_late_cannot_be_assessed():
    judge = HeldJudge()
    with running(FORMS, judge, Limits(seconds=0.1)) as server:
        status, found, _ = server.ask("/v1/rewards", {"groups": [group(NAME, [GOOD])]})
        assert status == 200
        answer = found["groups"][0]["responses"][0]
        assert (found["rewards"], found["failures"]) == ([[0.0]], {"timeout": 5})
        assert set(answer["failures"]) == set(GOOD)
        assert set(answer["verdicts"].values()) == {"cannot_assess", "unmet"}
        assert answer["violations"] == ["harm", "lie"]


def test_the_end_finishes_what_is_there_and_takes_nothing_new():
    judge = HeldJudge()
    with running(FORMS, judge) as server:
        idle = server.raw(GET)
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
        busy = server.raw(WHOLE)
        assert judge.begun.wait(30)
        stopping, finished = in_background(server.stop)
        assert received(idle) == b""
        until(lambda: server.service.stopping)
        with pytest.raises(OSError, match=r"."):
            socket.create_connection(("127.0.0.1", server.port), timeout=5).recv(1)
        busy.sendall(WHOLE)
        judge.released.set()
        found = received(busy)
        stopping.join()
    assert finished == [True]
    assert found.count(b"HTTP/1.1 200") == 1
    assert b'"rewards":[[1.' in found
    assert b"connection: close" in found.lower()
    assert len(judge.asked) == 1
