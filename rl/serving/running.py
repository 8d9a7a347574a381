"""A server from its beginning to its end: bundle, judge, door, signals."""

import asyncio
import json
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from rubricdsl.bundle import BundleError, open_bundle
from rubricdsl.compact import compact
from rubricdsl.runtime.form import CompactRubric

from ..errors import TrainingError
from ..judges.opening import Options, is_address, open_judges
from ..judges.protocol import Grader
from .access import Door, open_door
from .batching import Judging
from .limits import Batch, Limits
from .metrics import Metrics
from .service import Service

_IN_PROCESS = Batch(window=0.005)
# A call ends with its slowest answer, so calls of servers are small and side by side.
_REMOTE = Batch(answers=8, threads=8)


@dataclass(frozen=True)
class Settings:
    """Where and for whom. `token_variable` names the environment variable with the token; `log`
    is where the log of requests goes, None for standard error; `with_texts` puts bodies into it.
    `batch` (answers in a call of the judge) and `window` (seconds that a call waits for more)
    follow from the judges where they are None."""

    host: str = "127.0.0.1"
    port: int = 8300
    token_variable: str | None = None
    without_token: bool = False
    limits: Limits = field(default_factory=Limits)
    batch: int | None = None
    window: float | None = None
    log: Path | None = None
    with_texts: bool = False


def read_forms(folder: Path) -> dict[str, CompactRubric]:
    """The rubrics of a bundle as rewards read them. Runs no code of it. Raises `TrainingError`."""
    try:
        bundle = open_bundle(folder)
        hashes = {entry.name: entry.hash for entry in bundle.rubric_entries}
        # Through JSON, as `reward.py` has them.
        return {
            rubric.name: json.loads(json.dumps(compact(rubric, hashes[rubric.name])))
            for rubric in bundle.rubrics()
        }
    except BundleError as error:
        raise TrainingError(str(error), "compile the bundle with the target `ir`") from None


def serve(folder: Path, judges: Sequence[str], options: Options, settings: Settings) -> int:
    """Serve a bundle until a signal ends it: 0 when everything under way was finished.

    Raises `TrainingError` for what cannot be opened or bound.
    """
    _allow_connections(settings.limits.connections)
    door = open_door(settings.host, settings.token_variable, without_token=settings.without_token)
    forms = read_forms(folder)
    grader = open_judges(folder, judges, options).grader
    batch = batch_for(judges)
    batch = Batch(
        settings.batch or batch.answers,
        batch.characters,
        batch.window if settings.window is None else settings.window,
        batch.threads,
    )
    with _log(settings.log) as stream:
        return asyncio.run(_run(forms, grader, batch, door, settings, stream))


def batch_for(judges: Sequence[str]) -> Batch:
    """How a judge that these words name is best called."""
    if all(map(is_address, judges)):
        return _REMOTE
    models = [spec for spec in judges if not is_address(spec) and Path(spec).is_dir()]
    return _IN_PROCESS if models else Batch()


async def _run(
    forms: Mapping[str, CompactRubric],
    grader: Grader,
    batch: Batch,
    door: Door,
    settings: Settings,
    stream: TextIO,
) -> int:
    from .connections import Server

    metrics = Metrics()
    judging = Judging(grader, metrics, batch, settings.limits.waiting)
    service = Service(forms, judging, metrics, settings.limits, door)
    server = Server(service, writer(stream), with_texts=settings.with_texts)
    try:
        listening = await server.start(settings.host, settings.port)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise TrainingError(f"cannot listen at {where}: {error.strerror or error}") from None
    judging.start()
    asked_to_stop, at_once = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _on_signal, asked_to_stop, at_once)
    for socket in listening.sockets:
        host, port = socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        count = f"{len(forms)} rubric{'s' * (len(forms) != 1)}"
        print(f"serving {count} at http://{shown}:{port}", file=sys.stderr, flush=True)
    await asked_to_stop.wait()
    listening.close()
    print("stopping: finishing what is under way", file=sys.stderr, flush=True)
    # What is under way ends at its own limits; a second signal does not wait for them.
    finishing = asyncio.ensure_future(server.finish(_longest(settings.limits)))
    hurry = asyncio.ensure_future(at_once.wait())
    await asyncio.wait({finishing, hurry}, return_when=asyncio.FIRST_COMPLETED)
    judging.stop()
    hurry.cancel()
    if not finishing.done():
        finishing.cancel()
        return 1
    return 0 if finishing.result() else 1


def _allow_connections(count: int) -> None:
    """Ask the system for as many open files as there may be connections, and some more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 256 if hard == resource.RLIM_INFINITY else min(count + 256, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _on_signal(asked_to_stop: asyncio.Event, at_once: asyncio.Event) -> None:
    (at_once if asked_to_stop.is_set() else asked_to_stop).set()


def _longest(limits: Limits) -> float:
    """The seconds after which no request can be under way any more."""
    sending = limits.head_seconds + limits.body_seconds + limits.write_seconds
    return limits.seconds + sending + 10


def writer(stream: TextIO) -> Callable[[dict[str, Any]], None]:
    """Writes a line of JSON per exchange. A full disk or a closed pipe ends no request."""

    def write(line: dict[str, Any]) -> None:
        with suppress(OSError, ValueError):
            stream.write(json.dumps(line) + "\n")
            stream.flush()

    return write


class _log:
    """The stream of the log, closed at the end unless it is standard error."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> TextIO:
        if self._path is None:
            self._stream = sys.stderr
            return sys.stderr
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._path.open("a", encoding="utf-8")
        except OSError as error:
            what = error.strerror or error
            raise TrainingError(f"{self._path} cannot be written: {what}") from None
        return self._stream

    def __exit__(self, *ended: object) -> None:
        if self._path is not None:
            with suppress(OSError):
                self._stream.close()
