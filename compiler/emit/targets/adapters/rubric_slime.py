"""Rewards for slime: `custom_rm` for one answer or for a group, and a way to centre them.

How to run: put this folder on PYTHONPATH and add the arguments of `stacks/slime/args.sh`, which set

    --custom-rm-path rubric_slime.custom_rm
    --custom-reward-post-process-path rubric_slime.centre

and, for rubrics with `reward centred`, `--group-rm`. Criteria that no check decides need a judge:
RUBRICC_JUDGE=package.module:function in the environment.

An answer without a reward is removed from the loss (`remove_sample`), as slime removes samples,
and `centre` leaves it out of the mean of its group. Its reward is the least that its prompt allows.
"""

import sys
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


async def custom_rm(args: Any, samples: Any, **kwargs: Any) -> Any:
    """The reward of a sample; of a list of samples, with `--group-rm`, the list of theirs."""
    group = samples if isinstance(samples, list) else [samples]
    rows = [sample.metadata for sample in group]
    found = await reward.score_rows_async(rows, [sample.response for sample in group])
    for sample, scored in zip(group, found, strict=True):
        sample.metadata["rubric_numbers"] = scored.numbers
        if scored.reward is None:
            sample.remove_sample = True
    values = [scored.value for scored in found]
    return values if isinstance(samples, list) else values[0]


def centre(args: Any, samples: list[Any]) -> tuple[list[float], list[float]]:
    """The raw rewards, and each less the mean of its group; nothing is divided.

    A sample that was not scored has no part in the mean and gets 0.
    """
    raw = [float(sample.reward) for sample in samples]
    groups: dict[Any, list[int]] = {}
    for place, sample in enumerate(samples):
        groups.setdefault(sample.group_index, []).append(place)
    centred = [0.0] * len(samples)
    for places in groups.values():
        counted = [place for place in places if not _unscored(samples[place])]
        mean = sum(raw[place] for place in counted) / max(len(counted), 1)
        for place in counted:
            centred[place] = raw[place] - mean
    return raw, centred


def _unscored(sample: Any) -> bool:
    return bool((sample.metadata or {}).get("rubric_numbers", {}).get("unscored"))
