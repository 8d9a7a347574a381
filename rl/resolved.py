"""What the settings of a policy's training come to: batches on the devices that a size has.

Read from the bundle's YAML files and the caller's overrides alone, so that eight GPUs can be
checked where there are none.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from trl import GRPOConfig

from rubricdsl.batches import (
    ACCELERATE,
    SERVER,
    SETTINGS,
    Batches,
    Misfit,
    Size,
    misfits,
    too_few,
)
from rubricdsl.bundle import BundleError

from .errors import TrainingError
from .material import Material
from .settings import Values


@dataclass(frozen=True)
class Resolved:
    """The settings of a size as they are asked for, and the batches that follow.

    `settings` has what the file and the overrides say; `server_gpus` are those of a server that
    generates, 0 without one.
    """

    size: Size
    settings: Mapping[str, Any]
    batches: Batches
    server_gpus: int = 0

    def get(self, name: str, usual: Any) -> Any:
        """A setting, or what TRL takes without it."""
        value = self.settings.get(name)
        return usual if value is None else value


def settings_file(material: Material, size: Size) -> Path:
    """The settings of a size. Raises `TrainingError`."""
    return _file(material, SETTINGS[size])


def resolve(material: Material, size: Size, values: Values, overrides: Sequence[str]) -> Resolved:
    """The settings of a size, then `values`, then `overrides`. Raises `TrainingError`."""
    found = _read(settings_file(material, size)) | dict(values)
    for text in overrides:
        name, _, value = text.partition("=")
        found[name] = _value(value)
    launch = _read(_file(material, ACCELERATE[size]))
    machines, processes = _whole(launch, "num_machines", 1), _whole(launch, "num_processes", 1)
    served = bool(found.get("use_vllm")) and found.get("vllm_mode") == "server"
    shared = bool(found.get("use_vllm")) and not served
    batches = Batches(
        group=_whole(found, "num_generations", 8),
        per_device=_whole(found, "per_device_train_batch_size", 8),
        accumulation=_whole(found, "gradient_accumulation_steps", 1),
        gpus=processes // machines,
        machines=machines,
        per_generation=_per_generation(found, processes),
        tensor_parallel=_whole(found, "vllm_tensor_parallel_size", 1) if shared else 1,
    )
    server = _read(_file(material, SERVER))["tensor_parallel_size"] if served else 0
    return Resolved(size, found, batches, server)


def ranked_rubric(material: Material) -> str | None:
    """A rubric whose reward ranks the answers of a group, if there is one."""
    try:
        rubrics = list(material.bundle.rubrics())
    except BundleError:
        # Compiled without the typed rubrics: `reward.py` itself refuses a group in pieces.
        return None
    return next((r.name for r in rubrics if r.reward.shape == "centred"), None)


def check_batches(config: GRPOConfig, material: Material, size: Size, prompts: int) -> list[str]:
    """Notes on the batches of a run that is about to start, in as many processes as there are.

    `prompts` is how many there are to train on. Raises `TrainingError` with everything that does
    not fit.
    """
    local_world = int(os.environ.get("LOCAL_WORLD_SIZE") or config.world_size)
    batches = Batches(
        group=config.num_generations,
        per_device=config.per_device_train_batch_size,
        accumulation=config.gradient_accumulation_steps,
        gpus=local_world,
        machines=max(1, config.world_size // local_world),
        per_generation=config.steps_per_generation,
        tensor_parallel=_shared_engine(config),
    )
    found = list(misfits(batches, ranked_rubric(material)))
    if few := too_few(batches, prompts):
        found.append(few)
    if fatal := [misfit for misfit in found if misfit.fatal]:
        raise TrainingError("; ".join(map(_what, fatal)), "; ".join(m.hint for m in fatal))
    notes = [str(misfit) for misfit in found]
    meant = _read(_file(material, ACCELERATE[size]))["num_processes"]
    if size != "gpu" and config.world_size != meant:
        notes.append(
            f"{SETTINGS[size]} is for {meant} processes, and this run has {config.world_size}: "
            f"accelerate launch --config_file {material.bundle.root / ACCELERATE[size]} starts them"
        )
    return notes


def _shared_engine(config: GRPOConfig) -> int:
    colocated = config.use_vllm and config.vllm_mode == "colocate"
    return config.vllm_tensor_parallel_size if colocated else 1


def _what(misfit: Misfit) -> str:
    return f"{misfit.what}, but {misfit.why}"


def _file(material: Material, path: str) -> Path:
    """A file of the bundle, as it was compiled. Raises `TrainingError`."""
    try:
        return material.bundle.path(path)
    except BundleError as error:
        raise TrainingError(str(error), "compile it, and change settings by --set") from None


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _value(text: str) -> Any:
    """What YAML makes of a text; the text itself, for TRL to refuse, where it makes nothing."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _per_generation(found: Mapping[str, Any], world: int) -> int | None:
    if found.get("generation_batch_size") is not None:
        each = _whole(found, "per_device_train_batch_size", 8) * world
        return max(1, _whole(found, "generation_batch_size", 1) // each)
    if found.get("steps_per_generation") is None:
        return None
    return _whole(found, "steps_per_generation", 1)


def _whole(found: Mapping[str, Any], name: str, usual: int) -> int:
    value = found.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TrainingError(f"{name} is {value!r}, not a whole number above 0", "see --set")
    return value
