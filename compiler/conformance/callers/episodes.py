"""Stacks whose adapter is an environment: verifiers and OpenEnv, one answer an episode."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .base import Got, here, load, stand_in, wait

PREFIX = "rubric/"


class Verifiers:
    """`Task.score` itself on a trace with the answer; what it raises makes an errored rollout."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("verifiers")
        if not self.real:
            stand_in_for_verifiers()
        sys.path.insert(0, str(folder))
        self.module = importlib.import_module("rubric_verifiers")
        own = Path(self.module.reward.__file__).read_bytes()
        if own != (bundle / "reward.py").read_bytes():
            raise AssertionError("the package has another reward.py than the bundle")
        sys.modules["reward"] = self.module.reward

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        task = self.module.RubricTask(self.module.data_of(row))
        return [wait(self._scored(task, answer)) for answer in answers]

    async def _scored(self, task: Any, answer: str) -> Got:
        trace = _trace(task, answer) if self.real else FinishedTrace(answer)
        try:
            await (task.score(trace) if self.real else _score(task, trace))
        except Exception as error:
            if not self._is_of_the_task(error):
                raise
            return Got(None, False, _numbers(trace.metrics))
        return Got(trace.reward, False, _numbers(trace.metrics))

    def _is_of_the_task(self, error: Exception) -> bool:
        """Whether verifiers put it down to the task, as it does with what a reward raises."""
        if not self.real:
            return isinstance(error, self.module.Unscored)
        from verifiers.v1.errors import TaskError

        return isinstance(error, TaskError) and isinstance(error.__cause__, self.module.Unscored)


def _trace(task: Any, answer: str) -> Any:
    """A finished rollout in which the policy gave the answer."""
    import verifiers.v1 as vf

    return vf.Trace(
        task=vf.TraceTask(type="RubricTask", data=task.data, key=task.key, hash=task.hash),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
        nodes=[vf.MessageNode(message=vf.AssistantMessage(content=answer), sampled=True)],
    )


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {n.removeprefix(PREFIX): v for n, v in metrics.items() if n.startswith(PREFIX)}


class FinishedTrace:
    """A trace, as far as the adapter goes."""

    root_reply = None

    def __init__(self, answer: str) -> None:
        self.assistant_messages = [SimpleNamespace(content=answer)]
        self.metrics: dict[str, float] = {}
        self.info: dict[str, Any] = {}
        self.reward = 0.0

    def record_metrics(self, values: dict[str, float]) -> None:
        self.metrics.update(values)


async def _score(task: Any, trace: FinishedTrace) -> None:
    trace.reward = sum([await task.rubric(trace)])


class _Base:
    """A class of verifiers: generic, and made with fields."""

    def __init__(self, data: Any = None, config: Any = None, **fields: Any) -> None:
        self.data, self.config = data, config
        vars(self).update(fields)

    def __class_getitem__(cls, item: Any) -> type:
        return cls


def stand_in_for_verifiers() -> None:
    names = ("Task", "TaskData", "Taskset", "TasksetConfig", "Env", "SingleAgentEnvConfig",
             "AgentConfig", "HarnessConfig", "SubprocessConfig")  # fmt: skip
    members: dict[str, Any] = {name: type(name, (_Base,), {}) for name in names}
    members["SingleAgentEnv"] = type("SingleAgentEnv", (members["Env"],), {})
    members |= {"Trace": FinishedTrace, "reward": lambda function: function}
    stand_in("verifiers.v1", members)
    sys.modules["verifiers"].v1 = sys.modules["verifiers.v1"]  # type: ignore[attr-defined]


class OpenEnv:
    """The environment that is emitted, reset and stepped, by itself and inside an event loop."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("openenv")
        if not self.real:
            stand_in_for_openenv()
        self.module: Any = load(folder / "rubric_openenv.py", "rubric_openenv")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        self.module._rows = lambda split: [row]
        found = []
        for answer in answers:
            environment = self.module.RubricEnvironment()
            environment.reset(index=0)
            seen = environment.step(self.module.Answer(text=answer))
            if not seen.done:
                raise AssertionError("the episode goes on after the answer")
            if wait(self._inside(environment, answer)) != seen.reward:
                raise AssertionError("an event loop changes the reward")
            if self.real:
                _check_containers(environment.rubric, seen)
            found.append(Got(seen.reward, False, seen.metadata["numbers"]))
        return found

    async def _inside(self, environment: Any, answer: str) -> Any:
        action = self.module.Answer(text=answer)
        if self.real:
            return (await environment.step_async(action)).reward
        return environment.step(action).reward


def _check_containers(rubric: Any, seen: Any) -> None:
    """What OpenEnv's own containers recorded on the way."""
    last = {name: part.last_score for name, part in rubric.named_rubrics()}
    if rubric.last_score != seen.reward:
        raise AssertionError("the rubric recorded another reward than the observation has")
    if seen.metadata["numbers"]["safe"] and last["gated.rubric_0"] != 1.0:
        raise AssertionError("the gate is closed for a safe answer")


def stand_in_for_openenv() -> None:
    class Rubric:
        def __init__(self) -> None:
            self.last_score: float | None = None

        def forward(self, action: Any, observation: Any) -> float:
            raise NotImplementedError

        def __call__(self, action: Any, observation: Any) -> float:
            self.last_score = self.forward(action, observation)
            return self.last_score

    class Gate(Rubric):
        def __init__(self, rubric: Rubric, threshold: float = 1.0) -> None:
            super().__init__()
            self.rubric, self.threshold = rubric, threshold

        def forward(self, action: Any, observation: Any) -> float:
            score = self.rubric(action, observation)
            return 0.0 if score < self.threshold else score

    class Sequential(Rubric):
        def __init__(self, *rubrics: Rubric) -> None:
            super().__init__()
            self.rubrics = rubrics

        def forward(self, action: Any, observation: Any) -> float:
            score = 1.0
            for rubric in self.rubrics:
                score = rubric(action, observation)
                if score == 0.0:
                    return 0.0
            return score

    class Environment(_Base):
        def __init__(self, rubric: Rubric) -> None:
            super().__init__()
            self.rubric = rubric

        def _apply_rubric(self, action: Any, observation: Any) -> float:
            return self.rubric(action, observation)

    class Model(_Base):
        done = False
        reward: float | None = None

    core = "openenv.core"
    stand_in(f"{core}.env_server.interfaces", {"Environment": Environment})
    stand_in(f"{core}.env_server.types", {"Action": Model, "Observation": Model, "State": Model})
    containers = {"Gate": Gate, "Rubric": Rubric, "Sequential": Sequential}
    stand_in(f"{core}.rubrics", containers)
