"""The tables, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from .bandit import ENOUGH, Setting
from .breaks import PROPERTIES
from .formulas import FORMULAS
from .plots import percent
from .risk import STYLES
from .shares import UNSAFE_ADDED, Cells, Share
from .study import DIVISIONS, Outcome

_NAMES = {"P2_strict": "strict P2"}
_FORMULA_NAMES = {"mean": "mean subtracted", "divided": "divided"}


def table(rows: Iterable[Sequence[str]]) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    columns = head.count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *body])


def formulas_table() -> str:
    rows = [["formula", "settings of trainers"]]
    rows += [[name, ", ".join(f.settings)] for name, f in FORMULAS.items()]
    return table(rows)


def shares_table(cells: Cells, shapes: Sequence[str]) -> str:
    """Percent with the 95 % interval, mean subtracted and divided."""
    rows = [["", *(f"{_NAMES.get(p, p)}" for p in PROPERTIES), "divided: P1", "strict P2", "P4"]]
    chosen = [("mean", p) for p in PROPERTIES]
    chosen += [("divided", p) for p in ("P1", "P2_strict", "P4")]
    for shape in shapes:
        rows.append([shape, *(_with_interval(cells[shape, f, p]) for f, p in chosen)])
    return table(rows)


def _with_interval(share: Share) -> str:
    if not share.count:
        return ""
    low, high = (100 * end for end in share.interval)
    return f"{percent(share.hits / share.count)} [{_end(low)}, {_end(high)}]"


def _end(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def property_tables(cells: Cells, shapes: Sequence[str]) -> list[str]:
    """One table per property: percent by shape and formula; formulas with equal columns as one."""
    found = []
    for prop in PROPERTIES:
        columns: dict[tuple[str, ...], list[str]] = {}
        for formula in FORMULAS:
            column = tuple(_percent(cells[shape, formula, prop]) for shape in shapes)
            columns.setdefault(column, []).append(formula)
        rows = [[_NAMES.get(prop, prop), *("; ".join(names) for names in columns.values())]]
        rows += [[s, *(column[n] for column in columns)] for n, s in enumerate(shapes)]
        found.append(table(rows))
    return found


def _percent(share: Share) -> str:
    return percent(share.hits / share.count) if share.count else ""


def spreads_table(spreads: Mapping[tuple[str, str], Sequence[float]], shapes: Sequence[str]) -> str:
    rows = [["", *(f"{_FORMULA_NAMES[f]}: {n}" if not n else str(n)
                   for f in DIVISIONS for n in UNSAFE_ADDED)]]  # fmt: skip
    for shape in shapes:
        values = [value for f in DIVISIONS for value in spreads[shape, f]]
        rows.append([shape, *(f"{value:.2f}" for value in values)])
    return table(rows)


def risk_table(risks: Mapping[tuple[str, str, str], float | None], shapes: Sequence[str]) -> str:
    """Accepted risks in percent, by shape, division and name of the gain."""
    names = [name for name, _ in STYLES]
    rows = [["gain", *names, *(f"divided: {n}" if n == names[0] else n for n in names)]]
    for shape in shapes:
        values = [risks[shape, f, name] for f in DIVISIONS for name in names]
        rows.append([shape, *("all" if v is None else f"{100 * v:.1f}" for v in values)])
    return table(rows)


def bandit_table(
    outcomes: Mapping[tuple[Setting, str], Outcome],
    conflict: bool,
    start: str,
    shapes: Sequence[str],
) -> str:
    """One start, with and without division: means over the seeds; safe shares with their range."""
    parts = ["safe at the end", "proficiency", f"steps to {100 * ENOUGH:.0f} %", "rate"]
    rows = [["", *parts, *(f"divided: {p}" if p == parts[0] else p for p in parts)]]
    for shape in shapes:
        row = [shape]
        for division in DIVISIONS:
            found = outcomes[Setting(conflict, start, division), shape]
            safe, proficiency = found.end[:, 0], found.end[:, 1]
            row += [
                f"{safe.mean():.3f} ({safe.min():.2f}–{safe.max():.2f})",
                f"{proficiency.mean():.2f}",
                _steps(found.until),
                f"{found.rate:.2g}",
            ]
        rows.append(row)
    return table(rows)  # fmt: skip


def _steps(until: Sequence[int | None]) -> str:
    """The median of the runs that got there, and how many did, unless all."""
    there = [steps for steps in until if steps is not None]
    if not there:
        return "never"
    middle = f"{statistics.median(there):g}"
    return middle if len(there) == len(until) else f"{middle} ({len(there)} of {len(until)})"
