"""`reward.py`: one file, standard library only, from verdicts to rewards; and what it keeps."""

from collections.abc import Iterator

from ..job import Chunk, Job
from . import certificate
from .reward_module import emit_reward

PATH = "reward.py"


def emit(job: Job) -> Iterator[Chunk]:
    yield PATH, reward_text(job).encode()
    yield from certificate.emit(job)


def reward_text(job: Job) -> str:
    """The text of `reward.py`; with rubrics in the rows it has none of its own."""
    embedded = () if job.options.rubrics_in_rows else job.rubrics
    return emit_reward([(r, job.hashes[r.name]) for r in embedded])
