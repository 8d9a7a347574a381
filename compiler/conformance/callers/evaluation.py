"""Stacks that evaluate, in this process: Inspect and lm-evaluation-harness."""

import json
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .base import Got, here, load, only, stand_in, wait


class Inspect:
    """`inspect_ai.eval` itself, with its mock of a model that gives the answers of the case."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("inspect_ai")
        self.file = folder / "rubric_inspect.py"
        if self.real:
            self.logs = tempfile.TemporaryDirectory()
        else:
            stand_in_inspect()
        self.module = load(self.file, "rubric_inspect")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        scores = self._real(row, answers) if self.real else self._replayed(row, answers)
        found = []
        for score in scores:
            numbers = dict(score.value)
            value = numbers.pop("reward")
            lost = math.isnan(value)
            flags = (numbers["unscored"], score.reason)
            if lost != (numbers["unscored"] == 1) or lost != math.isnan(numbers["safe"]):
                raise AssertionError(f"an answer is neither scored nor unscored: {flags}")
            if (score.reason == "grader_failed") != (numbers["judge_failed"] == 1):
                raise AssertionError(f"a failure has another reason: {flags}")
            found.append(Got(None if lost else value, False, None if lost else numbers))
        return found

    def _real(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Any]:
        from inspect_ai import eval as evaluate
        from inspect_ai.model import ModelOutput, ModelUsage, get_model

        # Without a usage the mock counts tokens, for which it would fetch a vocabulary.
        outputs = [ModelOutput.from_content("mockllm/model", answer) for answer in answers]
        for output in outputs:
            output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        prompts = Path(self.logs.name) / "prompts.jsonl"
        lines = [json.dumps({**row, "id": place}) + "\n" for place, _ in enumerate(answers)]
        prompts.write_text("".join(lines), encoding="utf-8")
        log = only(
            evaluate(
                self.module.rubric(str(prompts)),
                model=get_model("mockllm/model", custom_outputs=outputs),
                max_samples=1,
                display="none",
                log_dir=self.logs.name,
                log_format="json",
            )
        )
        if log.status != "success":
            raise AssertionError(f"Inspect stopped: {log.error}")
        samples = sorted(log.samples, key=lambda sample: int(sample.id))
        if [sample.output.completion for sample in samples] != list(answers):
            raise AssertionError("Inspect has other answers")
        return [only(sample.scores.values()) for sample in samples]

    def _replayed(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Any]:
        messages = [SimpleNamespace(role=m["role"], text=m["content"]) for m in row["input"]]
        score = self.module.rubric_reward()
        states = [
            SimpleNamespace(input=messages, metadata=dict(row["metadata"]),
                            output=SimpleNamespace(completion=answer))
            for answer in answers
        ]  # fmt: skip
        return [wait(score(state, SimpleNamespace(text=""))) for state in states]


def stand_in_inspect() -> None:
    """Names of Inspect that its adapter imports, where it is not installed."""

    def scorer(metrics: Any) -> Any:
        return lambda function: function

    stand_in("inspect_ai", {"Task": SimpleNamespace, "task": lambda function: function})
    stand_in("inspect_ai.dataset", {"json_dataset": lambda path: path})
    stand_in("inspect_ai.model", {"ChatMessage": SimpleNamespace})
    metrics = {"mean": lambda: "mean", "stderr": lambda: "stderr"}
    stand_in("inspect_ai.scorer", {"Score": SimpleNamespace, "Scorer": object, "Target": object,
                                   "scorer": scorer, **metrics})  # fmt: skip
    stand_in("inspect_ai.solver", {"TaskState": object, "generate": lambda: None})


class LmEval:
    """Its own reading of the task and its `evaluate`, with a model that gives the answers."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.real = here("lm_eval")
        if self.real:
            from lm_eval.tasks import TaskManager

            # The harness loads the adapter when the task is read; the judge is set before that.
            load(bundle / "reward.py", "reward")
            self.home = tempfile.TemporaryDirectory()
            self.prompts = Path(self.home.name) / "prompts.jsonl"
            self.manager = TaskManager(
                include_path=str(folder),
                include_defaults=False,
                metadata={"prompts": str(self.prompts)},
            )
        else:
            stand_in("lm_eval.api.task", {"ConfigurableTask": _Task})
            self.module = load(folder / "rubric_lm_eval.py", "rubric_lm_eval")

    def call(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Got]:
        metrics = self._real(row, answers) if self.real else self._replayed(row, answers)
        return [Got(dict(found).pop("reward"), False, _without_reward(found)) for found in metrics]

    def _replayed(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Mapping[str, float]]:
        docs = [{**row, "number": place} for place, _ in enumerate(answers)]
        task = self.module.RubricTask.__new__(self.module.RubricTask)
        task.instances = [
            SimpleNamespace(doc=doc, resps=[answer], filtered_resps={})
            for doc, answer in zip(docs, answers, strict=True)
        ]
        task.apply_filters()
        return [
            self.module.process_results(dict(doc), [answer])
            for doc, answer in zip(docs, answers, strict=True)
        ]

    def _real(self, row: dict[str, Any], answers: tuple[str, ...]) -> list[Mapping[str, float]]:
        from lm_eval.api.model import LM
        from lm_eval.evaluator import evaluate

        class Model(LM):  # type: ignore[misc]
            def generate_until(self, requests: Any, **more: Any) -> list[str]:
                return [answers[request.doc["number"]] for request in requests]

            def loglikelihood(self, requests: Any, **more: Any) -> Any:
                raise NotImplementedError

            loglikelihood_rolling = loglikelihood

        docs = [{**row, "number": place} for place, _ in enumerate(answers)]
        lines = "".join(json.dumps(doc) + "\n" for doc in docs)
        self.prompts.write_text(lines, encoding="utf-8")
        found = evaluate(Model(), self.manager.load(["rubric"]), bootstrap_iters=0)
        samples = sorted(found["samples"]["rubric"], key=lambda sample: sample["doc_id"])
        metrics: list[Mapping[str, float]] = [
            {name: sample[name] for name in sample["metrics"]} for sample in samples
        ]
        means = found["results"]["rubric"]
        if means["judge_failed,none"] != sum(m["judge_failed"] for m in metrics) / len(metrics):
            raise AssertionError("the harness tells another share of failures")
        return metrics


class _Task:
    """The harness's task, as far as the adapter goes: the first reply is the answer."""

    instances: list[Any]

    def apply_filters(self) -> None:
        for instance in self.instances:
            instance.filtered_resps["none"] = instance.resps[0]


def _without_reward(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if name != "reward"}
