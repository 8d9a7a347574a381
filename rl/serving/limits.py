"""How much a server takes on, and how long it waits."""

from dataclasses import dataclass

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bytes, characters, counts and seconds.

    `body` of one request; `held` of all bodies that are in memory; `answers` of one request;
    `text` characters of an answer or of a conversation; `requests` under way; `waiting` answers
    that no judge has begun with; `connections` open at a time. `seconds` is what a request gets
    once it was read: answers that are late are `cannot_assess`. `head_seconds` and `body_seconds`
    bound how long a client may take to send, `write_seconds` to receive, `idle_seconds` is how
    long a connection is kept without a request.
    """

    body: int = 16 * MB
    held: int = 256 * MB
    head: int = 16 * 1024
    answers: int = 1024
    text: int = 200_000
    requests: int = 4096
    waiting: int = 16_384
    connections: int = 8192
    seconds: float = 120.0
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    write_seconds: float = 30.0
    idle_seconds: float = 75.0


@dataclass(frozen=True)
class Batch:
    """What one call of the judge holds, at most, and how many seconds it waits to be full.

    An answer that has more `characters` than that is judged alone. `threads` call the judge side
    by side; a model in this process has one.
    """

    answers: int = 64
    characters: int = 400_000
    window: float = 0.0
    threads: int = 1
