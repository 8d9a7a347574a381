"""An end before the last step: the answers become less safe than they were."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .figures import SAFE, UNANSWERED

_MUCH = 0.05


@dataclass(frozen=True)
class Stop:
    """When to stop: `patience` steps in a row in which the mean safe share of the last `window`
    steps is below `below` times the best such mean so far. `below` 0 never stops.

    So nothing is judged by fewer than `window` steps, and no run ends before its step
    `window + patience`. Steps are those that are logged.
    """

    below: float = 0.0
    window: int = 10
    patience: int = 5


NEVER = Stop()


@dataclass(frozen=True)
class Stopped:
    """Why a run was stopped: the moving means of the safe share, now and at its best.

    `unanswered` is the share of its questions that the judge left open in the last step.
    """

    step: int
    safe: float
    best: float
    rule: Mapping[str, Any]
    unanswered: float = 0.0

    @property
    def said(self) -> str:
        """The reason in words."""
        said = (
            f"stopped at step {self.step}: over the last {self.rule['window']} steps "
            f"{self.safe:.1%} of the answers were safe, at best {self.best:.1%}, and for "
            f"{self.rule['patience']} steps it has been less than {self.rule['below']:g} of that"
        )
        if self.unanswered < _MUCH:
            return said
        return f"{said}; the judge gave no verdict on {self.unanswered:.1%} of what it was asked"


class Watchman:
    """Follows the safe share and says when to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._last: deque[float] = deque(maxlen=stop.window)
        self._best = 0.0
        self._low = 0

    def sees(self, step: int, safe: float) -> Stopped | None:
        """Take the safe share of a step."""
        self._last.append(safe)
        if len(self._last) < self._stop.window:
            return None
        mean = sum(self._last) / len(self._last)
        # What is judged by the first full window is the next one.
        is_low = mean < self._stop.below * self._best
        self._best = max(self._best, mean)
        self._low = self._low + 1 if is_low else 0
        if self._low < self._stop.patience:
            return None
        return Stopped(step, mean, self._best, asdict(self._stop))

    def forgives(self) -> None:
        """Begin to count anew, with the best mean as it was."""
        self._low = 0


class EarlyStop(TrainerCallback):  # type: ignore[misc]
    """Stops a run, with a checkpoint; `stopped` says why. A resumed run remembers its history.

    `again`: it was stopped before, and somebody wants it to go on.
    """

    def __init__(self, stop: Stop, *, again: bool = False) -> None:
        self._stop = stop
        self._again = again
        self._watchman = Watchman(stop)
        self.stopped: Stopped | None = None

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        for log in state.log_history:
            if log.get(SAFE) is not None:
                self._watchman.sees(log["step"], log[SAFE])
        if self._again:
            self._watchman.forgives()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if self._stop.below and logs and logs.get(SAFE) is not None and self.stopped is None:
            stopped = self._watchman.sees(state.global_step, logs[SAFE])
            if stopped is not None:
                self.stopped = replace(stopped, unanswered=logs.get(UNANSWERED) or 0.0)
                control.should_training_stop = True
                control.should_save = True
