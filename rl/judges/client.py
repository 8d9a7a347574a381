"""Asking a server until it answers or patience ends: retries, back-off, limits, typed failures."""

import email.utils
import json
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..errors import TrainingError
from .http import LIMIT, Reply, Send, send
from .limits import Limits, Rates
from .protocol import Failure

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_SHOWN = 300
_DEAD_AFTER = 8
_HIDDEN = "[the key]"


@dataclass(frozen=True)
class Patience:
    """Seconds for one try and for all tries of a request, waiting included; tries after the first.

    The wait before try n is between half and all of `first_wait·2ⁿ`, at most `longest_wait`, and
    never less than the server's `Retry-After`.
    """

    timeout: float = 120.0
    deadline: float = 600.0
    retries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need neither."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    date: Callable[[], float] = time.time


@dataclass(frozen=True)
class Answer:
    """The JSON object that a server answered with, and how many requests it took."""

    value: Mapping[str, Any]
    requests: int


@dataclass(frozen=True)
class NoAnswer:
    """Why there is none; `said` is the beginning of what the server said about it."""

    failure: Failure
    requests: int
    said: str = ""


@dataclass
class Client:
    """One server. `key_variable` names the environment variable that holds its key.

    `concurrency` bounds the requests under way over all threads.
    """

    address: str
    key_variable: str | None = None
    patience: Patience = field(default_factory=Patience)
    rates: Rates = field(default_factory=Rates)
    concurrency: int = 8
    clock: Clock = field(default_factory=Clock)
    send: Send = send

    def __post_init__(self) -> None:
        self.address = checked_address(self.address)
        self._key = _key(self.key_variable)
        self._limits = Limits(self.rates, self.clock.now)
        self._places = threading.BoundedSemaphore(self.concurrency)
        self._failed_in_a_row = 0

    def post(self, path: str, body: Mapping[str, Any], tokens: int = 0) -> Answer | NoAnswer:
        """Send one JSON object; `tokens` is how many it will cost, by estimate."""
        url, data = self.address + path, json.dumps(body).encode()
        until = self.clock.now() + self.patience.deadline
        requests, found = 0, NoAnswer(Failure("timeout", "no time was left for a try"), 0)
        while True:
            if self._limits.spent():
                return NoAnswer(Failure("budget"), requests)
            wait = self._limits.reserve(tokens)
            if self.clock.now() + wait >= until:
                self._limits.settle(tokens, 0)
                return NoAnswer(found.failure, requests, found.said)
            if wait:
                self.clock.sleep(wait)
            with self._places:
                left = until - self.clock.now()
                if left <= 0:
                    self._limits.settle(tokens, 0)
                    return NoAnswer(found.failure, requests, found.said)
                got = self._try(url, data, min(self.patience.timeout, left))
            requests += 1
            if not isinstance(got, _Trouble):
                self._limits.settle(tokens, tokens_used(got) or tokens)
                return Answer(got, requests)
            self._limits.settle(tokens, 0)
            found = NoAnswer(got.failure, requests, got.said)
            wait = max(got.wait, self._back_off(requests))
            if not got.again or self._is_last(requests) or self.clock.now() + wait >= until:
                return found
            self.clock.sleep(wait)

    def _is_last(self, requests: int) -> bool:
        # A server that is gone is not waited for again and again by every request of a batch.
        return requests > self.patience.retries or self._failed_in_a_row >= _DEAD_AFTER

    def _back_off(self, tries: int) -> float:
        longest = min(self.patience.first_wait * 2.0 ** (tries - 1), self.patience.longest_wait)
        return longest * (0.5 + self.clock.random() / 2)

    def _try(self, url: str, data: bytes, timeout: float) -> "Mapping[str, Any] | _Trouble":
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            reply = self.send(url, data, headers, timeout)
        except TimeoutError:
            self._failed_in_a_row += 1
            return _Trouble(Failure("timeout", f"no answer within {timeout:.0f} s"), True)
        except ConnectionError as error:
            self._failed_in_a_row += 1
            return _Trouble(Failure("connection", str(error)), True)
        self._failed_in_a_row = 0
        return self._read(url, reply)

    def _read(self, url: str, reply: Reply) -> "Mapping[str, Any] | _Trouble":
        said = reply.body[:_SHOWN].decode(errors="replace")
        if self._key:
            said = said.replace(self._key, _HIDDEN)
        if not 200 <= reply.status < 300:
            failure = Failure("status", f"HTTP {reply.status} from {url}: {said}", reply.status)
            return _Trouble(failure, reply.status in RETRIED, said, self._told_to_wait(reply))
        if len(reply.body) > LIMIT:
            return _Trouble(Failure("too_large", f"more than {LIMIT >> 20} MB"), False)
        if reply.content_type != "application/json":
            what = reply.content_type or "no content type"
            return _Trouble(Failure("content_type", f"{what}: {said}"), True, said)
        try:
            value = json.loads(reply.body)
        except (ValueError, RecursionError):
            return _Trouble(Failure("malformed", f"not JSON: {said}"), True, said)
        if not isinstance(value, dict):
            return _Trouble(Failure("malformed", f"not an object: {said}"), True, said)
        return value

    def _told_to_wait(self, reply: Reply) -> float:
        """The seconds of `Retry-After`, which is a number or a date."""
        text = reply.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            date = email.utils.parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            return 0.0
        return max(0.0, date - self.clock.date())


@dataclass(frozen=True)
class _Trouble:
    """A try that gave nothing, and whether another one may."""

    failure: Failure
    again: bool
    said: str = ""
    wait: float = 0.0


def checked_address(address: str) -> str:
    """The address of a server without a slash at its end. Raises `TrainingError`."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known, parts = False, urlsplit("")
    if not known:
        raise TrainingError(
            f"{address!r} is no address of a server", "such as http://localhost:8000/v1"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise TrainingError(
            f"the address of {parts.hostname} holds more than a host and a path",
            "a key belongs into an environment variable: --api-key-env NAME",
        )
    return address.rstrip("/")


def tokens_used(value: Mapping[str, Any]) -> int:
    """The tokens of a reply as the server counted them; 0 where it says nothing."""
    prompt, completion = usage_in(value)
    return prompt + completion


def usage_in(value: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens of prompt and completion that a reply reports."""
    usage = value.get("usage")
    found = usage if isinstance(usage, dict) else {}
    prompt, completion = (found.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return _count(prompt), _count(completion)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _key(variable: str | None) -> str:
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise TrainingError(
            f"the environment variable {variable} is not set", "put the server's key into it"
        )
    if not key.isascii() or not key.isprintable():
        raise TrainingError(f"the environment variable {variable} holds no key of a server")
    return key
