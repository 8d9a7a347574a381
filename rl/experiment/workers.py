"""Jobs on several processes, with a line for each that is done, and the time that is left."""

import json
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from ..errors import TrainingError
from ..progress import Say
from .jobs import Job, perform
from .places import Places
from .plan import Plan


class Workers:
    """Does jobs that are not done, so many at a time as the plan has workers.

    `later` counts the jobs of later stages by what they are: only for the time that is told.
    """

    def __init__(self, places: Places, plan: Plan, tell: Say) -> None:
        self._places = places
        self._plan = plan
        self._tell = tell
        self._took: dict[str, list[float]] = defaultdict(list)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        # A fresh interpreter for each worker: torch does not survive a fork.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self._plan.workers, mp_context=context)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._pool is not None
        self._pool.shutdown(wait=True, cancel_futures=True)

    def do(self, jobs: Sequence[Job], later: Sequence[Job] = ()) -> list[dict[str, Any]]:
        """The results of all jobs, in their order. Raises `TrainingError` when one fails."""
        assert self._pool is not None
        found = {job: result for job in jobs if (result := self.recorded(job)) is not None}
        waiting = [job for job in jobs if job not in found]
        left = [*waiting, *(job for job in later if self.recorded(job) is None)]
        running = {
            self._pool.submit(perform, job, self._places, self._plan): job for job in waiting
        }
        for done in as_completed(running):
            job = running[done]
            try:
                found[job] = done.result()
            except (RuntimeError, ValueError, OSError, KeyError) as error:
                self._pool.shutdown(wait=False, cancel_futures=True)
                raise TrainingError(f"{job.name} failed: {error}") from error
            left.remove(job)
            self._took[job.what].append(found[job]["seconds"])
            self._tell(f"  {job.name}  {found[job]['seconds']:.0f} s; {self._time_left(left)}")
        return [found[job] for job in jobs]

    def recorded(self, job: Job) -> dict[str, Any] | None:
        """The result of a job that was done before."""
        path = self._places.result(job.name)
        if not path.exists():
            return None
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result

    def _time_left(self, left: Sequence[Job]) -> str:
        every = [seconds for took in self._took.values() for seconds in took]
        usual = sum(every) / len(every)
        total = 0.0
        for job in left:
            took = self._took.get(job.what) or (self._took.get("trial") if job.arm else None)
            total += sum(took) / len(took) if took else usual
        minutes = total / self._plan.workers / 60
        end = time.strftime("%H:%M", time.localtime(time.time() + 60 * minutes))
        return f"{len(left)} jobs left, about {minutes:.0f} min (until {end})"
