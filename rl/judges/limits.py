"""How much a server is asked: requests and tokens a minute, and a budget of tokens in all."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """None is without a limit. `budget` counts tokens as the server does, over the whole run."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    budget: int | None = None


class Limits:
    """Shared by all threads that ask one server; `now` is a clock in seconds."""

    def __init__(self, rates: Rates, now: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._now = now
        self._budget = rates.budget
        self._spent = 0
        self._requests = _Bucket(rates.requests_per_minute, now())
        self._tokens = _Bucket(rates.tokens_per_minute, now())

    def spent(self) -> bool:
        """Whether the budget is used up."""
        with self._lock:
            return self._budget is not None and self._spent >= self._budget

    def reserve(self, tokens: int) -> float:
        """Take the place of one request of about `tokens`; how many seconds to wait for it."""
        with self._lock:
            now = self._now()
            return max(self._requests.take(1, now), self._tokens.take(tokens, now))

    def settle(self, estimated: int, used: int) -> None:
        """Put the tokens that the server counted in place of the estimate."""
        with self._lock:
            self._tokens.level -= used - estimated
            self._spent += used


class _Bucket:
    """Holds a minute's worth at most, and may owe: who comes next waits until the debt is paid."""

    def __init__(self, per_minute: float | None, now: float) -> None:
        self.size = per_minute
        self.level = per_minute or 0.0
        self._at = now

    def take(self, amount: float, now: float) -> float:
        if self.size is None:
            return 0.0
        rate = self.size / 60
        self.level = min(self.size, self.level + (now - self._at) * rate)
        self._at = now
        # What is larger than a whole minute's worth may go when the bucket is full.
        wait = max(0.0, min(amount, self.size) - self.level) / rate
        self.level -= amount
        return wait
