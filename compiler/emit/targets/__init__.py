"""One module per stack, each with its `TARGET`; `TARGETS` has them by name."""

from . import (
    art,
    ms_swift,
    nemo_rl,
    openenv,
    openrlhf,
    skyrl,
    slime,
    tinker,
    trl,
    unsloth,
    verifiers,
    verl,
)
from .interface import FOLDER, Record, Target, emit

TARGETS: dict[str, Target] = {
    module.TARGET.name: module.TARGET
    for module in (
        trl, verl, openrlhf, slime, skyrl, ms_swift, nemo_rl, unsloth, art, tinker, verifiers,
        openenv,
    )
}  # fmt: skip

__all__ = ["FOLDER", "TARGETS", "Record", "Target", "emit"]
