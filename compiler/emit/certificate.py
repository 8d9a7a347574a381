"""`certificate.json`: what the rewards beside it are proved to keep, one rubric per line."""

import json
from collections.abc import Iterator

from rubricdsl.analysis.stacks import FAMILIES, SETTINGS

from ..job import Chunk, Job

PATH = "certificate.json"
FORMAT = 1


def emit(job: Job) -> Iterator[Chunk]:
    head = {
        "format": FORMAT,
        "group": job.options.group,
        "stack": job.stack,
        "families": {
            family: {
                "advantage": formula,
                "stacks": [s.name for s in SETTINGS if s.family == family],
            }
            for family, formula in FAMILIES.items()
        },
    }
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    yield PATH, f'{opening},\n "rubrics": {{'.encode()
    for place, rubric in enumerate(job.rubrics):
        body = json.dumps(job.certificates[rubric.name], ensure_ascii=False, separators=(",", ":"))
        start = ",\n" if place else "\n"
        yield PATH, f"{start}  {json.dumps(rubric.name)}: {body}".encode()
    yield PATH, b"\n }\n}\n"
