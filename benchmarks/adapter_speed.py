"""What an adapter costs beside `reward.py` itself, and a large batch through TRL's.

    python benchmarks/adapter_speed.py
    python benchmarks/adapter_speed.py --write   # also benchmarks/results/adapter_speed.md

Adapters are called with rows of a data set, one thread, and a judge that looks its sheet up. What
is compared is the same call of `reward.score_rows` or `score_rows_async` with rows that are read
already, one answer at a time or eight, in turn, so that both meet the same noise. The batch has
4,096 answers to 512 prompts, each prompt with a rubric of its own in its row, fresh each time;
then 4,096 prompts with as many rubrics. Time is the processor's, of this process.
"""

import argparse
import asyncio
import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from report import machine, table

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.compiler.compile import Request, compile_bundle
from rubricdsl.compiler.conformance.callers import episodes
from rubricdsl.compiler.conformance.callers.base import stand_in
from rubricdsl.compiler.conformance.callers.evaluation import stand_in_inspect
from rubricdsl.compiler.emit.targets import TARGETS
from rubricdsl.compiler.job import Options

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "adapter_speed.md"
STACKS = ("verl", "openrlhf", "slime", "art", "verifiers", "openenv", "inspect", "lm-eval")
ANSWERS = 2000
BATCH, GROUP = 4096, 8
ANSWER = "Please see a doctor this week."
Work = Callable[[], object]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds, in turn")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bundle = Path(name) / "bundle"
        options = Options(targets=("reward",), stacks=STACKS)
        compile_bundle(Request((_rubric("mole", 1),), bundle, (), options))
        episodes.stand_in_for_verifiers()
        episodes.stand_in_for_openenv()
        sys.path[:0] = [str(bundle), *(str(bundle / TARGETS[s].folder) for s in STACKS)]
        reward = importlib.import_module("reward")
        stand_in_inspect()
        stand_in("lm_eval.api.task", {"ConfigurableTask": object})
        reward.set_judge(lambda items: [SHEET for _ in items])
        report = "\n\n".join(
            ["# Adapters", f"{machine()}. Made by `python benchmarks/adapter_speed.py --write`.",
             *_overhead(reward, args.rounds), *_batch(reward, args.rounds)]
        ) + "\n"  # fmt: skip
    print(report)
    if args.write:
        RESULT.write_text(report, encoding="utf-8")
    return 0


SHEET = {f"c{i}": "met" if i in (1, 3) else "unmet" for i in range(7)}


