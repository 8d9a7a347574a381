"""HealthBench: records with points, one for each prompt, as `simple-evals` reads them.

Its score is the points of what is met over the positive points, not clipped for one answer.
"""

from fractions import Fraction

from rubricdsl.foreign import Powers

from ...importers.healthbench import records
from ...importers.jsonl import dump
from .interface import Format, Line, Said, points


def write(found: Said) -> str:
    worth = {criterion.id: points(found, criterion) for criterion in found.rubric.criteria}
    lost = {"rubricc": {"lost": list(found.lost)}} if found.lost else {}
    rows = (dump({**record, **lost}) for record in records(found.rubric, worth))
    return "".join(f"{row}\n" for row in rows)


def line(found: Said) -> Line:
    positive = found.total - found.taken
    first = found.sum.offset + found.sum.slope * found.taken
    return first, found.sum.slope * (positive or Fraction(1))


FORMAT = Format(
    name="healthbench",
    package=None,
    least="2025-05",
    powers=Powers(positive=True),
    place="records.jsonl",
    write=write,
    line=line,
)
