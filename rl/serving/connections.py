"""HTTP/1.1 on asyncio's streams: h11 knows the protocol, this knows patience and room.

h11 reads and writes HTTP without any input or output of its own, and is strict where leniency makes
holes (two lengths, chunks that do not add up). What it leaves to its caller is here: how long a
client may take for a head, a body, a reply; how much is held in memory; when a client is gone and
its question with it; and how to end.
"""

import asyncio
import secrets
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11

from .problems import CONTENT_TYPE, Problem
from .service import PATHS, Reply, Request, Service

_CHUNK = 1 << 16
_LINGER = 1.0

Log = Callable[[dict[str, Any]], None]


@dataclass
class _Exchange:
    """One request and its reply, as the log has it."""

    id: str
    started: float
    request: Request | None = None
    bytes_in: int = 0
    held: int = 0


class Server:
    """Connections of one service. `log` is given every exchange; with `with_texts` also bodies."""

    def __init__(self, service: Service, log: Log, *, with_texts: bool = False) -> None:
        self._service = service
        self._limits = service.limits
        self._log = log
        self._with_texts = with_texts
        self._idle: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._held = 0
        service.metrics.gauge(
            "requests_under_way", "Requests that have no reply yet.", lambda: self._under_way
        )

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Listen. Raises `OSError` where that is not possible."""
        return await asyncio.start_server(self._connected, host, port, limit=_CHUNK, backlog=1024)

    async def finish(self, seconds: float) -> bool:
        """Refuse what is new and wait for the rest; whether it was done in time."""
        self._service.stopping = True
        for task in list(self._idle):
            task.cancel()
        left = list(self._open)
        if left:
            _, late = await asyncio.wait(left, timeout=seconds)
            for task in late:
                task.cancel()
            return not late
        return True

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(task, reader, writer)
        # The client went away, or the server is at its end: there is nobody to tell.
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._idle.discard(task)
            self._open.discard(task)
            writer.close()

    async def _serve(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.head)
        talk = _Talk(http, reader, writer, self._limits.write_seconds)
        if len(self._open) > self._limits.connections:
            exchange = _Exchange(secrets.token_hex(8), time.monotonic())
            problem = Problem("busy", f"{self._limits.connections:,} connections are open", 1)
            await self._refuse(talk, exchange, problem)
            return
        while True:
            if not http.trailing_data[0] and not await self._begins(task, talk):
                return
            exchange = _Exchange(secrets.token_hex(8), time.monotonic())
            try:
                if not await self._exchange(talk, exchange):
                    return
            finally:
                self._held -= exchange.held
            if {http.our_state, http.their_state} != {h11.DONE}:
                await talk.linger()
                return
            http.start_next_cycle()

    async def _begins(self, task: asyncio.Task[None], talk: "_Talk") -> bool:
        """Wait for the first bytes of a request; false when the client has no more."""
        if self._service.stopping:
            return False
        self._idle.add(task)
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                return await talk.read_more()
        finally:
            self._idle.discard(task)

    async def _exchange(self, talk: "_Talk", exchange: _Exchange) -> bool:
        """One request and its reply; false when the client is gone."""
        self._under_way += 1
        try:
            try:
                request = await self._read(talk, exchange)
                if request is None:
                    return False
                reply = await self._unless_gone(talk, self._service.answer(request))
                if reply is None:
                    self._note(exchange, 499, 0, {})
                    return False
            except Problem as problem:
                await self._refuse(talk, exchange, problem)
                return True
            except h11.RemoteProtocolError as error:
                code = "head_too_large" if error.error_status_hint == 431 else "bad_http"
                await self._refuse(talk, exchange, Problem(code, str(error)))
                return True
            # A mistake of ours must not end the server, and its place is for the log alone.
            except Exception:
                self._log({"error": traceback.format_exc()})
                await self._refuse(talk, exchange, Problem("internal", "it is in the log"))
                return True
            await self._send(talk, exchange, reply.status, reply)
            return True
        finally:
            self._under_way -= 1

    async def _read(self, talk: "_Talk", exchange: _Exchange) -> Request | None:
        """A whole request, admitted before its body is read; None when the client is gone."""
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                head = await talk.event()
        except TimeoutError:
            raise Problem("slow", f"the head took over {self._limits.head_seconds:g} s") from None
        if not isinstance(head, h11.Request):
            return None
        path, _, query = head.target.decode("latin-1").partition("?")
        headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in head.headers}
        request = Request(head.method.decode("latin-1"), path, query, headers)
        exchange.request = request
        # h11 bounds a head that is not whole; this one may have come in a single piece.
        if len(head.target) + sum(len(n) + len(v) for n, v in head.headers) > self._limits.head:
            raise Problem("head_too_large", f"at most {self._limits.head:,} bytes are taken")
        if "content-length" in headers and "transfer-encoding" in headers:
            raise Problem("bad_http", "a body has a length or comes in chunks, not both")
        self._service.admit(request)
        if request.method == "POST" and self._under_way > self._limits.requests:
            raise Problem("busy", f"{self._limits.requests:,} requests are under way", 1)
        self._demand_room(int(headers.get("content-length", 0)))
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._body(talk, exchange)
        except TimeoutError:
            raise Problem("slow", f"the body took over {self._limits.body_seconds:g} s") from None
        exchange.request = Request(request.method, path, query, headers, body)
        exchange.started = time.monotonic()
        return exchange.request

    async def _body(self, talk: "_Talk", exchange: _Exchange) -> bytes:
        body = bytearray()
        while isinstance(event := await talk.event(), h11.Data):
            size = len(event.data)
            self._demand_room(len(body) + size, size)
            self._held += size
            exchange.held += size
            exchange.bytes_in += size
            body += event.data
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionResetError
        return bytes(body)

    def _demand_room(self, size: int, more: int = 0) -> None:
        """Refuse a body that is too large, and one that memory has no room for now."""
        if size > self._limits.body:
            raise Problem("too_large", f"at most {self._limits.body:,} bytes are taken")
        if self._held + (more or size) > self._limits.held:
            raise Problem("busy", f"{self._held:,} bytes of other requests are in memory", 1)

    async def _unless_gone(self, talk: "_Talk", work: Any) -> Reply | None:
        """The result of some work, or None when the client went away before."""
        answer = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(talk.gone())
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                found: Reply = answer.result()
                return found
            return None
        finally:
            for task in (answer, gone):
                task.cancel()
                with suppress(asyncio.CancelledError, ConnectionError, Problem):
                    await task

    async def _refuse(self, talk: "_Talk", exchange: _Exchange, problem: Problem) -> None:
        reply = Reply(problem.body(exchange.id), CONTENT_TYPE, problem.status)
        headers = [(n.lower().encode(), v.encode()) for n, v in problem.all_headers()]
        await self._send(talk, exchange, problem.status, reply, headers, problem.code)

    async def _send(
        self,
        talk: "_Talk",
        exchange: _Exchange,
        status: int,
        reply: Reply,
        more: list[tuple[bytes, bytes]] | None = None,
        code: str | None = None,
    ) -> None:
        notes = {**reply.notes, **({"code": code} if code else {})}
        self._note(exchange, status, len(reply.body), notes)
        headers = [
            (b"content-type", reply.content_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", exchange.id.encode()),
            *(more or []),
        ]
        # A body that was not read cannot be told from the next request.
        if self._service.stopping or talk.http.their_state is not h11.DONE:
            headers.append((b"connection", b"close"))
        head = h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase)
        await talk.send(head, h11.Data(data=reply.body), h11.EndOfMessage())

    def _note(self, exchange: _Exchange, status: int, size: int, notes: Any) -> None:
        """Log and count an exchange."""
        request = exchange.request or Request("", "")
        seconds = time.monotonic() - exchange.started
        path = request.path if request.path in PATHS else "other"
        self._service.metrics.count("requests", path=path, status=str(status))
        self._service.metrics.observe("request_seconds", seconds, path=path)
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "request": exchange.id,
            "method": request.method[:20],
            "path": request.path[:200],
            "status": status,
            "seconds": round(seconds, 6),
            "bytes_in": exchange.bytes_in,
            "bytes_out": size,
            **notes,
        }
        if self._with_texts:
            line["body"] = request.body.decode(errors="replace")
        self._log(line)


class _Talk:
    """A connection with its state."""

    def __init__(
        self,
        http: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        write_seconds: float,
    ) -> None:
        self.http = http
        self._reader = reader
        self._writer = writer
        self._write_seconds = write_seconds

    async def read_more(self) -> bool:
        """Take bytes in; false at the end of the stream."""
        data = await self._reader.read(_CHUNK)
        self.http.receive_data(data)
        return bool(data)

    async def event(self) -> Any:
        """The next event of h11. A client that waits for leave to send its body gets it."""
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self.http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            await self.read_more()

    async def gone(self) -> None:
        """Wait until the client has closed. The beginning of its next request is kept."""
        if await self.read_more():
            await asyncio.Event().wait()

    async def send(self, *events: Any) -> None:
        """Write events; a client that does not take them within its time is cut off."""
        if self.http.our_state is h11.ERROR:
            raise ConnectionResetError
        self._writer.write(b"".join(self.http.send(event) or b"" for event in events))
        async with asyncio.timeout(self._write_seconds):
            await self._writer.drain()

    async def linger(self) -> None:
        """Read on for a moment before closing: a reset would take the reply with it."""
        with suppress(TimeoutError, OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(_LINGER):
                while await self._reader.read(_CHUNK):
                    pass
