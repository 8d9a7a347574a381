"""A server on this machine that answers as a language model's or a reward model's would, or breaks.

What it answers follows from the answer to be judged, which is a verdict sheet as JSON: a perfect
judge, as long as no fault is put in.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_FENCED = re.compile(r"\n(~+)\n(.*?)\n\1\n", re.DOTALL)

JSON = {"Content-Type": "application/json"}


@dataclass
class Reply:
    """What is sent. `cut` closes the connection after so many bytes of the body."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    cut: int | None = None


@dataclass
class Server:
    """A running server. `asked` has the bodies of all requests in order, `keys` what they sent."""

    address: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    die: Callable[[], None] = lambda: None


Answer = Callable[[dict[str, Any], Server], Reply]


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    """A server that answers every POST with `answer(body, server)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                server.asked.append(asked)
                server.keys.append(self.headers["Authorization"])
            reply = answer({**asked, "path": self.path}, server)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])

        def log_message(self, *message: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *late: Any) -> None:
            pass

    lock = threading.Lock()
    http = Quiet(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_port}")
    # Without its socket the server refuses whoever comes next, as one that died does.
    server.die = http.socket.close
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield server
    finally:
        server.released.set()
        http.shutdown()
        http.server_close()


def judged(asked: dict[str, Any]) -> dict[str, Any]:
    """The sheet that the answer to be judged consists of."""
    found = [block for _, block in _FENCED.findall(asked["messages"][-1]["content"])]
    sheet: dict[str, Any] = json.loads(found[-1])
    return sheet


def completion(content: Any, **more: Any) -> bytes:
    """A chat completion."""
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    choice = {"index": 0, "finish_reason": "stop", "message": message, **more}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return json.dumps({"choices": [choice], "usage": usage}).encode()
