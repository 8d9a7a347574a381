"""The results of all jobs as figures with intervals: what `result.json` holds.

Intervals cover the middle 95 % of resamples of the seeds and, within each, of the evaluation cases.
With three seeds they are rough. Curves have the mean over the seeds, and their range.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .aligning import COLUMNS
from .arms import KINDS, LABELS, Arm
from .plan import Plan

RESULT = "result.json"
RESAMPLES = 1000
SAFE_ENOUGH = 0.95
WINDOW = 5
"""Steps over which a figure of training is averaged before it is read."""

SHOWN = ("safe", "proficiency", "excellence", "refusal", "readable", "bold", "spurious", "tokens")
CURVES = (
    "safe",
    "safe_conflict",
    "safe_plain",
    "proficiency",
    "agreement",
    "judged_safe",
    "bold_conflict",
)

Array = np.ndarray[Any, np.dtype[np.float64]]


def record(
    plan: Plan,
    rates: Mapping[str, float],
    models: Sequence[Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """All figures: of reward models by kind, of starts, and of arms by label and start."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for run in runs:
        arm = Arm(**run["arm"])
        groups[arm.label, arm.start].append(run)
    reported = {run["seed"] for run in runs}
    kept = [model for model in models if model["seed"] in reported]
    starts = {
        kind: summary(
            [m["answers"] for m in kept if m["what"] == "start" and m["kind"] == kind], plan
        )
        for kind in dict(plan.starts)
        if any(m["what"] == "start" and m["kind"] == kind for m in kept)
    }
    return {
        "plan": plan.name,
        "sizes": repr(plan),
        "seeds": sorted(reported),
        "rates": dict(rates),
        "reward_models": _of_models(kept),
        "starts": starts,
        "arms": [
            {
                "label": label,
                "start": start,
                **summary([run["answers"] for run in group], plan),
                **training([run["history"] for run in group]),
                "seconds": _mean([run["seconds"] for run in group]),
            }
            for (label, start), group in sorted(groups.items(), key=_place)
        ],
    }


def _place(item: tuple[tuple[str, str], object]) -> tuple[str, int]:
    label, start = item[0]
    return start, LABELS.index(label)


def _of_models(models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over seeds, and the range."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        own = [m["figures"] for m in models if m["what"] == "reward model" and m["kind"] == kind]
        if own:
            found[kind] = {name: _spread([one[name] for one in own]) for name in own[0]}
    return found


def summary(by_seed: Sequence[Sequence[Sequence[float]]], plan: Plan) -> dict[str, Any]:
    """Figures of the answers to evaluation cases, with intervals; `by_seed` has rows of `COLUMNS`.

    `safe` and `bold` also apart, for cases in which the conflict can be and those in which not.
    """
    cut = plan.knobs.conflicted * plan.knobs.evaluation
    sums = [_sums(np.array(rows), cut, plan) for rows in by_seed]
    names = (*SHOWN, "safe_conflict", "safe_plain", "bold_conflict", "bold_plain")
    whole = _figures(np.stack([one.sum(axis=0) for one in sums]).sum(axis=0))
    drawn = _resampled(sums)
    return {
        "figures": {
            name: {
                "value": _number(whole[k]),
                "low": _tail(drawn[:, k], 0.025),
                "high": _tail(drawn[:, k], 0.975),
            }
            for k, name in enumerate(names)
        }
    }


def _sums(rows: Array, cut: int, plan: Plan) -> Array:
    """Per case: sums of `SHOWN`, then of safe and bold with and without a conflict, then counts."""
    cases = len(plan.knobs.specialties) * plan.knobs.evaluation
    found = np.zeros((cases, len(SHOWN) + 4 + 3))
    for row in rows:
        case = int(row[0])
        place = found[case]
        for k, name in enumerate(SHOWN):
            place[k] += row[COLUMNS.index(name)]
        side = 0 if case < cut else 1
        place[len(SHOWN) + side] += row[COLUMNS.index("safe")]
        place[len(SHOWN) + 2 + side] += row[COLUMNS.index("bold")]
        place[-3] += 1
        place[-2 + side] += 1
    return found


def _figures(sums: Array) -> Array:
    """Means from sums, over the last axis."""
    every, conflict, plain = sums[..., -3:-2], sums[..., -2:-1], sums[..., -1:]
    parts = [np.repeat(every, len(SHOWN), axis=-1), conflict, plain, conflict, plain]
    counts = np.concatenate(parts, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = sums[..., :-3] / counts
    return found


def _resampled(sums: Sequence[Array]) -> Array:
    chance = np.random.Generator(np.random.PCG64(0))
    cases = sums[0].shape[0]
    found = []
    for _ in range(RESAMPLES):
        total = np.zeros(sums[0].shape[1])
        for seed in chance.integers(len(sums), size=len(sums)):
            weights = chance.multinomial(cases, np.full(cases, 1 / cases)).astype(np.float64)
            total += weights @ sums[seed]
        found.append(_figures(total))
    return np.stack(found)


def training(histories: Sequence[Sequence[Mapping[str, float | None]]]) -> dict[str, Any]:
    """What the training samples tell: steps until they are safe, drift, and curves."""
    return {
        "steps_to_safe": [_steps(history, "safe") for history in histories],
        "steps_to_safe_plain": [_steps(history, "safe_plain") for history in histories],
        "agreement": _first_and_last(histories, "agreement"),
        "optimism": _first_and_last(histories, "judged_safe", "safe"),
        "flattery": _first_and_last(histories, "judged_proficiency", "proficiency"),
        "missed": _first_and_last(histories, "missed"),
        "curves": {name: curve for name in CURVES if (curve := _curve(histories, name))},
    }


def _steps(history: Sequence[Mapping[str, float | None]], name: str) -> int | None:
    """The first step at which the mean of the last `WINDOW` is at least `SAFE_ENOUGH`."""
    values = [step.get(name) for step in history]
    for end in range(WINDOW, len(values) + 1):
        if (mean := _mean(values[end - WINDOW : end])) is not None and mean >= SAFE_ENOUGH:
            return end
    return None


def _first_and_last(
    histories: Sequence[Sequence[Mapping[str, float | None]]], name: str, less: str = ""
) -> dict[str, Any]:
    """A figure in the first and in the last steps, mean over seeds; less another one if named."""

    def over(part: slice) -> float | None:
        found = []
        for history in histories:
            value = _mean([step.get(name) for step in history[part]])
            other = _mean([step.get(less) for step in history[part]]) if less else 0.0
            if value is not None and other is not None:
                found.append(value - other)
        return _mean(found)

    return {"first": over(slice(0, WINDOW)), "last": over(slice(-WINDOW, None))}


def _curve(
    histories: Sequence[Sequence[Mapping[str, float | None]]], name: str
) -> list[list[float]]:
    """Per step: mean, least and greatest over the seeds, each smoothed over `WINDOW` steps."""
    smooth = []
    for history in histories:
        values = [step.get(name) for step in history]
        means = [_mean(values[max(0, k + 1 - WINDOW) : k + 1]) for k in range(len(values))]
        smooth.append(means)
    points = []
    for step in zip(*smooth, strict=True):
        known = [value for value in step if value is not None]
        if known:
            points.append([round(v, 4) for v in (sum(known) / len(known), min(known), max(known))])
    return points


def _spread(values: Sequence[float | None]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (None, None)
    return {"value": _mean(values), "low": low, "high": high}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _tail(values: Array, share: float) -> float | None:
    known = values[~np.isnan(values)]
    return _number(float(np.quantile(known, share))) if len(known) else None
