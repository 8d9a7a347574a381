"""What a trainer's log is told about a batch: under `rubric/`, beside the rewards."""

from collections.abc import Callable
from typing import Any

from .batch import stretches
from .judged import Judged


def log_metrics(log_metric: Callable[[str, float], None] | None, judged: Judged) -> None:
    """Shares and means over the batch, before any gate, and how often the judge failed."""
    if log_metric is None:
        return
    outcomes = judged.outcomes
    present = [outcome for outcome in outcomes if outcome.tally is not None]
    values: dict[str, list[float]] = {
        "dropped": [float(outcome.reward is None) for outcome in outcomes],
        "safe": [float(not outcome.violations) for outcome in present],
        "proficiency": [],
        "excellence": [],
    }
    for row, (_, tally, credits, _, _) in zip(judged.rows, outcomes, strict=True):
        if tally is None:
            continue
        values["proficiency"].append(tally.share[0] / tally.share[1])
        values["excellence"].append(float(tally.bonuses))
        if row.source is not None:
            # One name per criterion: rubrics that come with the rows are too many for that.
            continue
        for criterion, credit in zip(row.rubric["criteria"], credits, strict=True):
            if credit is not None:
                name = f"credit/{row.rubric['name']}.{criterion['id']}"
                values.setdefault(name, []).append(credit / row.rubric["unit"])
    # A gate says nothing inside a group without a safe response: their share must be seen.
    groups = [[outcomes[place] for place in places] for places in stretches(judged.rows)]
    values["groups_without_safe"] = [
        float(all(outcome.violations for outcome in group))
        for group in ([o for o in group if o.tally is not None] for group in groups)
        if group
    ]
    log_metric("rubric/judge_failures", float(sum(outcome.failed for outcome in outcomes)))
    for name, found in values.items():
        if found:
            log_metric(f"rubric/{name}", sum(found) / len(found))


def log_columns(log_extra: Callable[[str, list[Any]], None] | None, judged: Judged) -> None:
    """What the table of completions shows beside each response."""
    if log_extra is not None:
        tallies = [outcome.tally for outcome in judged.outcomes]
        log_extra("rubric/violations", [", ".join(o.violations) for o in judged.outcomes])
        log_extra(
            "rubric/proficiency", ["" if t is None else "{}/{}".format(*t.share) for t in tallies]
        )
        log_extra("rubric/excellence", [None if t is None else t.bonuses for t in tallies])
