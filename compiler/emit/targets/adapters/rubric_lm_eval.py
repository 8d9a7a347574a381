"""Rewards for lm-evaluation-harness: the task `rubric`, whose metrics are the reward's numbers.

How to run, in the folder of the bundle:

    lm_eval --model hf --model_args pretrained=Qwen/Qwen3-8B --include_path stacks/lm_eval \\
        --tasks rubric --apply_chat_template --log_samples --output_path results

Criteria that no check decides need a judge: RUBRICC_JUDGE=package.module:function in the
environment. All answers of a run go to it in one call. The prompts are those that nothing was
trained on; `--metadata '{"prompts": "FILE"}'` takes others in the same form.

The harness has no way to leave an answer out of some metrics without telling a wrong count: one
without a reward gets the least reward that its prompt allows, and `unscored` is 1.
"""

import json
import sys
from pathlib import Path
from typing import Any

from lm_eval.api.task import ConfigurableTask

HERE = Path(__file__).resolve().parent
BUNDLE = HERE.parents[1]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


_scored: dict[tuple[int, str], Any] = {}


class RubricTask(ConfigurableTask):
    """What `rubric.yaml` sets, with prompts of several turns, and one call for all answers."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        known = {name: value for name, value in (config or {}).items() if name != "class"}
        super().__init__(config=known)

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Read the prompts. Raises `ValueError` where there are none."""
        from datasets import Dataset

        path = (self.config.metadata or {}).get("prompts") or HERE / "heldout.jsonl"
        with Path(path).open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        if not rows:
            raise ValueError(f"{path} has no prompt: compile with --heldout, or with more prompts")
        self.dataset = {"heldout": Dataset.from_list(rows)}

    def fewshot_context(self, doc: dict[str, Any], num_fewshot: int, **kwargs: Any) -> str:
        """The conversation as it is, and never an example before it."""
        system, template = kwargs.get("system_instruction"), kwargs.get("chat_template")
        first = [{"role": "system", "content": system}] if system else []
        messages = [*first, *doc["prompt"]]
        if kwargs.get("apply_chat_template") and template:
            return template(messages, add_generation_prompt=True)
        turns = [f"{m['role'].capitalize()}: {m['content']}" for m in messages]
        return "\n\n".join([*turns, "Assistant:"])

    def apply_filters(self) -> Any:
        """Score all answers, so that the judge is asked about them together."""
        found = super().apply_filters()
        pairs = [(one.doc, answer) for one in self.instances for answer in _answers(one)]
        scores = reward.score_rows([doc for doc, _ in pairs], [answer for _, answer in pairs])
        _scored.clear()
        for (doc, answer), scored in zip(pairs, scores, strict=True):
            _scored[doc["number"], answer] = scored
        return found


def prompt_text(doc: dict[str, Any]) -> str:
    """The last turn of a prompt, for the harness's own displays."""
    return str(doc["prompt"][-1]["content"])


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """The metrics of one answer."""
    key = (doc["number"], results[0])
    scored = _scored.get(key) or reward.score_rows([doc], [results[0]])[0]
    # What is put into the document is in the log of samples, and nowhere among the metrics.
    doc["findings"] = scored.findings()
    return {"reward": scored.value, **scored.numbers}


def _answers(instance: Any) -> list[str]:
    return [answer for answer in instance.filtered_resps.values() if isinstance(answer, str)]
