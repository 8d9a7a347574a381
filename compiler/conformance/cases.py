"""The published cases: rubrics, prompts, answers, verdict sheets, faults, and what comes out."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Literal

from rubricdsl import ir
from rubricdsl.passes import Checker
from rubricdsl.source import MemoryBundle

FORMAT = 1
GROUP = 4
"""Answers to every prompt."""

Fault = Literal["", "raises", "too few", "no mapping"]


@dataclass(frozen=True)
class Expected:
    """`reward` is None where the answer must not count; `value` stands for it in such stacks."""

    reward: float | None
    value: float
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Case:
    """One prompt with a group of answers.

    `sheets` has what the judge says of each answer, `fault` how it fails instead. With `drop` a
    failure leaves no reward (`RUBRICC_ON_JUDGE_FAILURE=drop`).
    """

    id: str
    rubric: str
    prompt: list[dict[str, str]]
    inputs: str
    profile: str
    answers: tuple[str, ...]
    sheets: tuple[Mapping[str, Any], ...]
    fault: Fault
    drop: bool
    expected: tuple[Expected, ...]

    def record(self) -> dict[str, Any]:
        """The prompt as `grpo/prompts.jsonl` has it."""
        return {
            "prompt": self.prompt,
            "prompt_id": self.id,
            "rubric": self.rubric,
            "inputs": self.inputs,
            "profile": self.profile,
        }

    def judge(self) -> Callable[[list[dict[str, Any]]], Any]:
        """Says what the case says, of whichever of its answers it is asked about."""
        by_answer = dict(zip(self.answers, self.sheets, strict=True))

        def judge(items: list[dict[str, Any]]) -> Any:
            if self.fault == "raises":
                raise TimeoutError("injected")
            sheets: list[Any] = [by_answer[item["response"]] for item in items]
            if self.fault == "too few":
                return sheets[:-1]
            if self.fault == "no mapping":
                return [None for _ in sheets]
            return sheets

        return judge


@dataclass(frozen=True)
class Published:
    """What `cases.json` holds. `sources` are the texts of the rubrics by name."""

    sources: Mapping[str, str]
    cases: tuple[Case, ...]

    def rubrics(self) -> tuple[ir.Rubric, ...]:
        """The rubrics, checked."""
        return tuple(_rubric(name, source) for name, source in sorted(self.sources.items()))


def published() -> Published:
    """The cases that come with this package."""
    text = files(__package__).joinpath("cases.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return Published(found["rubrics"], tuple(_case(case) for case in found["cases"]))


def with_rubrics_in_rows(cases: tuple[Case, ...], texts: Mapping[str, str]) -> Iterator[Any]:
    """The same cases and their records, where each row brings its rubric."""
    for case in cases:
        yield (
            replace(case, id=f"{case.id}, rubric in the row"),
            {**case.record(), "rubric_json": texts[case.rubric]},
        )


def _case(found: dict[str, Any]) -> Case:
    answers = found["answers"]
    return Case(
        found["id"],
        found["rubric"],
        found["prompt"],
        json.dumps(found["inputs"]),
        found["profile"],
        tuple(answer["text"] for answer in answers),
        tuple(answer["sheet"] for answer in answers),
        found["fault"],
        found["drop"],
        tuple(_expected(answer["expected"]) for answer in answers),
    )


def _expected(found: dict[str, Any]) -> Expected:
    reward = found["reward"]
    return Expected(
        None if reward is None else float.fromhex(reward),
        float.fromhex(found["value"]),
        {name: float.fromhex(value) for name, value in found["numbers"].items()},
    )


def _rubric(name: str, source: str) -> ir.Rubric:
    path = f"{name}.rubric"
    checked = Checker(MemoryBundle({path: source})).check(path)
    if checked.rubric is None:
        raise ValueError(f"{name}: {[d.message for d in checked.diagnostics]}")
    return checked.rubric
