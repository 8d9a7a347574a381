"""TRL, and Unsloth, which calls reward functions as TRL does."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .base import Got, here, load, wait


class Trl:
    """`GRPOTrainer._calculate_rewards` itself where TRL and torch are installed."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("trl") and here("torch")
        self.module = load(bundle / "reward.py", "reward")
        self.functions = [self.module.reward]
        self.tiers = [
            self.module.reward_safety,
            self.module.reward_proficiency,
            self.module.reward_excellence,
        ]

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        rows = [row] * len(answers)
        values = [found[0] for found in self._rewards(self.functions, rows, answers)]
        waited = self._replayed(self.module.reward_async, rows, answers)
        if not self.real and wait(waited) != values:
            raise AssertionError("`reward_async` gives other rewards than `reward`")
        if self.real:
            direct = [None if v is None else _single(v) for v in wait(waited)]
            if direct != values:
                raise AssertionError("`reward_async` gives other rewards than `reward`")
        columns = self._rewards(self.tiers, rows, answers)
        return [
            Got(value, self.real, None, None if None in tiers else tuple(tiers))
            for value, tiers in zip(values, columns, strict=True)
        ]

    def _rewards(
        self, functions: list[Any], rows: list[dict[str, Any]], answers: tuple[str, ...]
    ) -> list[list[Any]]:
        """A list per answer, with what each function gave."""
        if not self.real:
            found = [self._replayed(function, rows, answers) for function in functions]
            return [list(values) for values in zip(*found, strict=True)]
        import torch
        from trl.trainer.grpo_trainer import GRPOTrainer

        accelerator = SimpleNamespace(device=torch.device("cpu"), is_main_process=True)
        trainer = SimpleNamespace(
            accelerator=accelerator,
            args=SimpleNamespace(report_to=[]),
            state=SimpleNamespace(global_step=0),
            environments=None,
            reward_funcs=functions,
            reward_processing_classes=[None] * len(functions),
            reward_func_names=[function.__name__ for function in functions],
            _log_completion_extra=lambda name, values: None,
            _log_metric=lambda name, value: None,
        )
        prompts, completions = _conversations(rows, answers)
        table = GRPOTrainer._calculate_rewards(
            trainer, rows, prompts, completions, [[1]] * len(rows)
        )
        return [[None if v != v else v for v in line] for line in table.tolist()]

    def _replayed(self, function: Any, rows: list[dict[str, Any]], answers: tuple[str, ...]) -> Any:
        prompts, completions = _conversations(rows, answers)
        columns = {name: [row[name] for row in rows] for name in rows[0] if name != "prompt"}
        return function(
            prompts=prompts,
            completions=completions,
            completion_ids=[[1]] * len(rows),
            trainer_state=None,
            log_extra=lambda name, values: None,
            log_metric=lambda name, value: None,
            **columns,
        )


class Unsloth(Trl):
    """The functions that the script names, called as TRL calls them."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        super().__init__(bundle, folder)
        adapter = load(folder / "rubric_unsloth.py", "rubric_unsloth")
        chosen = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        adapter.settings(**chosen)
        self.real = False
        self.functions, self.tiers = adapter.functions(False), adapter.functions(True)


def _conversations(rows: list[dict[str, Any]], answers: tuple[str, ...]) -> tuple[Any, Any]:
    completions = [[{"role": "assistant", "content": answer}] for answer in answers]
    return [row["prompt"] for row in rows], completions


def _single(value: float) -> float:
    import torch

    return float(torch.tensor(value, dtype=torch.float32))
