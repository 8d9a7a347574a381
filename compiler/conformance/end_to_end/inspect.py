"""An evaluation with Inspect: `python -m rubricdsl.compiler.conformance.end_to_end.inspect`.

`inspect eval` loads the emitted task, and its provider `hf` answers.
"""

import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

from . import evaluating
from .evaluating import TOKENS, Answer, Place


def evaluate(place: Place, judge: str) -> list[Answer]:
    """One run; its log is JSON."""
    logs = place.home / f"logs_{judge}"
    shutil.rmtree(logs, ignore_errors=True)
    command = [
        sys.executable, "-P", "-m", "inspect_ai", "eval", "stacks/inspect/rubric_inspect.py",
        "--model", "hf/local", "-M", f"model_path={place.model}", "-M", "device=cpu",
        "--max-tokens", str(TOKENS), "--seed", "1", "--max-connections", "4",
        "--log-dir", str(logs), "--log-format", "json", "--display", "none",
    ]  # fmt: skip
    env = evaluating.environment(place, "inspect", judge)
    evaluating.run(command, place.bundle, env)
    (path,) = logs.glob("*.json")
    log = json.loads(path.read_text(encoding="utf-8"))
    if log["status"] != "success":
        raise SystemExit(f"Inspect ended with {log['status']}: {log.get('error')}")
    rows = {row["id"]: row for row in place.rows()}
    return [_answer(rows[sample["id"]], sample) for sample in log["samples"]]


def _answer(row: dict[str, Any], sample: dict[str, Any]) -> Answer:
    said = [{"role": m["role"], "content": m["content"]} for m in sample["input"]]
    if said != row["input"]:
        raise SystemExit(f"Inspect asked something else: {said}")
    score = sample["scores"]["rubric_reward"]
    numbers = {name: _number(value) for name, value in score["value"].items()}
    value = numbers.pop("reward")
    findings = score["metadata"]["findings"]
    return Answer(
        {"prompt": row["input"], **row["metadata"]},
        sample["output"]["choices"][0]["message"]["content"],
        None if math.isnan(value) else value,
        numbers,
        {name: found["verdict"] for name, found in findings.items()},
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def main() -> int:
    return evaluating.main("inspect", evaluate, Path(__file__).with_suffix(".json"), None)


if __name__ == "__main__":
    raise SystemExit(main())
