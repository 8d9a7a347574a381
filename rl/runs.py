"""A run's folder: what it was made from, whether it may be continued, and its figures."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .errors import TrainingError
from .material import Material

FORMAT = 1
RUN = "run.json"
METRICS = "metrics.json"

REWARD_MODEL = "reward model"
"""The kind of run that `train_reward_model` makes."""

EMBEDDED = "embedded"
"""The name of a model that is made from scratch."""

Resume = Literal["auto", "never"]


@dataclass(frozen=True)
class Run:
    """What a folder of results was made from. `settings` are those that the caller changed."""

    kind: str
    bundle: str
    template: str
    rubrics: dict[str, str]
    model: str
    settings: dict[str, Any]
    format: int = FORMAT


def describe(material: Material, kind: str, model: str, settings: Mapping[str, Any]) -> Run:
    """The run that these would make; `bundle` is the fingerprint of the manifest."""
    # As they will be read back: a tuple is a list there, and must not look like a change.
    changed = json.loads(json.dumps(settings))
    return Run(kind, material.fingerprint, material.template, material.hashes, model, changed)


def open_folder(folder: Path) -> None:
    """Make a folder to write to, or see that it is one. Raises `TrainingError`."""
    why = "give another folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise TrainingError(f"{folder} is a file", why) from None
    except OSError as error:
        raise TrainingError(f"{folder} cannot be made: {error.strerror}", why) from None
    if not os.access(folder, os.W_OK):
        raise TrainingError(f"{folder} cannot be written to", why)


def prepare(folder: Path, run: Run, resume: Resume) -> str | None:
    """Make the folder of a run, or find the checkpoint to go on from; None to start anew.

    Raises `TrainingError` for a folder that belongs to something else or cannot be written to.
    """
    open_folder(folder)
    # A run that failed before it began has left its description alone.
    if {path.name for path in folder.iterdir()} <= {RUN}:
        write_json(folder / RUN, asdict(run))
        return None
    before = read_run(folder, run.kind)
    for field, what in (("bundle", "another bundle"), ("model", "another model")):
        old, new = getattr(before, field), getattr(run, field)
        if old != new:
            raise TrainingError(
                f"{folder} holds a run on {what} ({_short(old)}, not {_short(new)})",
                "give another --out, or remove the folder",
            )
    # Imported here: what a folder was made from can be read without a framework.
    from transformers.trainer_utils import get_last_checkpoint

    checkpoint: str | None = get_last_checkpoint(str(folder))
    if resume == "never" and checkpoint is not None:
        raise TrainingError(
            f"{folder} holds checkpoints of a run", "leave out `--resume never` to go on from them"
        )
    if checkpoint is not None and before.settings != run.settings:
        raise TrainingError(
            f"{folder} holds a run with other settings: {_changed(before.settings, run.settings)}",
            "repeat the settings to go on from its checkpoint, or give another --out",
        )
    write_json(folder / RUN, asdict(run))
    return checkpoint


def read_run(folder: Path, kind: str) -> Run:
    """What a folder was made from. Raises `TrainingError` if it is not a run of this kind."""
    path = folder / RUN
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        run = Run(**found)
    except FileNotFoundError:
        raise TrainingError(
            f"{folder} is no {kind}: it has no {RUN}",
            "give a folder that `rubricc train` wrote, or an empty one to write to",
        ) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise TrainingError(f"{path} cannot be read: {error}") from None
    if run.format != FORMAT or run.kind != kind:
        raise TrainingError(f"{folder} holds a {run.kind} (format {run.format}), not a {kind}")
    return run


@dataclass(frozen=True)
class Training:
    """What reading a reward model's scores needs to know of its training.

    `pinned`: the pointwise term gave the scores a zero. `max_length` is in tokens.
    """

    pinned: bool
    max_length: int


def read_training(folder: Path) -> Training:
    """How the reward model in a folder was trained. Raises `TrainingError`."""
    path = folder / METRICS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        weight, length = found["pointwise_weight"], found["max_length"]
        if not isinstance(weight, int | float) or not isinstance(length, int) or length < 1:
            raise ValueError("`pointwise_weight` or `max_length` is no number")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TrainingError(
            f"{path} cannot be read: {error}", "has the training of the reward model finished?"
        ) from None
    return Training(weight > 0, length)


def write_json(path: Path, value: object) -> None:
    """Write indented JSON; the file is whole or not there."""
    draft = path.with_name(path.name + ".part")
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _short(text: str) -> str:
    return text[:12] if len(text) == 64 else text


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = sorted(n for n in before.keys() | now.keys() if before.get(n) != now.get(n))
    return ", ".join(f"{n} was {before.get(n)!r} and is {now.get(n)!r}" for n in names)
