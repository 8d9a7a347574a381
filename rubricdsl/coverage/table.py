"""Coverage as a table for people."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .. import ir
from ..render import visible
from .record import Coverage, FileCoverage, Goal, Part, Tally

HEAD = ("", "verdicts", "decides", "conditions", "covered", "missing")
Row = tuple[str, str, str, str, str, str]
_GROUPS: tuple[ir.Tier | None, ...] = (*ir.TIERS, None)


def table(coverage: Coverage) -> list[str]:
    """The lines: each rubric with its tiers, criteria and profiles, and all of them at the end."""
    rows: list[Row] = [HEAD]
    for file in coverage.files:
        rows += _file(file)
    rows.append(_row("all", coverage))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    return [_line(row, widths) for row in rows]


def group_name(tier: ir.Tier | None) -> str:
    """What a table calls a tier, or the profiles."""
    return tier or "profiles"


def missing_words(part: Part) -> Iterator[str]:
    """What a part's tests leave out, each outcome of a condition with its text if there are
    several."""
    texts = dict.fromkeys(goal.about for goal in part.goals if goal.kind == "branch")
    yield from (goal.name for goal in part.missing if goal.kind != "branch")
    for text in texts:
        outcomes = [g.name for g in part.missing if g.kind == "branch" and g.about == text]
        if outcomes:
            yield f"{text if len(texts) > 1 else 'when'}: {', '.join(outcomes)}"


def describe(goal: Goal) -> str:
    """How a goal stands, for one line beside it."""
    if not goal.times:
        return "missing" if goal.asked else "not tried"
    return f"{goal.times} case{'s' if goal.times > 1 else ''}, first: {goal.first}"


def _file(file: FileCoverage) -> Iterator[Row]:
    yield _row(file.name, file)
    for tier in _GROUPS:
        parts = file.of(tier)
        if not parts:
            continue
        yield _row(f"  {group_name(tier)}", replace(file, parts=parts))
        for part in parts:
            yield _row(f"    {part.id}", part, missing_words(part))


def _row(name: str, part: Part | FileCoverage | Coverage, missing: Iterable[str] = ()) -> Row:
    return (
        visible(name),
        _share(part.tally("verdict")),
        _share(part.tally("decides")),
        _share(part.tally("branch", "chosen")),
        part.tally().shown,
        visible("; ".join(missing)),
    )


def _share(tally: Tally) -> str:
    return f"{tally.reached}/{tally.total}" if tally.total else "-"


def _line(row: Row, widths: list[int]) -> str:
    first, *numbers, last = row
    cells = [first.ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
    return "  ".join([*cells, last]).rstrip()
