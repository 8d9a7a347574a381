"""One module per stack, each with its `TARGET`; `TARGETS` has them by name."""

from . import (
    art,
    inspect,
    lm_eval,
    ms_swift,
    nemo_rl,
    openenv,
    openrlhf,
    promptfoo,
    skyrl,
    slime,
    tinker,
    trl,
    unsloth,
    verifiers,
    verl,
)
from .interface import FOLDER, PROMPTS, Record, Target, emit

TARGETS: dict[str, Target] = {
    module.TARGET.name: module.TARGET
    for module in (
        trl, verl, openrlhf, slime, skyrl, ms_swift, nemo_rl, unsloth, art, tinker, verifiers,
        openenv, inspect, promptfoo, lm_eval,
    )
}  # fmt: skip

__all__ = ["FOLDER", "PROMPTS", "TARGETS", "Record", "Target", "emit"]
