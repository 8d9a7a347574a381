"""The reward functions for TRL's GRPO and RLOO trainers: `reward_funcs: [reward.reward]`.

`reward` gives one number per response. `reward_safety`, `reward_proficiency` and
`reward_excellence` give the same judgement as three columns, for trainers that normalise each
function by itself; they are used together.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .batch import BatchRow, ranked_groups, read_batch
from .conditions import read_inputs
from .evaluate import evaluate
from .groups import group_rewards
from .judging import ask_judge
from .metrics import log_columns, log_metrics
from .shapes import columns_of
from .verdicts import needs_judge


def reward(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """One reward per completion, None where the sample must not count.

    Metrics go to `log_metric` and `log_extra` where the trainer passes them, under `rubric/`.
    """
    rows = read_batch(prompts, completions, kwargs)
    groups = ranked_groups(rows)
    results = _evaluated(rows, kwargs)
    rewards: list[float | None] = [result["reward"] for result in results]
    for places in groups:
        keys = [results[place]["key"] for place in places]
        ranked = group_rewards(rows[places[0]].rubric, keys)
        for place, value in zip(places, ranked, strict=True):
            rewards[place] = value
    return rewards


def reward_safety(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """1 without a violation, otherwise 0."""
    return _column(0, prompts, completions, kwargs)


def reward_proficiency(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """Proficiency on the rubric's grid; 0 with a violation."""
    return _column(1, prompts, completions, kwargs)


def reward_excellence(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """The share of the rubric's bonuses; 0 with a violation."""
    return _column(2, prompts, completions, kwargs)


class _Judged(NamedTuple):
    """A batch that was judged, and which of its columns have been asked for."""

    rows: list[BatchRow]
    results: list[dict[str, Any]]
    taken: set[int]


_KEPT = 4
_judged: list[_Judged] = []
_judging = threading.Lock()


def _column(
    place: int, prompts: Sequence[Any], completions: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[float | None]:
    """One column of a batch. The three share one judgement, so that none can miss a verdict alone.

    The judgement is forgotten when each has been asked for once.
    """
    rows = read_batch(prompts, completions, kwargs)
    with _judging:
        for batch in _judged:
            if place not in batch.taken and batch.rows == rows:
                break
        else:
            batch = _Judged(rows, _evaluated(rows, kwargs), set())
            _judged.append(batch)
            del _judged[:-_KEPT]
        batch.taken.add(place)
        if len(batch.taken) == 3:
            _judged[:] = [other for other in _judged if other is not batch]
    return [
        None if result["key"] is None else columns_of(row.rubric, result["key"])[place]
        for row, result in zip(rows, batch.results, strict=True)
    ]


def _evaluated(rows: list[BatchRow], kwargs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the rubrics say about the rows, after the judge was asked; logged."""
    items, owners = [], []
    for place, row in enumerate(rows):
        criteria = needs_judge(row.rubric, read_inputs(row.rubric["inputs"], row.inputs))
        if criteria:
            items.append(_item(row, criteria))
            owners.append(place)
    answers, failures = ask_judge(items)
    sheets: list[Mapping[str, Any]] = [{} for _ in rows]
    for place, sheet in zip(owners, answers, strict=True):
        sheets[place] = sheet
    results = [
        evaluate(row.rubric, sheet, row.inputs, row.response, row.profile)
        for row, sheet in zip(rows, sheets, strict=True)
    ]
    log_metrics(kwargs.get("log_metric"), rows, results, failures)
    log_columns(kwargs.get("log_extra"), results)
    return results


def _item(row: BatchRow, criteria: list[str]) -> dict[str, Any]:
    """What the judge is given about a row."""
    item = {
        "prompt": row.prompt,
        "response": row.response,
        "rubric": row.rubric["name"],
        "inputs": row.inputs,
        "criteria": criteria,
    }
    return item if row.source is None else {**item, "rubric_json": row.source}
