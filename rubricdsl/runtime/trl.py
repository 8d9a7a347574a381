"""The reward functions for TRL's GRPO and RLOO trainers: `reward_funcs: [reward.reward]`.

`reward` gives one number per response, `reward_async` the same without blocking. `reward_safety`,
`reward_proficiency` and `reward_excellence` give the same judgement as three columns, for trainers
that normalise each function by itself; they are used together.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .batch import ranked_groups, read_batch
from .judged import Judged, judge_batch, judge_batch_async
from .metrics import log_columns, log_metrics
from .shapes import columns_of


def reward(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """One reward per completion, None where the sample must not count.

    Metrics go to `log_metric` and `log_extra` where the trainer passes them, under `rubric/`; the
    judged batch itself to `log_judged`.
    """
    rows = read_batch(prompts, completions, kwargs)
    return _logged(judge_batch(rows, ranked_groups(rows)), kwargs).rewards


async def reward_async(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """`reward` for trainers that await: other reward functions go on while the judge works."""
    rows = read_batch(prompts, completions, kwargs)
    return _logged(await judge_batch_async(rows, ranked_groups(rows)), kwargs).rewards


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


class _Shared(NamedTuple):
    """A batch that was judged, and which of its columns have been asked for."""

    judged: Judged
    taken: set[int]


_KEPT = 4
_shared: list[_Shared] = []
_judging = threading.Lock()


def _column(
    place: int, prompts: Sequence[Any], completions: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[float | None]:
    """One column of a batch. The three share one judgement, so that none can miss a verdict alone.

    The judgement is forgotten when each has been asked for once.
    """
    rows = read_batch(prompts, completions, kwargs)
    with _judging:
        for batch in _shared:
            if place not in batch.taken and batch.judged.rows == rows:
                break
        else:
            batch = _Shared(_logged(judge_batch(rows, ()), kwargs), set())
            _shared.append(batch)
            del _shared[:-_KEPT]
        batch.taken.add(place)
        if len(batch.taken) == 3:
            _shared[:] = [other for other in _shared if other is not batch]
    return [
        None if outcome.tally is None else columns_of(row.rubric, outcome.tally.key())[place]
        for row, outcome in zip(rows, batch.judged.outcomes, strict=True)
    ]


def _logged(judged: Judged, kwargs: Mapping[str, Any]) -> Judged:
    """The batch, after the trainer's log was told about it."""
    log_metrics(kwargs.get("log_metric"), judged)
    log_columns(kwargs.get("log_extra"), judged)
    if kwargs.get("log_judged") is not None:
        kwargs["log_judged"](judged)
    return judged
