"""A trainer's setting put to the rewards of one rubric: groups in, advantages out."""

from collections.abc import Sequence
from typing import NamedTuple

from .. import ir
from .advantages import Setting
from .emitted import Emitted
from .pool import Response


class Trainer(NamedTuple):
    """What a setting makes of groups: of ranks under `centred`, of columns under `tiers`."""

    setting: Setting
    shape: ir.Shape
    emitted: Emitted

    @property
    def applies(self) -> bool:
        """Whether the trainer takes such rewards at all: GDPO may refuse a single one."""
        return self.setting.formula is not None or self.shape == "tiers"

    def advantages(
        self, batch: Sequence[Sequence[Response]], lengths: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """The advantages of a batch of groups; `lengths` are tokens per response.

        Raises `ValueError` where the setting does not apply.
        """
        if self.shape == "tiers" and self.setting.columns is not None:
            columns = [[self.emitted.columns(r.judged.key) for r in group] for group in batch]
            return self.setting.columns(columns, lengths)
        if self.setting.formula is None:
            raise ValueError("this setting takes one reward per tier")
        return self.setting.formula([self._rewards(group) for group in batch], lengths)

    def _rewards(self, group: Sequence[Response]) -> list[float]:
        if self.shape != "centred":
            return [r.reward for r in group]
        ranked = self.emitted.ranked([r.judged.key for r in group])
        return [reward for reward in ranked if reward is not None]
