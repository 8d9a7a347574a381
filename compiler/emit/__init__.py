"""One module per artefact; each `emit(job)` gives the chunks of the files it is about."""

from collections.abc import Callable, Iterator

from ..job import Chunk, Job, Part
from . import grpo, ir_documents, judge, reward, reward_model

EMITTERS: dict[Part, Callable[[Job], Iterator[Chunk]]] = {
    "ir": ir_documents.emit,
    "reward_model": reward_model.emit,
    "judge": judge.emit,
    "reward": reward.emit,
    "grpo": grpo.emit,
}

__all__ = ["EMITTERS"]
