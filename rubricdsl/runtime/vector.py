"""Rewards of many sheets at once, where the caller has numpy: the same numbers to the last bit.

Sheets are an array of codes, one row per sheet and one column per criterion. What is vectorised is
counting, in integers of 64 bits that are known to suffice, and the division of points, which is
exact below 2**53. A shape that looks at the tally is asked once per different tally. A rubric whose
numbers do not fit is scored sheet by sheet.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .form import CompactCriterion, CompactRubric
from .order import Tally
from .prepared import NOTHING, Additions, Parts, PreparedCase, additions
from .shapes import looks_at_tally, shape_for

# Codes of verdicts. A level is its own number, and every other number is `CANNOT_ASSESS`.
UNMET = 0
MET = 1
NOT_APPLICABLE = -1
CANNOT_ASSESS = -2

_CHUNK = 16_384  # rows: what the caches of a core hold
_WORD = 62  # bits
_EXACT = 2**53
_COUNTS = ("critical", "major", "moderate", "vetoes", "bonuses", "chances")


class _Field(NamedTuple):
    """Where a part of a sheet stands: in a word, so many bits up. Its least sum is `base`."""

    place: int
    word: int
    shift: int
    mask: int
    base: int


def rewards_of_codes(
    rubric: CompactRubric, codes: Any, facts: Mapping[str, Any], weights: Mapping[str, int]
) -> Any:
    """The reward of each row of `codes`, as float64; NaN where the sample must not count.

    `codes` has the shape (sheets, criteria) and holds integers. For an array of torch the answer is
    one too, on the same device. Raises `ValueError` for another shape or type.
    """
    import numpy

    torch = sys.modules.get("torch")
    if torch is not None and isinstance(codes, torch.Tensor):
        found = rewards_of_codes(rubric, codes.detach().cpu().numpy(), facts, weights)
        return torch.from_numpy(found).to(codes.device)
    codes = numpy.asarray(codes)
    wanted = len(rubric["criteria"])
    if codes.ndim != 2 or codes.shape[1] != wanted or codes.dtype.kind not in "iu":
        raise ValueError(
            f"codes must be integers of the shape (sheets, {wanted}), not {codes.dtype} of the "
            f"shape {codes.shape}"
        )
    adding = additions(rubric, facts, weights)
    fields = _fields(rubric, adding)
    if fields is None:
        case = PreparedCase(rubric, facts, weights)
        values = [case.reward(_sheet(rubric, row)) for row in codes.tolist()]
        return numpy.array([numpy.nan if value is None else value for value in values], "float64")
    counted = _counted(rubric, codes, adding, fields)
    rewards = (_by_tally if looks_at_tally(rubric) else _by_points)(rubric, counted)
    rewards[counted["dropped"] > 0] = numpy.nan
    return rewards


def _fields(rubric: CompactRubric, adding: Sequence[Additions]) -> list[_Field] | None:
    """A place for each part of a sheet; None when some number on the way would not fit."""
    fields: list[_Field] = []
    greatest: dict[str, int] = {}
    word, free = 0, _WORD
    for place, name in enumerate(Parts._fields):
        base = sum(min(each.column(place)) for each in adding)
        most = sum(max(each.column(place)) for each in adding)
        greatest[name] = max(abs(base), most)
        bits = (most - base).bit_length()
        if bits > free:
            word, free = word + 1, _WORD
        fields.append(_Field(place, word, _WORD - free, (1 << bits) - 1, base))
        free -= bits
    if looks_at_tally(rubric):
        step_bits = (2 * rubric["steps"] * max(greatest["gained"], greatest["total"])).bit_length()
        index_bits = sum(greatest[name].bit_length() for name in _COUNTS)
        fits = max(step_bits, index_bits + (2 * rubric["steps"]).bit_length()) <= _WORD
    else:
        fits = max(greatest["happened"], greatest["possible"]) < _EXACT
    return fields if fits else None


def _counted(
    rubric: CompactRubric, codes: Any, adding: Sequence[Additions], fields: Sequence[_Field]
) -> dict[str, Any]:
    """The parts of every sheet, by name."""
    import numpy

    ids = [criterion["id"] for criterion in rubric["criteria"]]
    words = range(fields[-1].word + 1)
    tables = [
        (
            ids.index(each.criterion["id"]),
            [numpy.array(_table(each, fields, word), dtype=numpy.int64) for word in words],
        )
        for each in adding
    ]
    totals = numpy.zeros((len(words), len(codes)), dtype=numpy.int64)
    for start in range(0, len(codes), _CHUNK):
        rows = slice(start, start + _CHUNK)
        for column, table in tables:
            places = _table_places(codes[rows, column], len(table[0]))
            for word in words:
                totals[word, rows] += table[word][places]
    return {
        name: (totals[field.word] >> field.shift & field.mask) + field.base
        for name, field in zip(Parts._fields, fields, strict=True)
    }


def _table(each: Additions, fields: Sequence[_Field], word: int) -> list[int]:
    """What each code adds to a word: `CANNOT_ASSESS`, `NOT_APPLICABLE`, 0, 1, … and all others."""
    decided = [each.known[_verdict(each.criterion, code)] for code in _codes(each.criterion)]
    rows = [each.otherwise, each.known["not_applicable"], *decided, each.otherwise]
    return [
        sum(
            (parts[field.place] - min(each.column(field.place))) << field.shift
            for field in fields
            if field.word == word
        )
        for parts in rows
    ]


def _table_places(codes: Any, size: int) -> Any:
    """The place of each code in a table of this size; what is no code stands at either end."""
    import numpy

    if codes.dtype.kind == "u":
        # Before they become signed: the greatest of them would be -1.
        codes = numpy.minimum(codes, size)
    return numpy.clip(codes.astype(numpy.int64), CANNOT_ASSESS, size - 3) - CANNOT_ASSESS


def _codes(criterion: CompactCriterion) -> range:
    return range(2 if criterion["credits"] is None else len(criterion["credits"]))


def _verdict(criterion: CompactCriterion, code: int) -> str | int:
    return code if criterion["credits"] is not None else ("unmet", "met")[code]


def _sheet(rubric: CompactRubric, codes: Sequence[int]) -> dict[str, str | int]:
    sheet: dict[str, str | int] = {}
    for criterion, code in zip(rubric["criteria"], codes, strict=True):
        if code in _codes(criterion):
            sheet[criterion["id"]] = _verdict(criterion, code)
        elif code == NOT_APPLICABLE:
            sheet[criterion["id"]] = "not_applicable"
    return sheet


def _by_tally(rubric: CompactRubric, counted: Mapping[str, Any]) -> Any:
    """Rewards of a shape that looks at the tally, asked once for each that occurs."""
    import numpy

    total = numpy.maximum(counted["total"], 1)
    step, rest = numpy.divmod(counted["gained"] * rubric["steps"], total)
    step += (2 * rest > total) | ((2 * rest == total) & (step % 2 == 1))
    columns = [*(counted[name] for name in _COUNTS), step, counted["possible"] > 0]
    widths = [int(column.max(initial=0)).bit_length() for column in columns]
    index = numpy.zeros(len(step), dtype=numpy.int64)
    for column, width in zip(columns, widths, strict=True):
        index = (index << width) | column
    numbers, place = numpy.unique(index, return_inverse=True)
    shape = shape_for(rubric)

    def value(number: int) -> float:
        parts = []
        for width in reversed(widths):
            parts.append(number & ((1 << width) - 1))
            number >>= width
        possible, bin, chances, bonuses, vetoes, moderate, major, critical = parts
        tally = Tally((critical, major, moderate), (0, 1), bin, bonuses, vetoes, chances)
        exact = shape(tally, (0, possible))
        return numpy.nan if exact is None else exact[0] / exact[1]

    return numpy.array([value(number) for number in numbers.tolist()], dtype="float64")[place]


def _by_points(rubric: CompactRubric, counted: Mapping[str, Any]) -> Any:
    """Rewards of a shape that is a quotient of points; both are exact as floats."""
    import numpy

    happened, possible = counted["happened"], counted["possible"]
    without = shape_for(rubric)(NOTHING, (0, 0))
    rewards = numpy.full(len(possible), numpy.nan if without is None else without[0] / without[1])
    numpy.divide(happened, possible, out=rewards, where=possible > 0)
    return rewards
