"""Training with TRL, whole: `python -m rubricdsl.compiler.conformance.end_to_end.trl`.

A rubric of the library is compiled with `--target trl`, once by name and once with the rubric in
every row, and `trl grpo --config grpo/grpo.yaml` trains a small policy from scratch for two steps:
with `reward.reward`, with `reward.reward_async`, with a judge that fails. What the trainer logged,
completion by completion and under `rubric/`, is compared with `rubricc score` of what was judged.
Everything is below `build/end_to_end/trl`; `--record` writes `trl.json` beside this file.

The judge is no judge: it decides by a checksum of the answer, and notes what it was asked.
"""

import argparse
import importlib.metadata
import json
import os
import shutil
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rubricdsl.source import library_root

HOME = Path("build/end_to_end/trl")
RUBRIC = "dermatology/changing_mole.rubric"
GROUP, BATCHES, STEPS = 4, 2, 2
SECONDS = 900
NO_VERDICT = 99
JUDGE = '''\
"""Verdicts of all kinds by a checksum, the same for whoever asks; what was asked is noted."""

import json
import os
import threading
import zlib
from pathlib import Path

HERE = Path(__file__).parent
CRITERIA = {
    criterion["id"]: criterion
    for file in (HERE / "by_name" / "ir").glob("*.json")
    if file.name != "schema.json"
    for criterion in json.loads(file.read_text(encoding="utf-8"))["criteria"]
}


def judge(items):
    sheets = [
        {name: verdict(item["response"], CRITERIA[name]) for name in item["criteria"]}
        for item in items
    ]
    with open(os.environ["JUDGED"], "a", encoding="utf-8") as file:
        for item, sheet in zip(items, sheets):
            noted = {**item, "verdicts": sheet, "thread": threading.current_thread().name}
            file.write(json.dumps(noted) + "\\\\n")
    return sheets


async def judge_async(items):
    return judge(items)


def broken(items):
    raise TimeoutError("injected")


def verdict(response, criterion):
    found = zlib.crc32((response + criterion["id"]).encode())
    kind, levels = found % 40, criterion["levels"]
    if kind == 0:
        return "cannot_assess"
    if kind == 1:
        return 99
    if levels:
        return levels[found // 40 % len(levels)]["level"]
    good = kind > 3 if criterion["tier"] == "safety" else kind % 3 > 0
    return "met" if good == (criterion["polarity"] == "requires") else "unmet"
'''.replace("\\\\n", "\\n")


class Run(NamedTuple):
    """One call of `trl grpo`: a bundle, a reward function, a judge."""

    name: str
    bundle: str
    function: str
    judge: str
    on_failure: str = "policy"


RUNS = (
    Run("sync", "by_name", "reward.reward", "judge"),
    Run("async", "by_name", "reward.reward_async", "judge_async"),
    Run("rows", "in_rows", "reward.reward", "judge"),
    Run("rows_async", "in_rows", "reward.reward_async", "judge_async"),
    Run("failing", "by_name", "reward.reward", "broken"),
    Run("dropping", "by_name", "reward.reward", "broken", "drop"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all that was logged is what `rubricc score` says."""
    parser = argparse.ArgumentParser(description="Training with TRL, whole.")
    parser.add_argument("--record", action="store_true", help="write trl.json")
    parser.add_argument("--run", action="append", default=[], choices=[run.name for run in RUNS])
    args = parser.parse_args(arguments)
    _prepare()
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


def _prepare() -> None:
    """Both bundles, the policy, and the judge's module, in `HOME`."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    (HOME / "checksum_judge.py").write_text(JUDGE, encoding="utf-8")
    for name, more in (("by_name", []), ("in_rows", ["--rubrics-in-rows"])):
        _rubricc("compile", str(library_root() / RUBRIC), "--out", str(HOME / name),
                 "--target", "trl", "--target", "ir", "--synthesize", "40",
                 "--group", str(GROUP), *more)  # fmt: skip
    _python("from pathlib import Path; from rubricdsl.rl import tiny; "
            "from rubricdsl.rl.material import open_material; "
            "tiny.make_policy(open_material(Path(sys.argv[1])), Path(sys.argv[2]))",
            str(HOME / "by_name"), str(HOME / "policy"))  # fmt: skip


def _train(run: Run) -> None:
    """Two steps of the settings that were compiled, with less of everything."""
    home = HOME.resolve()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RUBRICC_")},
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(home / run.bundle), str(home), os.environ.get("PYTHONPATH", "")])
        ),
        "RUBRICC_JUDGE": f"checksum_judge:{run.judge}",
        "RUBRICC_ON_JUDGE_FAILURE": run.on_failure,
        "JUDGED": str(home / f"{run.name}.judged.jsonl"),
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
    }
    # The command is the entry point of the package; `-c` keeps it to this interpreter.
    _python("from trl.cli.main import main; sys.argv[0] = 'trl'; main()",
            "grpo", "--config", "grpo/grpo.yaml", "--model_name_or_path", str(home / "policy"),
            "--reward_funcs", run.function, "--output_dir", str(home / "runs" / run.name),
            "--per_device_train_batch_size", str(GROUP), "--gradient_accumulation_steps",
            str(BATCHES), "--max_steps", str(STEPS), "--save_steps", str(STEPS),
            "--max_completion_length", "24", "--gradient_checkpointing", "false",
            "--use_cpu", "true", "--disable_tqdm", "true",
            environment=environment, folder=home / run.bundle)  # fmt: skip


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
    judged = _judged(run)
    scores = _scores(run, judged)
    by_step: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        score = scores.get((row["prompt"], row["completion"]))
        if score is None:
            wrong.append(f"an answer was never judged: {row['completion']!r}")
            continue
        by_step.setdefault(row["step"], []).append(score)
        if row[column] != _single(score["reward"]):
            wrong.append(f"the reward {row[column]!r} is logged instead of {score['reward']!r}")
        if row["rubric/violations"] != ", ".join(score["violations"]):
            wrong.append(f"violations are logged as {row['rubric/violations']!r}")
    for step, own in by_step.items():
        wrong += [f"step {step}: {each}" for each in _metrics(logged[step - 1], own)]
    threads = Counter(item["thread"] for item in judged)
    return wrong, {
        **facts,
        "rewards": len({score["reward"] for score in scores.values()}),
        "safe": sum(not score["violations"] for score in scores.values()),
        "judged_in": sorted(threads),
    }


