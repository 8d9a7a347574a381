"""`ir/`: one JSON document per rubric, and the schema that they fit."""

from collections.abc import Iterator

from rubricdsl import ir_json

from ..job import Chunk, Job

FOLDER = "ir"


def emit(job: Job) -> Iterator[Chunk]:
    for rubric in job.rubrics:
        yield f"{FOLDER}/{rubric.name}.json", ir_json.dump(rubric)
    yield f"{FOLDER}/schema.json", ir_json.schema_bytes()
