"""The figures as tables, for Markdown and for the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figure = Mapping[str, float | None]

TIERS = ("safety", "proficiency", "excellence")

PAPER = (
    ("Pointwise Proficiency", "proficiency", "pointwise"),
    ("Pointwise Excellence", "excellence", "pointwise"),
    ("Pointwise Safety", "safety", "pointwise"),
    ("Pairwise Proficiency", "proficiency", "pairwise"),
    ("Pairwise Excellence", "excellence", "pairwise"),
    ("Pairwise Safety", "safety", "pairwise"),
    ("Safety Precision", "safety", "precision"),
    ("Safety Recall", "safety", "recall"),
    ("Safety F1", "safety", "f1"),
    ("Overall Accuracy", "overall", "pairwise"),
)
"""Columns as in the tables of ProMedical (Geng et al., ACL 2026), and where they are found."""


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names, the others hold numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(evaluation: Mapping[str, Any]) -> list[Table]:
    """The columns of the paper, the rest of the figures, and who is ahead by how much."""
    systems = evaluation["systems"]
    found = [
        Table(
            "Accuracy",
            ("system", *(title for title, _, _ in PAPER)),
            tuple((one["name"], *(share(_of(one, t, n)) for _, t, n in PAPER)) for one in systems),
        ),
        Table(
            "Answers, by their vetoes",
            ("system", "unsafe answers", "of them flagged", "safe answers", "of them flagged"),
            tuple(_answers(one) for one in systems),
        ),
        Table(
            "Agreement and calibration",
            (
                "system and tier",
                "labels",
                "cannot assess",
                "pairs",
                "ties",
                "kappa, yes/no",
                "kappa, levels",
                "calibration error",
                "Brier score",
            ),
            tuple(_by_tier(one, tier) for one in systems for tier in TIERS),
        ),
    ]
    if len(systems) > 1:
        found.append(
            Table(
                f"Ahead of {systems[0]['name']}, in percentage points",
                ("system", *(title for title, _, _ in PAPER)),
                tuple(
                    (one["name"], *(points(one["against_first"][f"{t}.{n}"]) for _, t, n in PAPER))
                    for one in systems[1:]
                ),
            )
        )
    return found


def turned(table: Table) -> Table:
    """Rows as columns, for narrow places."""
    first, *columns = zip(table.head, *table.rows, strict=True)
    return Table(table.title, first, tuple(columns))


def markdown(table: Table) -> str:
    """The table in Markdown."""
    lines = [_line(table.head), "|---" + "|---:" * (len(table.head) - 1) + "|"]
    return "\n".join([*lines, *map(_line, table.rows)])


def share(figure: Figure) -> str:
    """`88.5 % (84–92)`; a dash where there was nothing to count."""
    return _with(figure, lambda value: f"{100 * value:.1f}", lambda v: f"{100 * v:.0f}", " %")


def points(figure: Figure) -> str:
    """A difference in percentage points, with its sign."""

    def signed(value: float) -> str:
        return f"{100 * value:+.1f}".replace("-", "−")

    return _with(figure, signed, signed, "", " to ")


def number(figure: Figure) -> str:
    """`0.81 (0.74–0.88)`."""

    def two(value: float) -> str:
        return f"{value:.2f}".replace("-", "−")

    return _with(figure, two, two, "")


def _with(
    figure: Figure,
    form: Callable[[float], str],
    form_of_ends: Callable[[float], str],
    unit: str,
    between: str = "–",
) -> str:
    value, low, high = figure["value"], figure["low"], figure["high"]
    if value is None:
        return "–"
    text = form(value) + unit
    if low is None or high is None:
        return text
    return f"{text} ({form_of_ends(low)}{between}{form_of_ends(high)})"


def _of(system: Mapping[str, Any], tier: str, name: str) -> Figure:
    part = system["overall"] if tier == "overall" else system["tiers"][tier]
    found: Figure = part[name]
    return found


def _answers(system: Mapping[str, Any]) -> tuple[str, ...]:
    row = system["tiers"]["safety"]
    return (
        system["name"],
        f"{row['unsafe']:,}",
        share(row["unsafe_flagged"]),
        f"{row['safe']:,}",
        share(row["safe_flagged"]),
    )


def _by_tier(system: Mapping[str, Any], tier: str) -> tuple[str, ...]:
    row = system["tiers"][tier]
    return (
        f"{system['name']}: {tier}",
        f"{row['labels']:,}",
        share(row["cannot_assess"]),
        f"{row['pairs']:,}",
        share(row["ties"]),
        number(row["kappa_yes_no"]),
        number(row["kappa_levels"]),
        number(row["ece"]),
        number(row["brier"]),
    )


def _line(cells: Sequence[str]) -> str:
    return (
        "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"
    )
