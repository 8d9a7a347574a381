"""A reward server in this process on a free port, rubrics in every shape, and a perfect judge.

The judge reads its verdicts off the answer, which is a sheet as JSON; so what is right is known.
"""

import asyncio
import dataclasses
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from rubricdsl import ir
from rubricdsl.rl.judges.protocol import Outcome, Record
from rubricdsl.rl.serving.access import Door
from rubricdsl.rl.serving.batching import Judging
from rubricdsl.rl.serving.connections import Server
from rubricdsl.rl.serving.limits import Batch, Limits
from rubricdsl.rl.serving.metrics import Metrics
from rubricdsl.rl.serving.service import Service

GROUP = 4
GOOD = {"harm": "unmet", "lie": "unmet", "gist": 2, "rest": "met", "kind": "met"}
POLICIES: tuple[Any, ...] = ("violate", "drop")
OPEN = Door(None, None)


def rubric(shape: Any, safety: Any) -> ir.Rubric:
    """Every tier, levels, a check, a condition, a profile."""
    name = f"tests.{shape}_{safety}"

    def criterion(id: str, tier: Any, polarity: Any = "requires", **more: Any) -> ir.Criterion:
        text = f"The answer is about {id}."
        return ir.Criterion(id, tier, polarity, text, ir.Origin(name, "1.0.0", id), **more)

    levels = tuple(ir.Level(i, f"level {i}", Fraction(i, 2)) for i in range(3))
    return ir.Rubric(
        name, "1.0.0", "draft", "training", "T",
        (
            criterion("harm", "safety", "forbids", severity="critical"),
            criterion("lie", "safety", "forbids", severity="major", allows_not_applicable=True),
            criterion("gist", "proficiency", weight=Fraction(3), levels=levels),
            criterion("rest", "proficiency", weight=Fraction(1),
                      when=ir.Not(ir.Compare("age", "<", Fraction(18)))),
            criterion("calm", "proficiency", weight=Fraction(1), check=ir.Mentions(("calm",))),
            criterion("kind", "excellence"),
        ),
        inputs=(ir.Input("age", "quantity", (), "years", True),),
        profiles=(ir.Profile("other", {"rest": Fraction(8)}),),
        reward=ir.Reward(shape),
        policies=ir.Policies(safety),
    )  # fmt: skip


RUBRICS = tuple(rubric(shape, safety) for shape in ir.SHAPES for safety in POLICIES)


class TextJudge:
    """Gives the verdicts that the answer consists of. `asked` has the items of every call."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []

    def grade(self, items: Any) -> list[Record]:
        self.asked.append(list(items))
        sheets = [json.loads(item["response"]) for item in items]
        return [
            Record({name: Outcome(sheet.get(name)) for name in item["criteria"]})
            for item, sheet in zip(items, sheets, strict=True)
        ]


class HeldJudge(TextJudge):
    """Says `begun` when it is called and waits to be `released`."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.released = threading.Event(), threading.Event()

    def grade(self, items: Any) -> list[Record]:
        self.begun.set()
        assert self.released.wait(30)
        return super().grade(items)


@dataclasses.dataclass
class Running:
    """A server that runs. `stop()` gives whether it finished what it had."""

    port: int
    service: Service
    judging: Judging
    loop: asyncio.AbstractEventLoop
    server: Server
    listening: asyncio.Server
    log: list[dict[str, Any]]

    def ask(
        self, path: str, body: Any = None, headers: Any = None, method: str | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON, headers. A body that is no bytes is sent as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, data, sent)
            reply = connection.getresponse()
            text = reply.read()
            found = {k.lower(): v for k, v in reply.getheaders()}
            return reply.status, json.loads(text) if b"{" in text[:1] else text, found
        finally:
            connection.close()

    def raw(self, data: bytes = b"") -> socket.socket:
        """A connection on which something was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(data)
        return connection

    def stop(self) -> bool:
        async def finish() -> bool:
            self.listening.close()
            return await self.server.finish(30)

        return asyncio.run_coroutine_threadsafe(finish(), self.loop).result(30)


@contextmanager
def running(
    forms: Any,
    grader: Any,
    limits: Limits | None = None,
    batch: Batch | None = None,
    door: Door = OPEN,
    with_texts: bool = False,
) -> Iterator[Running]:
    """A server, for as long as the block takes."""
    metrics, log = Metrics(), []
    limits = limits or Limits()
    judging = Judging(grader, metrics, batch or Batch(), limits.waiting)
    service = Service(forms, judging, metrics, limits, door)
    server = Server(service, log.append, with_texts=with_texts)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result(30)
    judging.start()
    port = listening.sockets[0].getsockname()[1]
    found = Running(port, service, judging, loop, server, listening, log)
    try:
        yield found
    finally:
        if isinstance(grader, HeldJudge):
            grader.released.set()
        found.stop()
        judging.stop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    connection.close()
    return b"".join(parts)


def group(name: str, sheets: Any, **more: Any) -> dict[str, Any]:
    """A group of answers that consist of their sheets."""
    texts = [sheet if isinstance(sheet, str) else json.dumps(sheet) for sheet in sheets]
    return {"rubric": name, "prompt": "What now?", "responses": texts, **more}