def _rubric(name: str, seed: int) -> ir.Rubric:
    """One veto, five weighed criteria, one bonus."""
    origin = ir.Origin(name, "1", "c")
    vetoes = (ir.Criterion("c0", "safety", "forbids", "t", origin, severity="critical"),)
    weighed = tuple(
        ir.Criterion(f"c{i + 1}", "proficiency", "requires", "t", origin,
                     weight=Fraction(1 + seed // 9**i % 9)) for i in range(5)
    )  # fmt: skip
    bonus = (ir.Criterion("c6", "excellence", "requires", "t", origin),)
    return ir.Rubric(name, "1", "draft", "training", "T", (*vetoes, *weighed, *bonus))


def _record(text: str = "") -> dict[str, Any]:
    prompt = [{"role": "user", "content": "My mole has grown and bleeds. Should I worry? " * 5}]
    return {"prompt": prompt, "prompt_id": "p", "rubric": "mole", "inputs": '{"age":"52 years"}',
            "profile": "", "rubric_json": text}  # fmt: skip


def _overhead(reward: Any, rounds: int) -> list[str]:
    rows = [["adapter", "calls it with", "`reward.py` alone, µs", "with the adapter, µs",
             "the adapter, µs"]]  # fmt: skip
    for stack in STACKS:
        record = _record()
        row = TARGETS[stack].row(record, 0)  # type: ignore[misc]
        adapter = importlib.import_module(f"rubric_{stack.replace('-', '_')}")
        given = {name: record[name] for name in ("prompt", "rubric", "inputs", "profile")}
        several = stack in ("slime", "art")
        with_it, alone = _pair(stack, adapter, reward, row, given)
        size = GROUP if several else 1
        times: list[tuple[float, float]] = []
        for _ in range(rounds):
            times.append((_seconds(alone, ANSWERS // size), _seconds(with_it, ANSWERS // size)))
        own, both = (min(pair[i] for pair in times) / size for i in (0, 1))
        more = statistics.median((b - a) / size for a, b in times)
        how = "a group of 8" if several else "one answer"
        rows.append([f"`{stack}`", how, f"{own:.1f}", f"{both:.1f}", f"{more:.1f}"])
    return [
        "## Beside `reward.py`",
        f"Microseconds per answer, best of {rounds} rounds of {ANSWERS:,} answers; the last "
        "column is the median difference of a round. A rubric of seven criteria; the judge's time "
        "is not in it. The adapters of slime, ART, verifiers and Inspect are coroutines, called in "
        "one event loop with a judge that is one too: any other judge costs a thread a call. What "
        "verifiers, OpenEnv and Inspect do themselves is not in it, nor are their classes. "
        "For Inspect and lm-eval both columns have `findings()`, which their logs hold. promptfoo "
        "starts a process for every answer, and is left out.",
        table(rows),
    ]


def _pair(
    stack: str, adapter: Any, reward: Any, row: dict[str, Any], given: dict[str, Any]
) -> tuple[Work, Work]:
    """The call of the adapter, and what it comes down to."""
    answer = ANSWER
    if stack == "verl":
        call = {"data_source": row["data_source"], "solution_str": answer, "ground_truth": ""}
        return (
            lambda: adapter.compute_score_sync(**call, extra_info=row["extra_info"]),
            lambda: reward.score_rows([given], [answer]),
        )
    if stack == "openrlhf":
        prompt = "<|im_start|>user\n" + given["prompt"][0]["content"] + "<|im_end|>\n"
        return (
            lambda: adapter.reward_func([prompt + answer], [prompt], [row["label"]]),
            lambda: reward.score_rows([given], [answer]),
        )

    if stack == "openenv":
        rubric = adapter.BundleRubric(lambda action, seen: given, lambda action, seen: action)
        return (
            lambda: rubric(answer, None),
            lambda: reward.score_rows([given], [answer]),
        )
    if stack == "lm-eval":
        return (
            lambda: adapter.process_results(dict(row), [answer]),
            lambda: reward.score_rows([given], [answer])[0].findings(),
        )

    return _awaited(stack, adapter, reward, row, given)


def _awaited(
    stack: str, adapter: Any, reward: Any, row: dict[str, Any], given: dict[str, Any]
) -> tuple[Work, Work]:
    """The same where both are coroutines."""
    answer = ANSWER

    async def judge(items: list[dict[str, Any]]) -> Any:
        return [SHEET for _ in items]

    def waiting(function: Any) -> Work:
        async def several() -> None:
            for _ in range(64):
                await function()

        def work() -> None:
            reward.set_judge(judge)
            asyncio.run(several())
            reward.set_judge(lambda items: [SHEET for _ in items])

        work.repeats = 64  # type: ignore[attr-defined]
        return work

    if stack == "verifiers":
        reward = adapter.reward
        task, trace = adapter.RubricTask(adapter.data_of(row)), episodes.FinishedTrace(answer)
        return (
            waiting(lambda: task.rubric(trace)),
            waiting(lambda: reward.score_rows_async([given], [answer])),
        )
    if stack == "inspect":
        state = SimpleNamespace(
            input=[SimpleNamespace(role="user", text=given["prompt"][0]["content"])],
            metadata=row["metadata"], output=SimpleNamespace(completion=answer),
        )  # fmt: skip
        score = adapter.rubric_reward()

        async def alone() -> Any:
            return (await reward.score_rows_async([given], [answer]))[0].findings()

        return (
            waiting(lambda: score(state, None)),
            waiting(alone),
        )
    if stack == "slime":
        samples = [SimpleNamespace(metadata=dict(row["metadata"]), response=answer)
                   for _ in range(GROUP)]  # fmt: skip
        return (
            waiting(lambda: adapter.custom_rm(None, samples)),
            waiting(lambda: reward.score_rows_async([given] * GROUP, [answer] * GROUP)),
        )
    said = [{"role": "assistant", "content": answer}]
    group = _Group([SimpleNamespace(messages=lambda: said, metrics={}, reward=0.0)] * GROUP)
    return (
        waiting(lambda: adapter.score_group(group, row)),
        waiting(lambda: reward.score_rows_async([given] * GROUP, [answer] * GROUP)),
    )


class _Group:
    """A group of ART, as far as the adapter goes."""

    def __init__(self, trajectories: list[Any], metadata: Any = None, metrics: Any = None) -> None:
        self.trajectories, self.exceptions = trajectories, []  # type: tuple[list[Any], list[Any]]
        self.metadata, self.metrics = metadata, metrics


def _seconds(work: Work, times: int) -> float:
    """Microseconds of one call, the mean of so many."""
    repeats = getattr(work, "repeats", 1)
    start = time.process_time()
    for _ in range(max(times // repeats, 1)):
        work()
    return (time.process_time() - start) / (max(times // repeats, 1) * repeats) * 1e6


def _batch(reward: Any, rounds: int) -> list[str]:
    rows = [["rubrics in the rows", "first time, ms", "again, best", "median"]]
    for prompts in (BATCH // GROUP, BATCH):
        base = compact(_rubric("r", 1), "h")
        first = []
        again: list[float] = []
        for turn in range(rounds):
            texts = [
                json.dumps({**base, "name": f"r{turn}_{i}", "hash": str(i)}, separators=(",", ":"))
                for i in range(prompts)
            ]
            each = BATCH // prompts
            columns = {
                "rubric_json": [text for text in texts for _ in range(each)],
                "inputs": ['{"age":"52 years"}'] * BATCH,
                "profile": [""] * BATCH,
            }
            asked = [[{"role": "user", "content": f"Question {i // each}"}] for i in range(BATCH)]
            answers = [[{"role": "assistant", "content": "Rest."}] for _ in range(BATCH)]
            for kept in (first, again):
                start = time.process_time()
                found = reward.reward(asked, answers, log_metric=_nothing, log_extra=_nothing,
                                      **columns)  # fmt: skip
                kept.append((time.process_time() - start) * 1e3)
            if len(found) != BATCH or None in found:
                raise SystemExit("adapter_speed: an answer has no reward")
        rows.append([f"{prompts:,}", f"{statistics.median(first):.0f}", f"{min(again):.0f}",
                     f"{statistics.median(again):.0f}"])  # fmt: skip
    return [
        "## A batch through TRL's function",
        f"{BATCH:,} answers, conversational, with `log_metric` and `log_extra`; rubrics of seven "
        f"criteria come with the rows. {rounds} batches, each with rubrics never seen before, and "
        "each once more: as many as 1,024 rubrics are remembered. The judge's time is not in it.",
        table(rows),
    ]


def _nothing(name: str, value: Any) -> None:
    """A trainer's log."""


if __name__ == "__main__":
    raise SystemExit(main())
