"""`metrics.jsonl`: the figures of each logged step, and what a resumed run makes of its files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOConfig

from .logs import METRICS, Lines, metrics_line
from .samples import Samples

REWARD = "reward"
"""TRL's figure that is in the log of every step of training, and in no other."""


class Keeping(TrainerCallback):  # type: ignore[misc]
    """Writes a line when a step is logged, in the first process.

    A run that goes on from a checkpoint may have been killed long after it. The checkpoint holds
    the log up to its step: the file is written anew from that, so that it has neither gaps nor
    doubles, and samples of later steps, which come again, are dropped.
    """

    def __init__(self, folder: Path, samples: Samples) -> None:
        self._metrics = Lines(folder / METRICS)
        self._samples = samples

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        if state.is_world_process_zero:
            steps = [log for log in state.log_history if REWARD in log]
            self._metrics.replace(metrics_line(log, log["step"]) for log in steps)
            self._samples.keep(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and REWARD in logs and state.is_world_process_zero:
            self._metrics.add(metrics_line(logs, state.global_step))


def differs_when_resumed(config: GRPOConfig) -> Iterator[str]:
    """Why a run with these settings that is killed would not go on to the same figures.

    What TRL has generated but not used, and logged but not averaged, is in no checkpoint.
    """
    saved = config.save_steps
    if config.save_strategy != "steps" or saved < 1:
        return
    if config.logging_steps > 1 and saved % config.logging_steps:
        yield (
            f"save_steps {saved:g} is no multiple of logging_steps {config.logging_steps:g}: a "
            "resumed run's first line is a mean over fewer steps"
        )
    micro, spell = config.gradient_accumulation_steps, config.steps_per_generation
    if saved * micro % (spell * config.num_iterations):
        yield (
            f"save_steps {saved:g} falls into the middle of a generation, which is used for "
            f"{spell * config.num_iterations / micro:g} steps: a resumed run generates anew"
        )
