"""`grpo/`: the prompts a policy is trained on, and the files that start the training."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rubricdsl import ir
from rubricdsl.facts import Fact, plain_inputs

from ..job import Chunk, Job
from ..rows import Message, Row, prompt_id
from .records import line
from .reward_module import compact_text
from .run_files import run_files

FOLDER = "grpo"
PROMPT_FILES = {
    "train": f"{FOLDER}/prompts.jsonl",
    "heldout": f"{FOLDER}/prompts_heldout.jsonl",
}


def emit(job: Job) -> Iterator[Chunk]:
    for path, text in run_files(job):
        yield path, text.encode()
    for path in PROMPT_FILES.values():
        yield path, b""
    for side, record in prompt_records(job):
        yield PROMPT_FILES[side], line(record)


def prompt_records(job: Job) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every prompt to train on, once, with its side: `train` or `heldout`."""
    for record in _unique(job, job.training, job.rows()):
        yield job.side(record["prompt_id"]), record


def evaluation_records(job: Job) -> Iterator[dict[str, Any]]:
    """Every prompt to evaluate on, once: those held out, and those of rubrics for evaluation.

    A prompt that is trained on is not among them, whichever rubric it came with.
    """
    trained: set[str] = set()
    for side, record in prompt_records(job):
        if side == "heldout":
            yield record
        else:
            trained.add(record["prompt_id"])
    others = tuple(r for r in job.rubrics if r.purpose == "evaluation")
    for record in _unique(job, others, job.evaluated()):
        if record["prompt_id"] not in trained:
            yield record


def _unique(
    job: Job, rubrics: Sequence[ir.Rubric], rows: Iterable[Row]
) -> Iterator[dict[str, Any]]:
    """The prompts written in rubrics, then those of rows, without repetition."""
    texts: dict[str, str] = {}
    if job.options.rubrics_in_rows:
        texts = {r.name: compact_text(r, job.hashes[r.name]) for r in rubrics}
    seen: set[tuple[str, str, str, str]] = set()
    for record in _records(rubrics, rows):
        key = (record["prompt_id"], record["rubric"], record["inputs"], record["profile"])
        if key not in seen:
            seen.add(key)
            own = {"rubric_json": texts[record["rubric"]]} if texts else {}
            yield {**record, **own}


def _records(rubrics: Iterable[ir.Rubric], rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    for rubric in rubrics:
        for prompt in rubric.prompts:
            yield _record(rubric, (Message("user", prompt.text),), prompt.inputs, "")
    for row in rows:
        yield _record(row.rubric, row.prompt, row.inputs, row.profile)


def _record(
    rubric: ir.Rubric, prompt: tuple[Message, ...], inputs: dict[str, Fact], profile: str
) -> dict[str, Any]:
    """`inputs` is a text because Arrow would give every row the keys of all the others."""
    facts = plain_inputs(inputs, rubric.inputs)
    return {
        "prompt": [{"role": m.role, "content": m.content} for m in prompt],
        "prompt_id": prompt_id(prompt),
        "rubric": rubric.name,
        "inputs": json.dumps(facts, ensure_ascii=False, separators=(",", ":")),
        "profile": profile,
    }
