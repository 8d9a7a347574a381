"""Work on threads that nobody waits for once something is wrong.

The threads of `concurrent.futures` are joined when the process ends, so that an interrupted run
would hang until the last server had answered or every retry was over.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], tasks: Sequence[T], threads: int) -> list[R]:
    """The results of all tasks in order. When one raises, those that have not begun never do."""
    if threads < 2 or len(tasks) < 2:
        return [work(task) for task in tasks]
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for place in range(len(tasks)):
        waiting.put(place)
    done: queue.SimpleQueue[tuple[int, R | None, BaseException | None]] = queue.SimpleQueue()
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((place, work(tasks[place]), None))
            # It is raised again where the results are awaited.
            except BaseException as error:
                done.put((place, None, error))

    for _ in range(min(threads, len(tasks))):
        threading.Thread(target=run, daemon=True).start()
    found: dict[int, R | None] = {}
    try:
        while len(found) < len(tasks):
            place, result, error = done.get()
            if error is not None:
                raise error
            found[place] = result
    finally:
        stop.set()
    return [found[place] for place in range(len(tasks))]  # type: ignore[misc]
