"""Rewards for NeMo RL: the environment `rubric`, and the reading of its rows.

How to run, in the checkout of NeMo RL and with this folder on PYTHONPATH:

    python BUNDLE/stacks/nemo_rl/rubric_nemo_rl.py examples/run_grpo.py --config my.yaml

where `my.yaml` takes in `stacks/nemo_rl/grpo.yaml`. This file registers the environment and the
processor and then runs that script. Criteria that no check decides need a judge:
RUBRICC_JUDGE=package.module:function in the environment.

With rubrics whose shape is `tiers`, `env.rubric.tiers: true` gives one reward per tier. NeMo RL
weighs them in the order of their names, so the names are numbered. It has no way to leave an answer
out: one without a reward gets the least reward that its prompt allows; `unscored` counts them.
"""

import sys
from pathlib import Path
from typing import Any

import torch
from nemo_rl.environments.interfaces import EnvironmentInterface, EnvironmentReturn

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


ACTOR = "rubric_nemo_rl.RubricEnvironment"
TIERS = {
    "reward/1_safety": "tier_safety",
    "reward/2_proficiency": "tier_proficiency",
    "reward/3_excellence": "tier_excellence",
}


class RubricScorer(EnvironmentInterface):
    """One answer per episode; `metadata` is the row of each."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.tiers = bool((config or {}).get("tiers"))

    def step(
        self, message_log_batch: list[list[dict[str, Any]]], metadata: list[dict[str, Any]]
    ) -> Any:
        """Score the last answer of every conversation; all episodes end."""
        answers = [_answer(log) for log in message_log_batch]
        found = reward.score_rows(metadata, answers)
        rewards: Any = torch.tensor([scored.value for scored in found], dtype=torch.float32)
        if self.tiers:
            rewards = {
                name: torch.tensor([s.numbers[number] for s in found], dtype=torch.float32)
                for name, number in TIERS.items()
            }
        return EnvironmentReturn(
            observations=[{"role": "environment", "content": ""} for _ in found],
            metadata=[
                {**row, "numbers": s.numbers} for row, s in zip(metadata, found, strict=True)
            ],
            next_stop_strings=[None] * len(found),
            rewards=rewards,
            terminateds=torch.ones(len(found)),
            answers=None,
        )

    def global_post_process_and_metrics(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """The means of the rubric's numbers over a batch."""
        found = [row["numbers"] for row in batch["extra_env_info"] if row and "numbers" in row]
        names = found[0] if found else {}
        return batch, {f"rubric/{n}": sum(row[n] for row in found) / len(found) for n in names}


def _answer(log: list[dict[str, Any]]) -> str:
    answers = [message["content"] for message in log if message["role"] == "assistant"]
    return str(answers[-1]) if answers else ""


def rubric_processor(
    datum_dict: dict[str, Any],
    task_data_spec: Any,
    tokenizer: Any,
    max_seq_length: int,
    idx: int,
) -> dict[str, Any]:
    """A row of `train.jsonl` as NeMo RL wants it; a prompt that is too long is masked out."""
    text = tokenizer.apply_chat_template(
        datum_dict["messages"], tokenize=False, add_generation_prompt=True
    )
    tokens = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"][0]
    fits = len(tokens) < max_seq_length
    log = [{"role": "user", "content": text, "token_ids": tokens if fits else tokens[:4]}]
    row = {name: datum_dict.get(name) for name in ("rubric", "inputs", "profile", "rubric_json")}
    return {
        "message_log": log,
        "length": len(tokens),
        "extra_env_info": {"prompt": datum_dict["messages"], **row},
        "loss_multiplier": float(fits),
        "idx": idx,
        "task_name": datum_dict["task_name"],
    }


def actor() -> Any:
    """The environment as an actor of Ray."""
    import ray

    return ray.remote(max_restarts=-1, max_task_retries=-1)(RubricScorer)


def register() -> None:
    """Make the environment and the processor known as `rubric`."""
    from nemo_rl.data.processors import register_processor
    from nemo_rl.distributed import ray_actor_environment_registry as actors
    from nemo_rl.environments.utils import register_env

    register_env("rubric", ACTOR)
    actors.ACTOR_ENVIRONMENT_REGISTRY[ACTOR] = sys.executable
    register_processor("rubric", rubric_processor)


def __getattr__(name: str) -> Any:
    # NeMo RL asks for the actor by its name; Ray is imported when it does.
    if name == "RubricEnvironment":
        return actor()
    raise AttributeError(name)


if __name__ == "__main__":
    import runpy

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from rubric_nemo_rl import register as register_here

    register_here()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