def _metrics(logged: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Differences between what was logged of a step and what its answers' scores come to."""
    shares = [score["proficiency"].split("/") for score in own]
    wanted = {
        "rubric/safe": _mean([float(not score["violations"]) for score in own]),
        "rubric/proficiency": _mean([int(top) / int(bottom) for top, bottom in shares]),
        "rubric/excellence": _mean([float(score["excellence"]) for score in own]),
        "rubric/dropped": 0.0,
        "rubric/judge_failures": 0.0,
        "reward": _mean([score["reward"] for score in own]),
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
            texts = {name: _last(row[name]) for name in ("prompt", "completion")}
            yield {**{k: None if v != v else v for k, v in row.items()}, **texts}


def _last(told: str | Sequence[Mapping[str, str]]) -> str:
    """A text, or that of the last turn."""
    return told if isinstance(told, str) else told[-1]["content"]


def _logged(run: Run) -> list[dict[str, Any]]:
    """What the trainer logged, step by step."""
    state = HOME / "runs" / run.name / f"checkpoint-{STEPS}" / "trainer_state.json"
    history = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    return [entry for entry in history if "reward" in entry]


def _judged(run: Run) -> list[dict[str, Any]]:
    lines = (HOME / f"{run.name}.judged.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _scores(run: Run, judged: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What `rubricc score` says, by prompt and answer.

    It refuses verdicts that are none; in a reward they are `cannot_assess`.
    """
    rows = [
        {
            "id": str(place),
            **{name: item[name] for name in ("rubric", "inputs", "response")},
            "verdicts": {
                name: "cannot_assess" if verdict == NO_VERDICT else verdict
                for name, verdict in item["verdicts"].items()
            },
        }
        for place, item in enumerate(judged)
    ]
    path = HOME / f"{run.name}.verdicts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told = _rubricc("score", str(library_root() / RUBRIC), "--verdicts", str(path),
                    "--format", "json")  # fmt: skip
    return {
        (_last(item["prompt"]), item["response"]): score
        for item, score in zip(judged, json.loads(told)["rows"], strict=True)
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _single(value: float) -> float:
    """As the trainer holds rewards."""
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def _rubricc(*arguments: str) -> str:
    return _python(
        "from rubricdsl.compiler.cli import main; raise SystemExit(main(sys.argv[1:]))", *arguments
    )


def _python(
    code: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """The standard output of some code in a process of its own. Raises `RuntimeError`."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; {code}", *arguments], cwd=folder,
        env=None if environment is None else dict(environment), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        lines = "\n".join([*done.stdout.splitlines()[-5:], *done.stderr.splitlines()[-15:]])
        raise RuntimeError(f"{' '.join(arguments[:4])}:\n{lines}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
