"""`judge/`: prompts for a language model that judges, per criterion and all at once.

The criterion stands in the system text, the material in the user text, which is the same for all:
`rubricdsl.judge_prompt.fill` puts conversation and answer in. A criterion with a check has no
prompt: the check decides it.
"""

import json
from collections.abc import Iterator
from typing import Any

from rubricdsl import ir

from ..job import Chunk, Job
from ..templating import render, template_text

FOLDER = "judge"
_ALL = "all"


def emit(job: Job) -> Iterator[Chunk]:
    for rubric in job.rubrics:
        judged = [c for c in rubric.criteria if c.check is None]
        if not judged:
            continue
        release = {
            "rubric": rubric.name,
            "rubric_version": rubric.version,
            "rubric_hash": job.hashes[rubric.name],
        }
        user = template_text("judge_user.jinja")
        for criterion in judged:
            record = {
                **release,
                "criterion": criterion.id,
                "system": _system([criterion], one=True),
                "user": user,
                "answer": _answer(criterion),
            }
            yield f"{FOLDER}/{rubric.name}/{file_name(criterion.id)}", _document(record)
        record = {
            **release,
            "criteria": [c.id for c in judged],
            "system": _system(judged, one=False),
            "user": user,
            "answer": {
                "type": "object",
                "properties": {c.id: _answer(c) for c in judged},
                "required": [c.id for c in judged],
                "additionalProperties": False,
            },
        }
        yield f"{FOLDER}/{rubric.name}/{_ALL}.json", _document(record)


def file_name(criterion: str) -> str:
    """The file of one criterion; the name `all` is taken by the prompt for all of them."""
    return f"{criterion}.json" if criterion.casefold() != _ALL else f"{criterion}-.json"


def verdicts(criterion: ir.Criterion) -> list[str | int]:
    """What a judge may say about a criterion."""
    decided: list[str | int] = [step.level for step in criterion.levels] or ["met", "unmet"]
    return [
        *decided,
        *(["not_applicable"] if criterion.allows_not_applicable else []),
        "cannot_assess",
    ]


def _system(criteria: list[ir.Criterion], one: bool) -> str:
    text = render(
        "judge_system.jinja",
        one=one,
        criteria=[_shown(c) for c in criteria],
        can_be_not_applicable=any(c.allows_not_applicable for c in criteria),
    )
    return text.strip() + "\n"


def _shown(criterion: ir.Criterion) -> dict[str, Any]:
    """What a judge is told about a criterion: never its weight, severity or tier."""
    return {
        "id": criterion.id,
        "text": criterion.text,
        "forbids": criterion.polarity == "forbids",
        "levels": [{"level": s.level, "anchor": s.anchor} for s in criterion.levels],
        "note": criterion.note,
        "examples": [
            *({"verdict": '"met"', "text": text} for text in criterion.met),
            *({"verdict": '"unmet"', "text": text} for text in criterion.unmet),
            *(
                {"verdict": f"level {step.level}", "text": text}
                for step in criterion.levels
                for text in step.examples
            ),
        ],
        "verdicts": [json.dumps(v) for v in verdicts(criterion)],
    }


def _answer(criterion: ir.Criterion) -> dict[str, Any]:
    """The JSON Schema of a judge's reply on one criterion."""
    return {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "verdict": {"enum": verdicts(criterion)}},
        "required": ["reason", "verdict"],
        "additionalProperties": False,
    }


def _document(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n"
