"""GRPO with Unsloth, which is TRL's trainer with faster kernels and the same reward functions.

How to run: `python stacks/unsloth/rubric_unsloth.py MODEL` in the folder of the bundle. Criteria
that no check decides need a judge: RUBRICC_JUDGE=package.module:function in the environment.

Unsloth changes TRL when it is imported, so it comes first. What is written here agrees with
`grpo/grpo.yaml`, where each setting has its reason.
"""

import json
import sys
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE))
import reward  # noqa: E402  it is in the bundle

if Path(reward.__file__ or "").resolve().parent != BUNDLE:
    raise ImportError(f"another module called `reward` was imported before that of {BUNDLE}")


def settings(group: int, tiers: bool) -> dict[str, Any]:
    """What the rubric needs of `GRPOConfig`, beside what you choose yourself."""
    shared = {
        "num_generations": group,
        "per_device_train_batch_size": group,
        "remove_unused_columns": False,
        "loss_type": "dr_grpo",
        "mask_truncated_completions": False,
    }
    if tiers:
        weights = [1.0, 1.0, 0.25]
        return {**shared, "multi_objective_aggregation": "normalize_then_sum",
                "reward_weights": weights}  # fmt: skip
    return {**shared, "scale_rewards": "none"}


def functions(tiers: bool) -> list[Any]:
    """The reward functions: one, or one per tier."""
    if tiers:
        return [reward.reward_safety, reward.reward_proficiency, reward.reward_excellence]
    return [reward.reward]


def train(name: str) -> None:
    """Train a LoRA of the model on the prompts of the bundle."""
    from unsloth import FastLanguageModel  # isort: skip
    from datasets import load_dataset
    from trl import GRPOConfig, GRPOTrainer

    chosen = json.loads((Path(__file__).parent / "settings.json").read_text(encoding="utf-8"))
    model, tokenizer = FastLanguageModel.from_pretrained(name, load_in_4bit=True)
    model = FastLanguageModel.get_peft_model(model, r=32, lora_alpha=64)
    config = GRPOConfig(
        output_dir=str(BUNDLE.parent / "unsloth_run"), learning_rate=1e-5, **settings(**chosen)
    )
    prompts = load_dataset("json", data_files=str(Path(__file__).parent / "train.jsonl"))["train"]
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        args=config,
        train_dataset=prompts,
        reward_funcs=functions(chosen["tiers"]),
    )
    trainer.train()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python stacks/unsloth/rubric_unsloth.py MODEL")
    train(sys.argv[1])
