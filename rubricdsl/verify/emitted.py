"""The emitted `reward.py`, as the checker asks it."""

import importlib.util
import json
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from .. import ir
from ..bundle import Bundle, BundleError
from .meaning import Key, Sheet

PROMPTS = ("grpo/prompts.jsonl", "grpo/prompts_heldout.jsonl")


class Emitted:
    """One rubric of the module; `shape` replaces the rubric's own, without parameters."""

    def __init__(self, module: Any, name: str, shape: ir.Shape | None = None) -> None:
        self._module, self._name = module, name
        self._form = module.compact_rubric(name)
        if shape is not None:
            self._form = {**self._form, "reward": {"shape": shape, "params": {}}}
            module.register({name: json.dumps(self._form)})

    def score(self, sheet: Sheet, row: Mapping[str, Any], profile: str | None) -> float | None:
        """The reward of a sheet (of a group of one, where the shape ranks groups)."""
        reward: float | None = self._module.score(self._name, sheet, row, None, profile)["reward"]
        return reward

    def key(self, sheet: Sheet, row: Mapping[str, Any], profile: str | None) -> Key | None:
        key: Key | None = self._module.score(self._name, sheet, row, None, profile)["key"]
        return key

    def ranked(self, keys: Sequence[Key | None]) -> list[float | None]:
        """The rewards of a whole group under `centred`."""
        rewards: list[float | None] = self._module.group_rewards(self._form, keys)
        return rewards

    def columns(self, key: Key) -> tuple[float, ...]:
        """One reward per tier."""
        return tuple(self._module.columns_of(self._form, key))


def load(bundle: Bundle, names: Set[str]) -> Any:
    """The bundle's module, with these rubrics where the prompts carry them.

    Raises `BundleError`.
    """
    path = bundle.path("reward.py")
    module = _imported(path)
    wanted = names - set(module.rubric_names())
    for file in PROMPTS:
        if file in bundle and wanted:
            for row in bundle.rows(file):
                if row["rubric"] in wanted and "rubric_json" in row:
                    wanted = wanted - {row["rubric"]}
                    module.register({row["rubric"]: row["rubric_json"]})
    return module


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("_rubricc_reward_under_test", path)
    if spec is None or spec.loader is None:
        raise BundleError(path, "cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
