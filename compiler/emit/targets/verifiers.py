"""verifiers and prime-rl: an installable package with a taskset.

verifiers has a judge of its own, which reads a rubric from `rubric.toml` and takes a weighted mean.
The file is written too, for a bundle with one rubric that such a mean can say.
"""

from collections.abc import Iterator
from typing import Any

from rubricdsl.foreign import Powers, losses

from ...job import Chunk, Job
from .interface import FOLDER, Record, Target, case_of

RUBRIC = "rubric.toml"


def row(record: Record, number: int) -> dict[str, Any]:
    return {"prompt": record["prompt"], "prompt_id": record["prompt_id"], **case_of(record)}


def judged(job: Job) -> Iterator[Chunk]:
    """`rubric.toml`, if that is written."""
    # Formats are built on what targets are.
    from ..formats.interface import text_of
    from ..formats.verifiers_judge import FORMAT

    if len(job.training) == 1 and not _lost(job, FORMAT.powers):
        (rubric,) = job.training
        text = text_of(FORMAT, rubric, job.hashes[rubric.name])
        yield f"{FOLDER}/verifiers/{RUBRIC}", text.encode()


def _lost(job: Job, powers: Powers) -> bool:
    (rubric,) = job.training
    return any(loss.order for loss in losses(rubric, powers))


def unjudged(job: Job) -> tuple[str, ...]:
    """Why there is no `rubric.toml`."""
    from ..formats.verifiers_judge import FORMAT

    many = len(job.training)
    if many != 1:
        why = f"that judge reads one rubric for all prompts, and there are {many}"
    elif _lost(job, FORMAT.powers):
        why = f"a weighted mean does not say all of {job.training[0].name}"
    else:
        return ()
    return (f"verifiers: no {RUBRIC} for its own judge, since {why}; the taskset needs none",)


TARGET = Target(
    name="verifiers",
    package="verifiers",
    least="0.4",
    setting="prime_rl/grpo",
    failure="errored",
    row=row,
    adapter="rubric_verifiers.py",
    settings={
        "pyproject.toml": "stack_verifiers_package.toml.jinja",
        "eval.toml": "stack_verifiers_eval.toml.jinja",
        "prime_rl.toml": "stack_verifiers_prime_rl.toml.jinja",
    },
    module="rubric_verifiers",
    more=judged,
    notes=unjudged,
)
