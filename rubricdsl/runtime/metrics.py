"""What a trainer's log is told about a batch: under `rubric/`, beside the rewards."""

from collections.abc import Callable
from typing import Any

from .batch import BatchRow, stretches


def log_metrics(
    log_metric: Callable[[str, float], None] | None,
    rows: list[BatchRow],
    results: list[dict[str, Any]],
    failures: int,
) -> None:
    """Shares and means over the batch, before any gate; `failures` of the judge."""
    if log_metric is None:
        return
    values: dict[str, list[float]] = {"dropped": [], "safe": []}
    for row, result in zip(rows, results, strict=True):
        values["dropped"].append(float(result["reward"] is None))
        if result["key"] is None:
            continue
        values["safe"].append(float(not result["violations"]))
        values.setdefault("proficiency", []).append(_ratio(result["proficiency"]))
        values.setdefault("excellence", []).append(float(result["excellence"]))
        # One name per criterion: rubrics that come with the rows are too many for that.
        for criterion, credit in result["credits"].items() if row.source is None else ():
            if credit is not None:
                name = f"credit/{row.rubric['name']}.{criterion}"
                values.setdefault(name, []).append(_ratio(credit))
    # A gate says nothing inside a group without a safe response: their share must be seen.
    groups = [[results[place] for place in places] for places in stretches(rows)]
    values["groups_without_safe"] = [
        float(all(result["violations"] for result in group))
        for group in ([r for r in group if r["key"] is not None] for group in groups)
        if group
    ]
    log_metric("rubric/judge_failures", float(failures))
    for name, found in values.items():
        if found:
            log_metric(f"rubric/{name}", sum(found) / len(found))


def log_columns(
    log_extra: Callable[[str, list[Any]], None] | None, results: list[dict[str, Any]]
) -> None:
    """What the table of completions shows beside each response."""
    if log_extra is not None:
        log_extra("rubric/violations", [", ".join(result["violations"]) for result in results])
        log_extra("rubric/proficiency", [result["proficiency"] or "" for result in results])
        log_extra("rubric/excellence", [result["excellence"] for result in results])


def _ratio(exact: str) -> float:
    numerator, denominator = exact.split("/")
    return int(numerator) / int(denominator)
