"""`reward_model/`: data for a criterion-conditioned reward model, and how to train on it.

One preference row per prompt, pair of responses and criterion on which their credits differ; one
pointwise row per response and criterion; one row per response with its whole verdict sheet.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from rubricdsl import ir
from rubricdsl.facts import plain_inputs

from ..job import Chunk, Job
from ..labels import Label, credit, labels, resolved
from ..meaning import Meaning
from ..rows import Response, Row, Verdict
from ..templating import template_text
from .records import criterion_turn, ids, line, provenance
from .run_files import reward_model_yaml

FOLDER = "reward_model"
ROW_FILES = tuple(
    f"{FOLDER}/{kind}{side}.jsonl"
    for kind in ("", "pointwise_", "responses_")
    for side in ("train", "heldout")
)


def emit(job: Job) -> Iterator[Chunk]:
    yield f"{FOLDER}/criterion.jinja", template_text("criterion.jinja").encode()
    yield f"{FOLDER}/reward_model.yaml", reward_model_yaml(job.options).encode()
    yield f"{FOLDER}/criteria.jsonl", b""
    for rubric in job.training:
        for criterion in rubric.criteria:
            yield f"{FOLDER}/criteria.jsonl", line(_criterion(job, rubric, criterion))
    for path in ROW_FILES:
        yield path, b""
    meanings = {rubric.name: Meaning(rubric) for rubric in job.training}
    for row in job.rows():
        meaning = meanings[row.rubric.name]
        side = job.side(row.prompt_id)
        sheets = [resolved(meaning, row, response) for response in row.responses]
        known = [labels(row.rubric, sheet) for sheet in sheets]
        for response, sheet in zip(row.responses, sheets, strict=True):
            yield f"{FOLDER}/responses_{side}.jsonl", line(_response(job, row, response, sheet))
        for response, found in zip(row.responses, known, strict=True):
            for label in found.values():
                record = _pointwise(job, row, response, label)
                yield f"{FOLDER}/pointwise_{side}.jsonl", line(record)
        for (a, of_a), (b, of_b) in combinations(zip(row.responses, known, strict=True), 2):
            for name, label in of_a.items():
                other = of_b.get(name)
                if other is None or label.credit == other.credit:
                    continue
                better, worse = ((a, label), (b, other))
                if label.credit < other.credit:
                    better, worse = worse, better
                record = _preference(job, row, (a, b), better, worse)
                yield f"{FOLDER}/{side}.jsonl", line(record)


def _criterion(job: Job, rubric: ir.Rubric, criterion: ir.Criterion) -> dict[str, Any]:
    """What is needed to ask about a criterion and to read the answer, worst verdict first."""
    verdicts: list[str | int] = [step.level for step in criterion.levels] or ["unmet", "met"]
    verdicts.sort(key=lambda verdict: credit(criterion, verdict))
    return {
        **ids(rubric, job.hashes[rubric.name], criterion),
        "polarity": criterion.polarity,
        "verdicts": [str(verdict) for verdict in verdicts],
        "credits": [str(credit(criterion, verdict)) for verdict in verdicts],
        "by_check": criterion.check is not None,
        "turn": criterion_turn(criterion),
        "sources": provenance(rubric, criterion),
    }


def _messages(row: Row) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in row.prompt]


def _answer(response: Response, turn: str) -> list[dict[str, str]]:
    """The criterion comes after the answer: prompt and answer are one prefix for all criteria."""
    return [
        {"role": "assistant", "content": response.text},
        {"role": "user", "content": turn},
    ]


def _preference(
    job: Job,
    row: Row,
    pair: tuple[Response, Response],
    better: tuple[Response, Label],
    worse: tuple[Response, Label],
) -> dict[str, Any]:
    (chosen, won), (rejected, lost) = better, worse
    criterion, turn = won.criterion, criterion_turn(won.criterion)
    pair_id = f"{row.id}:{pair[0].id}:{pair[1].id}"
    return {
        "prompt": _messages(row),
        "chosen": _answer(chosen, turn),
        "rejected": _answer(rejected, turn),
        "id": f"{pair_id}:{criterion.id}",
        "pair_id": pair_id,
        "prompt_id": row.prompt_id,
        **ids(row.rubric, job.hashes[row.rubric.name], criterion),
        "sources": provenance(row.rubric, criterion),
        "chosen_id": f"{row.id}:{chosen.id}",
        "rejected_id": f"{row.id}:{rejected.id}",
        "chosen_verdict": str(won.verdict),
        "rejected_verdict": str(lost.verdict),
        "synthetic": row.synthetic,
    }


def _pointwise(job: Job, row: Row, response: Response, label: Label) -> dict[str, Any]:
    criterion = label.criterion
    return {
        "messages": [*_messages(row), *_answer(response, criterion_turn(criterion))],
        "verdict": str(label.verdict),
        "credit": float(label.credit),
        "credit_exact": str(label.credit),
        "id": f"{row.id}:{response.id}:{criterion.id}",
        "response_id": f"{row.id}:{response.id}",
        "prompt_id": row.prompt_id,
        **ids(row.rubric, job.hashes[row.rubric.name], criterion),
        "sources": provenance(row.rubric, criterion),
        "synthetic": row.synthetic,
    }


def _response(job: Job, row: Row, response: Response, sheet: dict[str, Verdict]) -> dict[str, Any]:
    return {
        "prompt": _messages(row),
        "inputs": plain_inputs(row.inputs, row.rubric.inputs),
        "profile": row.profile,
        "response": response.text,
        "verdicts": sheet,
        "id": f"{row.id}:{response.id}",
        "row_id": row.id,
        "prompt_id": row.prompt_id,
        "variant_of": row.variant_of,
        "rubric": row.rubric.name,
        "rubric_version": row.rubric.version,
        "rubric_hash": job.hashes[row.rubric.name],
        "synthetic": row.synthetic,
        "quality": response.quality,
    }
