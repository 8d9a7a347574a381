"""`transformers serve` with one model on this machine: an address as OpenAI's API has them."""

import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_SERVE = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
_PATIENCE = 180
_DONE = b"data: [DONE]\n\n"


@contextmanager
def served(model: Path, log: Path) -> Iterator[str]:
    """The address of a server with the model, without `/v1`; it ends with the context.

    Raises `SystemExit` where it does not start within three minutes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-P", "-c", _SERVE, "serve", str(model), "--device", "cpu",
               "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    with log.open("w", encoding="utf-8") as said:
        server = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            _wait(server, address, log)
            with _whole_streams(address) as relayed:
                yield relayed
        finally:
            server.terminate()
            server.wait()


@contextmanager
def _whole_streams(address: str) -> Iterator[str]:
    """The same server, whose streams end with `[DONE]`.

    `transformers serve` leaves that out, and clients that wait for it take the answer for cut off.
    """

    class Relay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = urllib.request.Request(
                address + self.path, body, {"Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(request, timeout=_PATIENCE) as reply:
                    status, kind, said = reply.status, reply.headers["Content-Type"], reply.read()
            except urllib.error.HTTPError as error:
                status, kind, said = error.code, error.headers["Content-Type"], error.read()
            if kind.startswith("text/event-stream") and not said.endswith(_DONE):
                said += _DONE
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *message: object) -> None:
            pass

    relay = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.05}).start()
    try:
        yield f"http://127.0.0.1:{relay.server_port}"
    finally:
        relay.shutdown()
        relay.server_close()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"`transformers serve` did not start; {log} has what it said")
