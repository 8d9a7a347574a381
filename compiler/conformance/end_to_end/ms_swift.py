"""Training with ms-swift, whole: `python -m rubricdsl.compiler.conformance.end_to_end.ms_swift`.

A rubric of the library is compiled with `--target ms-swift`, and the bundle's own `run.sh` calls
`swift rlhf --rlhf_type grpo`, which trains a small policy from scratch for two steps: with a judge,
and with one that fails. The rewards that ms-swift logged, completion by completion, are compared
with `rubricc score` of what was judged. ms-swift needs older packages than TRL's newest, so it runs
in an environment of its own, with torch from this one; `ms_swift.txt` has what is put there.
Everything is below `build/end_to_end/ms_swift`; `--record` writes `ms_swift.json` beside this file.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .training import (
    BATCHES,
    GROUP,
    STEPS,
    compiled,
    environment,
    judged,
    last,
    prepare,
    process,
    scores,
    single,
)

HOME = Path("build/end_to_end/ms_swift")
OWN = Path("build/stacks/ms-swift-whole")
NEEDS = Path(__file__).with_suffix(".txt")
RUNS = {"judged": ("judge", "policy"), "failing": ("broken", "policy"),
        "dropping": ("broken", "drop")}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all that was logged is what `rubricc score` says."""
    parser = argparse.ArgumentParser(description="Training with ms-swift, whole.")
    parser.add_argument("--record", action="store_true", help="write ms_swift.json")
    args = parser.parse_args(arguments)
    try:
        _install()
    except RuntimeError as error:
        print(f"ms-swift: skipped, its packages could not be had: {error}")
        return 0
    shutil.rmtree(HOME, ignore_errors=True)
    prepare(HOME, compiled(HOME, "bundle", "--target", "ms-swift", "--target", "reward_model"))
    found: dict[str, Any] = {"version": _version(), "runs": {}}
    for name, (judge, on_failure) in RUNS.items():
        start = time.monotonic()
        _train(name, judge, on_failure)
        wrong, facts = _differences(name, judge)
        found["runs"][name] = {**facts, "wrong": len(wrong)}
        shown = ", ".join(f"{key} {value}" for key, value in facts.items())
        print(f"{name}: {len(wrong)} wrong, {shown} ({time.monotonic() - start:.0f} s)", flush=True)
        for line in wrong[:10]:
            print(f"  {line}")
    if args.record:
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")
    return int(any(facts["wrong"] for facts in found["runs"].values()))


def _install() -> None:
    """The environment, made once: its own packages, and behind them torch from here."""
    stamp = OWN / ".installed"
    wanted = NEEDS.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    process([sys.executable, "-m", "venv", "--clear", str(OWN)])
    # Before the packages of here can be seen: pip must not take them for its own.
    pip = [str(OWN / "bin/python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    process([*pip, "--requirement", str(NEEDS)])
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        raise RuntimeError("torch is not installed here")
    (packages,) = OWN.glob("lib/python3*/site-packages")
    (packages / "torch.pth").write_text(f"{Path(spec.origin).parents[1]}\n", encoding="utf-8")
    stamp.write_text(wanted, encoding="utf-8")


def _version() -> str:
    code = "import importlib.metadata as found; print(found.version('ms_swift'))"
    return process([str(OWN / "bin/python"), "-c", code]).strip()


def _train(name: str, judge: str, on_failure: str) -> None:
    """Two steps by the bundle's own script, with less of everything."""
    home = HOME.resolve()
    variables = environment(home, name, judge, on_failure)
    variables["PATH"] = os.pathsep.join([str(OWN.resolve() / "bin"), os.environ.get("PATH", "")])
    variables["PYTHONPATH"] = str(home)
    process(
        ["bash", "stacks/ms_swift/run.sh", "--model", str(home / "policy"),
         "--model_type", "qwen3", "--template", "qwen3", "--tuner_type", "full",
         "--torch_dtype", "float32", "--use_cpu", "true", "--gradient_checkpointing", "false",
         "--per_device_train_batch_size", str(GROUP), "--gradient_accumulation_steps",
         str(BATCHES), "--max_steps", str(STEPS), "--save_steps", str(STEPS),
         "--max_completion_length", "24", "--eval_strategy", "no", "--dataset_num_proc", "1",
         "--logging_steps", "1", "--log_completions", "true", "--report_to", "none",
         "--output_dir", str(home / "runs" / name), "--add_version", "false"],
        variables, home / "bundle",
    )  # fmt: skip


def _differences(name: str, judge: str) -> tuple[list[str], dict[str, Any]]:
    """What was logged and should not have been, and what there was."""
    rows = list(_completions(name))
    wrong = []
    if len(rows) != GROUP * BATCHES * STEPS:
        wrong.append(f"{len(rows)} completions instead of {GROUP * BATCHES * STEPS}")
    if judge == "broken":
        rewards = {row["Rubric"] for row in rows}
        if rewards != {0.0}:
            wrong.append(f"without a judge there are the rewards {sorted(rewards)}")
        return wrong, {"completions": len(rows), "rewards": sorted(rewards)}
    asked = judged(HOME, name)
    known = scores(HOME, name, asked)
    for row in rows:
        score = _score(known, row)
        if score is None:
            wrong.append(f"an answer was never judged: {row['completion']!r}")
        elif row["Rubric"] != single(score["reward"]):
            wrong.append(f"the reward {row['Rubric']!r} is logged instead of {score['reward']!r}")
    return wrong, {
        "completions": len(rows),
        "rewards": len({score["reward"] for score in known.values()}),
        "safe": sum(not score["violations"] for score in known.values()),
        "judged_in": sorted({item["thread"] for item in asked}),
    }


def _score(
    known: Mapping[tuple[str, str], dict[str, Any]], row: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The score of a logged completion; its prompt has the marks of the template around it."""
    return next(
        (
            score
            for (prompt, answer), score in known.items()
            if answer == row["completion"] and prompt in row["prompt"]
        ),
        None,
    )


def _completions(name: str) -> Iterator[dict[str, Any]]:
    """The completions that ms-swift logged; it writes the last step again when it ends."""
    (path,) = (HOME / "runs" / name).rglob("completions.jsonl")
    lines = dict.fromkeys(path.read_text(encoding="utf-8").splitlines())
    for table in map(json.loads, lines):
        for place in range(len(table["step"])):
            row = {key: table[key][place] for key in ("step", "prompt", "Rubric")}
            yield {**row, "completion": last(table["completion"][place])}


if __name__ == "__main__":
    raise SystemExit(main())
