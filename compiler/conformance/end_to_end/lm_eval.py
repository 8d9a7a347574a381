"""An evaluation with lm-eval: `python -m rubricdsl.compiler.conformance.end_to_end.lm_eval`.

`lm_eval --model hf` finds the emitted task by `--include_path`, and answers with the small model.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from . import evaluating
from .evaluating import TOKENS, Answer, Place


def evaluate(place: Place, judge: str) -> list[Answer]:
    """One run; samples are JSON Lines, means a JSON document."""
    out = place.home / f"results_{judge}"
    shutil.rmtree(out, ignore_errors=True)
    command = [
        sys.executable, "-P", "-m", "lm_eval", "run", "--model", "hf",
        "--model_args", f"pretrained={place.model}", "--device", "cpu", "--batch_size", "4",
        "--include_path", "stacks/lm_eval", "--tasks", "rubric", "--apply_chat_template",
        "--gen_kwargs", f"max_gen_toks={TOKENS}", "--log_samples", "--output_path", str(out),
    ]  # fmt: skip
    evaluating.run(command, place.bundle, evaluating.environment(place, "lm-eval", judge))
    (samples,) = out.rglob("samples_rubric_*.jsonl")
    (results,) = out.rglob("results_*.json")
    lines = samples.read_text(encoding="utf-8").splitlines()
    answers = [_answer(json.loads(line)) for line in lines]
    means = json.loads(results.read_text(encoding="utf-8"))["results"]["rubric"]
    mean = sum(answer.reward or 0.0 for answer in answers) / len(answers)
    if abs(means["reward,none"] - mean) > 1e-12:
        raise SystemExit(f"the mean reward is {means['reward,none']}, and of the samples {mean}")
    return answers


def _answer(sample: dict[str, Any]) -> Answer:
    numbers = {name: float(sample[name]) for name in sample["metrics"]}
    row = dict(sample["doc"])
    findings = row.pop("findings")
    return Answer(
        row,
        sample["filtered_resps"][0],
        numbers.pop("reward"),
        numbers,
        {name: found["verdict"] for name, found in findings.items()},
    )


def main() -> int:
    return evaluating.main("lm-eval", evaluate, Path(__file__).with_suffix(".json"), None)


if __name__ == "__main__":
    raise SystemExit(main())
