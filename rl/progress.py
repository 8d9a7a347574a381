"""Short lines about a run in place of the libraries' bars, and silence from everything else."""

import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import datasets
import transformers
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

Say = Callable[[str], None]


def say(line: str) -> None:
    """One line of progress on standard output, at once."""
    print(line, flush=True)


def silent(line: str) -> None:
    """Nothing: for processes beside the first."""


def is_first() -> bool:
    """Whether this is the only process of a run, or the first of those that a launcher started."""
    return os.environ.get("RANK", "0") == "0"


def quieten() -> None:
    """Errors only from the libraries, no bars, and no notices that nobody here can act on."""
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    for name in ("trl", "accelerate", "datasets", "peft", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|trl|peft)\b")
    warnings.filterwarnings("ignore", message=r".*pin_memory.*")


class Lines(TrainerCallback):  # type: ignore[misc]
    """Prints one line per logged step: `title  step 20/300  loss 0.51  12 s`.

    `shown` maps the trainer's names of figures to the short names printed for them.
    """

    def __init__(self, title: str, shown: Mapping[str, str], tell: Say = say) -> None:
        self._title = title
        self._shown = shown
        self._tell = tell
        self._start = time.monotonic()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        found = {
            name: float(logs[key]) for key, name in self._shown.items() if logs and key in logs
        }
        if not found or not state.is_world_process_zero:
            return
        figures = "  ".join(f"{name} {value:.3g}" for name, value in found.items())
        seconds = time.monotonic() - self._start
        self._tell(
            f"  {self._title}  step {state.global_step}/{state.max_steps}  {figures}"
            f"  {seconds:.0f} s"
        )


def only_lines(trainer: transformers.Trainer, lines: Lines) -> None:
    """Take the libraries' own printing off a trainer and put `lines` in its place."""
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(lines)
