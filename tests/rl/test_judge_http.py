"""Servers that break the rules of HTTP itself: a failure with a kind, and never an exception."""

import socket
import threading
from contextlib import contextmanager

import pytest

from rubricdsl.rl.judges.client import Client, Clock, Patience

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def saying(reply):
    """The address of a server that reads a request and sends these bytes."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as request:
                # What is left unread when a connection is closed resets it, reply and all.
                lines = iter(request.readline, b"\r\n")
                size = [line for line in lines if line.lower().startswith(b"content-length:")]
                request.read(int(size[0].partition(b":")[2]))
                connection.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"", "connection"),
        (b"\0" * 50, "connection"),
        (b"HTTP/1.1 abc\r\n\r\n", "connection"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 99, "connection"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", "connection"),
        (HEAD + b"Content-Length: 50\r\n\r\n{}", "connection"),
        (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", "connection"),
        (HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n{}", "connection"),
        (HEAD + b"\r\n{", "malformed"),
        (HEAD + b"\r\n" + b"1" * 5000, "malformed"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\n\r\n", "connection"),
        (b"HTTP/1.1 429 No\r\nRetry-After: Mon, 01 Jan 0001 00:00:00 -0000\r\n\r\n", "status"),
        (b"HTTP/1.1 503 No\r\nRetry-After: Thu, 99 Foo 99999 99:99:99 X\r\n\r\n", "status"),
        (b"HTTP/1.1 503 No\r\nRetry-After: " + b"9" * 5000 + b"\r\n\r\n", "status"),
    ],
)
def test_a_reply_that_is_no_http(reply, kind):
    clock = Clock(sleep=lambda seconds: None)
    with saying(reply) as address:
        got = Client(address, patience=Patience(timeout=10, retries=1), clock=clock).post("/x", {})
    assert got.failure.kind == kind
