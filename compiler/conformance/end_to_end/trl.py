"""Training with TRL, whole: `python -m rubricdsl.compiler.conformance.end_to_end.trl`.

A rubric of the library is compiled with `--target trl`, once by name and once with the rubric in
every row, and `trl grpo --config grpo/grpo.yaml` trains a small policy from scratch for two steps:
with `reward.reward`, with `reward.reward_async`, with a judge that fails. What the trainer logged,
completion by completion and under `rubric/`, is compared with `rubricc score` of what was judged.
Everything is below `build/end_to_end/trl`; `--record` writes `trl.json` beside this file.
"""

import argparse
import importlib.metadata
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from .training import (
    BATCHES,
    GROUP,
    STEPS,
    compiled,
    environment,
    judged,
    last,
    prepare,
    python,
    scores,
    single,
)

HOME = Path("build/end_to_end/trl")


class Run(NamedTuple):
    """One call of `trl grpo`: a bundle, a reward function, a judge."""

    name: str
    bundle: str
    function: str
    judge: str
    on_failure: str = "policy"


RUNS = (
    Run("sync", "bundle", "reward.reward", "judge"),
    Run("async", "bundle", "reward.reward_async", "judge_async"),
    Run("rows", "in_rows", "reward.reward", "judge"),
    Run("rows_async", "in_rows", "reward.reward_async", "judge_async"),
    Run("failing", "bundle", "reward.reward", "broken"),
    Run("dropping", "bundle", "reward.reward", "broken", "drop"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all that was logged is what `rubricc score` says."""
    parser = argparse.ArgumentParser(description="Training with TRL, whole.")
    parser.add_argument("--record", action="store_true", help="write trl.json")
    parser.add_argument("--run", action="append", default=[], choices=[run.name for run in RUNS])
    args = parser.parse_args(arguments)
    shutil.rmtree(HOME, ignore_errors=True)
    prepare(HOME, compiled(HOME, "bundle", "--target", "trl"))
    compiled(HOME, "in_rows", "--target", "trl", "--rubrics-in-rows")
    found: dict[str, Any] = {"version": importlib.metadata.version("trl"), "runs": {}}
    for run in RUNS:
        if args.run and run.name not in args.run:
            continue
        start = time.monotonic()
        _train(run)
        wrong, facts = _differences(run)
        found["runs"][run.name] = {**facts, "wrong": len(wrong)}
        shown = ", ".join(f"{name} {value}" for name, value in facts.items())
        seconds = time.monotonic() - start
        print(f"{run.name}: {len(wrong)} wrong, {shown} ({seconds:.0f} s)", flush=True)
        for line in wrong[:10]:
            print(f"  {line}")
    if args.record:
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")
    return int(any(facts["wrong"] for facts in found["runs"].values()))


def _train(run: Run) -> None:
    """Two steps of the settings that were compiled, with less of everything."""
    home = HOME.resolve()
    variables = environment(home, run.name, run.judge, run.on_failure)
    found = [str(home / run.bundle), str(home), os.environ.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, found))
    # The command is the entry point of the package; `-c` keeps it to this interpreter.
    python("from trl.cli.main import main; sys.argv[0] = 'trl'; main()",
           "grpo", "--config", "grpo/grpo.yaml", "--model_name_or_path", str(home / "policy"),
            "--reward_funcs", run.function, "--output_dir", str(home / "runs" / run.name),
            "--per_device_train_batch_size", str(GROUP), "--gradient_accumulation_steps",
            str(BATCHES), "--max_steps", str(STEPS), "--save_steps", str(STEPS),
            "--max_completion_length", "24", "--gradient_checkpointing", "false",
            "--use_cpu", "true", "--use_vllm", "false", "--use_peft", "false",
            "--dtype", "float32", "--disable_tqdm", "true",
            variables=variables, folder=home / run.bundle)  # fmt: skip


def _differences(run: Run) -> tuple[list[str], dict[str, Any]]:
    """What was logged and should not have been, and what there was."""
    rows = list(_completions(run))
    logged = _logged(run)
    wrong = []
    if len(rows) != GROUP * BATCHES * STEPS:
        wrong.append(f"{len(rows)} completions instead of {GROUP * BATCHES * STEPS}")
    facts: dict[str, Any] = {"completions": len(rows)}
    column = run.function.removeprefix("reward.")
    if run.judge == "broken":
        rewards = {row[column] for row in rows}
        failures = [step.get("rubric/judge_failures") for step in logged]
        if failures != [GROUP * BATCHES] * STEPS:
            wrong.append(f"judge failures are logged as {failures}")
        dropped = run.on_failure == "drop"
        if rewards != ({None} if dropped else {0.0}):
            wrong.append(f"without a judge there are the rewards {rewards}")
        shares = [step.get("rubric/dropped") for step in logged]
        if shares != [float(dropped)] * STEPS:
            wrong.append(f"the share of dropped answers is logged as {shares}")
        return wrong, {**facts, "rewards": sorted(map(str, rewards))}
    asked = judged(HOME, run.name)
    known = scores(HOME, run.name, asked)
    by_step: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        score = known.get((row["prompt"], row["completion"]))
        if score is None:
            wrong.append(f"an answer was never judged: {row['completion']!r}")
            continue
        by_step.setdefault(row["step"], []).append(score)
        if row[column] != single(score["reward"]):
            wrong.append(f"the reward {row[column]!r} is logged instead of {score['reward']!r}")
        if row["rubric/violations"] != ", ".join(score["violations"]):
            wrong.append(f"violations are logged as {row['rubric/violations']!r}")
    for step, own in by_step.items():
        wrong += [f"step {step}: {each}" for each in _metrics(logged[step - 1], own)]
    threads = Counter(item["thread"] for item in asked)
    return wrong, {
        **facts,
        "rewards": len({score["reward"] for score in known.values()}),
        "safe": sum(not score["violations"] for score in known.values()),
        "judged_in": sorted(threads),
    }


def _metrics(logged: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Differences between what was logged of a step and what its answers' scores come to."""
    shares = [score["proficiency"].split("/") for score in own]
    wanted = {
        "rubric/safe": fmean([float(not score["violations"]) for score in own]),
        "rubric/proficiency": fmean([int(top) / int(bottom) for top, bottom in shares]),
        "rubric/excellence": fmean([float(score["excellence"]) for score in own]),
        "rubric/dropped": 0.0,
        "rubric/judge_failures": 0.0,
        "reward": fmean([score["reward"] for score in own]),
    }
    for name, want in wanted.items():
        have = logged.get(name)
        # Means go through a tensor of single precision.
        if have is None or abs(have - want) > 1e-6:
            yield f"{name} is logged as {have!r} instead of {want!r}"


def _completions(run: Run) -> Iterator[dict[str, Any]]:
    """The tables of completions that the trainer wrote, with the answers as texts."""
    import pyarrow.parquet

    for path in sorted((HOME / "runs" / run.name / "completions").glob("*.parquet")):
        for row in pyarrow.parquet.read_table(path).to_pylist():
            texts = {name: last(row[name]) for name in ("prompt", "completion")}
            yield {**{k: None if v != v else v for k, v in row.items()}, **texts}


def _logged(run: Run) -> list[dict[str, Any]]:
    """What the trainer logged, step by step."""
    state = HOME / "runs" / run.name / f"checkpoint-{STEPS}" / "trainer_state.json"
    history = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    return [entry for entry in history if "reward" in entry]


if __name__ == "__main__":
    raise SystemExit(main())
