"""What a server answers, path by path; nothing here knows of sockets."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs

from rubricdsl.runtime.form import CompactRubric
from rubricdsl.runtime.groups import is_ranked

from ..judges.protocol import Failure, Record
from . import trainers
from .access import Door
from .batching import Judging
from .limits import Limits
from .metrics import CONTENT_TYPE, Metrics
from .problems import Problem
from .reading import Asked, read_asked, read_json
from .scoring import Scored, failures_in, group_details, questions, scored

JSON = "application/json"
R = TypeVar("R")


@dataclass(frozen=True)
class Request:
    """A request that was read. `headers` by name in lower case; `path` without the query."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What is sent; `notes` are for the log alone."""

    body: bytes
    content_type: str = JSON
    status: int = 200
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Judged:
    """A request with its rewards."""

    asked: Asked
    done: Sequence[Scored]
    sheets: Sequence[Sequence[Mapping[str, Any]]]
    records: Sequence[Sequence[Record | None]]


class Service:
    """Rubrics by name, the queue before the judge, and who may ask."""

    def __init__(
        self,
        forms: Mapping[str, CompactRubric],
        judging: Judging,
        metrics: Metrics,
        limits: Limits,
        door: Door,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.metrics = metrics
        self.stopping = False
        self._forms = forms
        self._judging = judging
        self._door = door
        self._now = now
        # Reading and scoring are work for a processor: a few threads keep it off the loop.
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="serve")

    def admit(self, request: Request) -> None:
        """Look at the head of a request, before its body is read. Raises `Problem`."""
        methods = _ROUTES.get(request.path)
        if methods is None:
            raise Problem("not_found", f"the paths are {', '.join(_ROUTES)}")
        if request.path not in _OPEN:
            self._door.check(request.headers)
        if request.method != methods:
            raise Problem("wrong_method", f"use {methods}", headers=(("Allow", methods),))
        if self.stopping and request.path not in _OPEN:
            raise Problem("stopping", "ask again when it is back", 5)
        if methods == "POST":
            # Pages of other origins cannot send this type without asking first.
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != JSON:
                raise Problem("wrong_type", f"send `Content-Type: {JSON}`")

    async def answer(self, request: Request) -> Reply:
        """The reply to a request that was admitted. Raises `Problem`."""
        if request.path in _FORMS:
            return await self._rewards(request, _FORMS[request.path])
        if request.path == "/v1/rubrics":
            return _json({"rubrics": [_described(form) for form in self._forms.values()]})
        if request.path == "/metrics":
            return Reply(self.metrics.text().encode(), CONTENT_TYPE)
        if request.path == "/health/ready":
            return self._ready()
        return _json({"status": "live"})

    def _ready(self) -> Reply:
        if self.stopping:
            raise Problem("stopping", "it finishes what it has", 5)
        if not self._judging.is_alive():
            raise Problem("internal", "no thread is left that asks the judge")
        return _json({"status": "ready", "waiting": self._judging.waiting()})

    async def _rewards(self, request: Request, form: "_Form") -> Reply:
        until = self._now() + self.limits.seconds
        asked = await self._in_thread(lambda: form.read(request.body, self._forms, self.limits))
        places, items = await self._in_thread(lambda: questions(asked) if form.asks else ([], []))
        job = self._judging.submit(items)
        late = Failure("timeout", f"the request had {self.limits.seconds:g} s")
        try:
            async with asyncio.timeout(max(0.0, until - self._now())):
                # Shielded: the judge's thread may be about to finish it.
                await asyncio.shield(asyncio.wrap_future(job.done))
        except TimeoutError:
            pass
        finally:
            records = self._judging.close(job, late)
        by_place = dict(zip(places, records, strict=True))
        return await self._in_thread(lambda: self._reply(request, form, asked, by_place))

    def _reply(
        self,
        request: Request,
        form: "_Form",
        asked: Asked,
        by_place: Mapping[tuple[int, int], Record],
    ) -> Reply:
        records = [
            [by_place.get((g, a)) for a in range(len(group.answers))]
            for g, group in enumerate(asked.groups)
        ]
        sheets = [
            [_sheet(answer.verdicts, record) for answer, record in zip(g.answers, own, strict=True)]
            for g, own in zip(asked.groups, records, strict=True)
        ]
        done = [scored(g, own) for g, own in zip(asked.groups, sheets, strict=True)]
        failures = failures_in([record for own in records for record in own])
        dropped = sum(reward is None for one in done for reward in one.rewards)
        self.metrics.count("answers", asked.answers)
        self.metrics.count("dropped", dropped)
        for kind, count in failures.items():
            self.metrics.count("judge_failures", count, kind=kind)
        notes = {"answers": asked.answers, "dropped": dropped, "failures": dict(failures)}
        worst = parse_qs(request.query).get("dropped") == ["worst"]
        found = form.reply(_Judged(asked, done, sheets, records), worst)
        if form.tells_failures:
            found["failures"] = dict(failures)
        return _json(found, notes)

    async def _in_thread(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@dataclass(frozen=True)
class _Form:
    """A way to ask for rewards: reading a body, whether a judge is asked, writing the reply."""

    read: Callable[[bytes, Mapping[str, CompactRubric], Limits], Asked]
    reply: Callable[[_Judged, bool], dict[str, Any]]
    asks: bool = True
    tells_failures: bool = False


def _ours(judged: _Judged, worst: bool) -> dict[str, Any]:
    """Our own reply: the rewards of each group, and with details all about its answers."""
    found: dict[str, Any] = {"rewards": [one.rewards for one in judged.done]}
    if judged.asked.details:
        found["groups"] = [
            group_details(*parts)
            for parts in zip(
                judged.asked.groups, judged.done, judged.sheets, judged.records, strict=True
            )
        ]
    return found


def _in_words_of(
    reply: Callable[..., dict[str, Any]],
) -> Callable[[_Judged, bool], dict[str, Any]]:
    return lambda judged, worst: reply(judged.asked.groups, judged.done, worst=worst)


_FORMS: Mapping[str, _Form] = {
    "/v1/rewards": _Form(
        lambda body, forms, limits: read_asked(read_json(body), forms, limits, judged=False),
        _ours,
        tells_failures=True,
    ),
    "/v1/scores": _Form(
        lambda body, forms, limits: read_asked(read_json(body), forms, limits, judged=True),
        _ours,
        asks=False,
    ),
    "/v1/openrlhf": _Form(
        lambda body, forms, limits: trainers.read_openrlhf(read_json(body), forms, limits),
        _in_words_of(trainers.openrlhf_reply),
    ),
    "/v1/slime": _Form(
        lambda body, forms, limits: trainers.read_slime(read_json(body), forms, limits),
        _in_words_of(trainers.slime_reply),
    ),
}
_OPEN = ("/health/live", "/health/ready")
_ROUTES: Mapping[str, str] = {
    **dict.fromkeys(_FORMS, "POST"),
    **dict.fromkeys(("/v1/rubrics", "/metrics", *_OPEN), "GET"),
}
PATHS = frozenset(_ROUTES)


def _sheet(given: Mapping[str, Any] | None, record: Record | None) -> Mapping[str, Any]:
    return (given or {}) if record is None else record.sheet


def _described(form: CompactRubric) -> dict[str, Any]:
    """A rubric as a client needs it to ask well."""
    return {
        **{key: form[key] for key in ("name", "version", "hash", "reward", "inputs")},
        "whole_groups": is_ranked(form),
        "profiles": [profile["id"] for profile in form["profiles"]],
        "criteria": [
            {
                "id": c["id"],
                "tier": ("safety", "proficiency", "excellence")[c["tier"]],
                "forbids": c["forbids"],
                "levels": None if c["credits"] is None else len(c["credits"]),
                "by_check": c["check"] is not None,
            }
            for c in form["criteria"]
        ],
    }


def _json(value: Any, notes: Mapping[str, Any] | None = None) -> Reply:
    # No NaN can be in it: a reward is one division of integers.
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    return Reply(body, notes=notes or {})
