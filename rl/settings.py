"""Settings of a run: the bundle's YAML file, read by TRL's own parser, and what overrides it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from trl import GRPOConfig, ModelConfig, RewardConfig
from trl.scripts import grpo as grpo_script
from trl.scripts import reward as reward_script

from .errors import TrainingError

Values = Mapping[str, Any]

_CPU: Values = {
    "use_cpu": True,
    # Mixed precision is slower than float32 on most processors, and less exact everywhere.
    "bf16": False,
    "dtype": "float32",
    "gradient_checkpointing": False,
    "dataloader_pin_memory": False,
}


def machine() -> Values:
    """What the machine asks for: arithmetic in bfloat16 on CUDA, where the files leave it to a
    launcher; float32 and no recomputation on a processor."""
    if torch.cuda.is_available():
        return {"bf16": True} if torch.cuda.is_bf16_supported() else {}
    return _CPU


def policy_machine() -> Values:
    """The same for a policy, which no engine generates for on a processor."""
    return machine() if torch.cuda.is_available() else {**_CPU, "use_vllm": False}


def reward_settings(
    file: Path, values: Values, overrides: Sequence[str]
) -> tuple[RewardConfig, ModelConfig]:
    """Settings for `RewardTrainer`. Raises `TrainingError`."""
    _, config, model, _ = _parsed(reward_script.make_parser(), file, values, overrides)
    return config, model


def grpo_settings(
    file: Path, values: Values, overrides: Sequence[str]
) -> tuple[GRPOConfig, ModelConfig]:
    """Settings for `GRPOTrainer`. Raises `TrainingError`."""
    config, model, _ = grpo_settings_and_rewards(file, values, overrides)
    return config, model


def grpo_settings_and_rewards(
    file: Path, values: Values, overrides: Sequence[str]
) -> tuple[GRPOConfig, ModelConfig, list[str]]:
    """The same with the names of the reward functions. Raises `TrainingError`."""
    script, config, model, _ = _parsed(grpo_script.make_parser(), file, values, overrides)
    return config, model, list(script.reward_funcs or ())


def _parsed(parser: Any, file: Path, values: Values, overrides: Sequence[str]) -> tuple[Any, ...]:
    """The file, then `values`, then `overrides` (each `name=value`); the later one wins."""

    def refuse(message: str) -> NoReturn:
        raise TrainingError(message, "--set takes NAME=VALUE with the names of TRL's own options")

    parser.error = refuse
    arguments = ["--config", str(file)]
    for name, value in values.items():
        arguments += [f"--{name}", str(value)]
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            refuse(f"{text!r} is not a setting")
        arguments += [f"--{name}", value]
    try:
        found: tuple[Any, ...] = parser.parse_args_and_config(arguments)
    except ValueError as error:
        refuse(f"{file}: {error}")
    return found
