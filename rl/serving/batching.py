"""One queue before the judge: the answers of all requests that wait are judged together.

A judge is called by a few threads, one for a model in this process. A call takes what waits, oldest
first, up to the size of a batch; when less waits, it may wait a moment for more. Whatever a judge
does, every answer gets a record: one that raises is asked about each request alone, so that a
request cannot spoil its neighbours, and what still fails is a failure of the answer.
"""

import math
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from ..judges.client import Clock
from ..judges.protocol import Failure, Grader, Record, all_failed
from ..material import Item
from .limits import Batch
from .metrics import Metrics
from .problems import Problem


class Job:
    """The answers of one request. `done` is set when the last record is there."""

    def __init__(self, items: Sequence[Item], arrived: float) -> None:
        self.items = items
        self.arrived = arrived
        self.done: Future[None] = Future()
        self.records: list[Record | None] = [None] * len(items)
        self.taken = 0
        self.left = len(items)
        self.closed = False


Portion = list[tuple[Job, int]]


class Judging:
    """The queue, and the threads that empty it. `submit` and `close` never wait for a judge."""

    def __init__(
        self,
        grader: Grader,
        metrics: Metrics,
        batch: Batch,
        most_waiting: int,
        clock: Clock | None = None,
    ) -> None:
        self._grader = grader
        self._metrics = metrics
        self._batch = batch
        self._most_waiting = most_waiting
        self._now = (clock or Clock()).now
        self._jobs: deque[Job] = deque()
        self._change = threading.Condition()
        self._stopping = False
        self._waiting = 0
        self._last_call = 1.0
        self._threads = [
            threading.Thread(target=self._work, name=f"judge-{n}", daemon=True)
            for n in range(batch.threads)
        ]
        metrics.gauge("waiting_answers", "Answers that no judge has begun with.", self.waiting)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def is_alive(self) -> bool:
        """Whether somebody still empties the queue."""
        return any(thread.is_alive() for thread in self._threads)

    def waiting(self) -> int:
        """How many answers no judge has begun with."""
        with self._change:
            return self._waiting

    def submit(self, items: Sequence[Item]) -> Job:
        """Put answers into the queue. Raises `Problem` when too many wait already."""
        job = Job(items, self._now())
        if not items:
            job.closed = True
            job.done.set_result(None)
            return job
        with self._change:
            if self._waiting and self._waiting + len(items) > self._most_waiting:
                calls = self._waiting / self._batch.answers / self._batch.threads
                wait = min(60, max(1, math.ceil(calls * self._last_call)))
                raise Problem("busy", f"{self._waiting:,} answers wait to be judged", wait)
            self._jobs.append(job)
            self._waiting += len(items)
            self._change.notify_all()
        return job

    def close(self, job: Job, failure: Failure) -> list[Record]:
        """The records of a job, with `failure` for the answers that have none yet.

        They are judged no more, and a verdict that comes now comes too late.
        """
        with self._change:
            if not job.closed:
                job.closed = True
                self._waiting -= len(job.items) - job.taken
                if job in self._jobs:
                    self._jobs.remove(job)
            return [
                record or all_failed(item, failure)
                for item, record in zip(job.items, job.records, strict=True)
            ]

    def stop(self) -> None:
        """Let the threads end when the queue is empty."""
        with self._change:
            self._stopping = True
            self._change.notify_all()

    def _work(self) -> None:
        while portion := self._take():
            start = self._now()
            records: list[Record] = []
            try:
                records = self._graded(portion)
            finally:
                # A thread that dies leaves nobody waiting.
                left = portion[len(records) :]
                lost = [all_failed(job.items[n], Failure("crashed", "it ended")) for job, n in left]
                self._deliver(portion, [*records, *lost])
            self._last_call = self._now() - start
            self._metrics.observe("judge_seconds", self._last_call)
            self._metrics.observe("batch_answers", len(portion))

    def _take(self) -> Portion:
        """The answers of the next call; none when all is done."""
        with self._change:
            while True:
                while not self._jobs and not self._stopping:
                    self._change.wait()
                if not self._jobs:
                    return []
                left = self._jobs[0].arrived + self._batch.window - self._now()
                if left <= 0 or self._stopping or self._waiting >= self._batch.answers:
                    return self._portion()
                self._change.wait(left)

    def _portion(self) -> Portion:
        portion: Portion = []
        room = self._batch.characters
        while self._jobs and len(portion) < self._batch.answers:
            job = self._jobs[0]
            size = _characters(job.items[job.taken])
            if portion and size > room:
                break
            portion.append((job, job.taken))
            room -= size
            job.taken += 1
            self._waiting -= 1
            if job.taken == len(job.items):
                self._jobs.popleft()
        return portion

    def _graded(self, portion: Portion) -> list[Record]:
        items = [job.items[place] for job, place in portion]
        try:
            records = self._grader.grade(items)
            if len(records) != len(items):
                raise ValueError(f"{len(records)} records for {len(items)} answers")
        # The border to foreign code: nothing that goes wrong there may become a score.
        except Exception as fault:
            parts = _by_job(portion)
            if len(parts) > 1:
                return [record for part in parts for record in self._graded(part)]
            failure = Failure("crashed", f"{type(fault).__name__}: {fault}"[:300])
            return [all_failed(item, failure) for item in items]
        return list(records)

    def _deliver(self, portion: Portion, records: Sequence[Record]) -> None:
        finished = []
        with self._change:
            for (job, place), record in zip(portion, records, strict=True):
                if job.closed:
                    continue
                job.records[place] = record
                job.left -= 1
                if not job.left:
                    job.closed = True
                    finished.append(job)
        for job in finished:
            job.done.set_result(None)


def _characters(item: Item) -> int:
    """The length of what a judge reads, roughly: texts, not what JSON adds."""
    return len(item["response"]) + sum(len(str(turn.get("content"))) for turn in item["prompt"])


def _by_job(portion: Portion) -> list[Portion]:
    """The parts of a portion that belong to one request each, in order."""
    parts: list[Portion] = []
    for job, place in portion:
        if parts and parts[-1][0][0] is job:
            parts[-1].append((job, place))
        else:
            parts.append([(job, place)])
    return parts
