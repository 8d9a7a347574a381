"""An evaluation with promptfoo: `python -m rubricdsl.compiler.conformance.end_to_end.promptfoo`.

`promptfoo eval` reads the emitted configuration; a provider in Python answers with the small model.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from ..callers.promptfoo import node_of_promptfoo, quiet
from ..environments import HOME as PACKAGES
from . import evaluating
from .evaluating import TOKENS, Answer, Place

PROVIDER = '''\
"""Answers with a model in a folder beside this file."""

import functools
import json
from pathlib import Path


@functools.cache
def loaded():
    """With the first call: promptfoo waits for half a minute for this file to be imported."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    home = Path(__file__).with_name("model")
    return AutoTokenizer.from_pretrained(home), AutoModelForCausalLM.from_pretrained(home)


def call_api(prompt, options, context):
    tokenizer, model = loaded()
    text = tokenizer.apply_chat_template(
        json.loads(prompt), tokenize=False, add_generation_prompt=True
    )
    asked = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
    said = model.generate(asked, max_new_tokens=MOST, do_sample=False)
    return {
        "output": tokenizer.decode(said[0, asked.shape[1]:], skip_special_tokens=True),
        "metadata": {"asked": json.loads(prompt)},
    }
'''


def evaluate(place: Place, judge: str) -> list[Answer]:
    """One run; its output is a JSON document."""
    provider, out = place.home / "provider.py", place.home / f"output_{judge}.json"
    provider.write_text(PROVIDER.replace("MOST", str(TOKENS)), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    package = (PACKAGES / "promptfoo" / "node_modules/promptfoo").resolve()
    command = [
        str(node_of_promptfoo(package)), str(package / "dist/src/entrypoint.js"), "eval",
        "-c", "stacks/promptfoo/promptfooconfig.yaml", "-r", f"file://{provider}",
        "-o", str(out), "--no-cache", "--no-table", "--no-write", "--no-progress-bar", "-j", "2",
    ]  # fmt: skip
    env = {**evaluating.environment(place, "promptfoo", judge), **quiet(place.home),
           # Failed assertions are what is looked for, not a failed run.
           "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0"}  # fmt: skip
    evaluating.run(command, place.bundle, env)
    found = json.loads(out.read_text(encoding="utf-8"))["results"]["results"]
    rows = {row["number"]: row for row in place.rows()}
    found.sort(key=lambda result: result["vars"]["number"])
    return [_answer(rows[result["vars"]["number"]], result) for result in found]


def _answer(row: dict[str, Any], result: dict[str, Any]) -> Answer:
    if "response" not in result:
        raise SystemExit(f"promptfoo got no answer: {result.get('error')}")
    if result["response"]["metadata"]["asked"] != row["prompt"]:
        raise SystemExit(f"promptfoo asked something else: {result['response']}")
    numbers = {name: float(value) for name, value in result["namedScores"].items()}
    sound = numbers["safe"] == 1 and numbers["unscored"] == 0
    if result["success"] is not sound or float(numbers.pop("reward")) != float(result["score"]):
        raise SystemExit(f"promptfoo passes {result['success']} with {numbers}")
    lost = numbers["unscored"] == 1
    # The first component is the assertion, the others are its criteria.
    parts = result["gradingResult"]["componentResults"][1:]
    verdicts = dict(_verdict(part["reason"]) for part in parts)
    return Answer(
        row, result["response"]["output"], None if lost else float(result["score"]), numbers,
        None if lost else verdicts)  # fmt: skip


def _verdict(reason: str) -> tuple[str, Any]:
    """The criterion and its verdict from `TIER, CRITERION: VERDICT, credit N/D`."""
    name, _, rest = reason.partition(", ")[2].partition(": ")
    verdict = rest.partition(", ")[0]
    return name, int(verdict) if verdict.isdigit() else verdict


def main() -> int:
    return evaluating.main("promptfoo", evaluate, Path(__file__).with_suffix(".json"), None)


if __name__ == "__main__":
    raise SystemExit(main())
