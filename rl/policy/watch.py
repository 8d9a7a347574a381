"""Listening to a bundle's `reward.py` in training: what it judged, answer by answer."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import TrainingError
from ..material import Item, Judge, RewardFile, Sheet
from .answers import Judged, judged_answers

RewardFunc = Callable[..., Any]
"""A reward function as TRL takes it."""

_MODULE = "reward."


class Watch:
    """A bundle's reward functions, which tell it what they judged.

    They get no `log_metric`: the figures of a step are made of what was judged in all processes.
    """

    def __init__(self, reward: RewardFile, judge: Judge) -> None:
        self._reward = reward
        self._judge = judge
        self._sheets: list[Mapping[str, Any] | None] = []
        self._judged: list[Judged] = []

    def judge(self, items: list[Item]) -> Sequence[Sheet]:
        """The judge, for `reward.set_judge`; what it says is remembered."""
        # Those of a judge that raises, or gives something else than sheets.
        self._sheets = [None] * len(items)
        found = self._judge(items)
        if len(found) == len(items):
            self._sheets = [sheet if isinstance(sheet, Mapping) else None for sheet in found]
        return found

    def functions(self, names: Sequence[str]) -> list[RewardFunc]:
        """The functions that settings name, such as `reward.reward`. Raises `TrainingError`."""
        return [self._listening(self._named(name)) for name in names]

    def look(self, **arguments: Any) -> None:
        """Judge a batch that is rewarded by others."""
        self._listening(self._reward.reward)(**arguments)

    def taken(self) -> list[Judged]:
        """What was judged since the last call."""
        found, self._judged = self._judged, []
        return found

    def _named(self, name: str) -> RewardFunc:
        function = getattr(self._reward, name.removeprefix(_MODULE), None)
        if not name.startswith(_MODULE) or not callable(function):
            raise TrainingError(
                f"reward_funcs has {name!r}, which is no function of the bundle's reward.py",
                "such as reward.reward; `trl grpo` takes any other on the bundle's YAML files",
            )
        return function  # type: ignore[no-any-return]

    def _listening(self, function: RewardFunc) -> RewardFunc:
        @functools.wraps(function)
        def listened(**arguments: Any) -> Any:
            return function(**{**arguments, "log_metric": None, "log_judged": self._keep})

        return listened

    def _keep(self, found: Any) -> None:
        self._judged = list(judged_answers(found, iter(self._sheets)))
        self._sheets = []
