"""Train a reward model or a policy from a bundle.

  rubricc train reward-model BUNDLE --out DIR [--model NAME] [--lora | --no-lora]
  rubricc train policy BUNDLE --reward-model DIR --out DIR [--model NAME] [--lora | --no-lora]

Without --model a small Qwen3 is made from scratch and trained on a processor in a few minutes: it
shows that the path works, and is good for nothing else. With --model (a name on the Hugging Face
Hub or a folder) the settings are those of the bundle's reward_model.yaml or grpo.yaml, each of
which can be changed with --set NAME=VALUE, by TRL's own names.

A run that was stopped goes on from its last checkpoint when the command is given again.

examples:
  rubricc train reward-model build/bundle --out build/reward_model
  rubricc train policy build/bundle --reward-model build/reward_model --out build/policy
  rubricc train reward-model build/bundle --out build/rm8b --model Qwen/Qwen3-8B --lora
  rubricc train policy build/bundle --reward-model build/rm8b --out build/policy8b \\
      --model Qwen/Qwen3-8B --lora --set use_vllm=true --set learning_rate=1e-5
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("what", choices=("reward-model", "policy"), help="what to train")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a folder from rubricc compile")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the model and figures go"
    )
    parser.add_argument(
        "--reward-model", type=Path, metavar="DIR", help="with policy: the judge, trained before"
    )
    parser.add_argument("--model", metavar="NAME", help="start from this model")
    parser.add_argument(
        "--lora", action=argparse.BooleanOptionalAction, help="train adapters instead of all weights"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="a setting of TRL; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--pointwise-weight", type=float, default=1.0, metavar="W",
        help="with reward-model: the weight of the term that gives the scores a zero (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--resume", choices=("auto", "never"), default="auto",
        help="go on from a checkpoint in DIR (default), or refuse to",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="default: 0")


def run(args: argparse.Namespace) -> int:
    """0 when the model stands in DIR, 1 when something prevents it, 2 for wrong arguments."""
    policy = args.what == "policy"
    if policy != (args.reward_model is not None):
        rule = "`train policy` needs --reward-model DIR; `train reward-model` has none"
        print(f"rubricc train: {rule}", file=sys.stderr)
        return 2
    if not 0 <= args.pointwise_weight < float("inf"):
        print("rubricc train: --pointwise-weight is not a weight", file=sys.stderr)
        return 2
    return trained("rubricc train", _policy if policy else _reward_model, args)


def trained(
    command: str, work: Callable[[argparse.Namespace], None], args: argparse.Namespace
) -> int:
    """Do work that needs the training libraries; 1 when they or what they need is missing."""
    # Threads that wait by spinning stand still for seconds when something else uses the processor.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        errors = importlib.import_module("rubricdsl.rl.errors")
        importlib.import_module("trl")
        importlib.import_module("peft")
    except ImportError as error:
        print(f"{command}: {error}", file=sys.stderr)
        print("  hint: pip install 'rubricdsl[train]'", file=sys.stderr)
        return 1
    try:
        work(args)
    except errors.TrainingError as error:
        print(f"{command}: {error}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)
        return 1
    return 0


def _reward_model(args: argparse.Namespace) -> None:
    module = importlib.import_module("rubricdsl.rl.train_reward_model")
    metrics = module.train(
        args.bundle, args.out, pointwise_weight=args.pointwise_weight, **_shared(args)
    )
    print(f"{args.out}: a reward model; on held-out prompts")
    print(module.table(metrics))


def _policy(args: argparse.Namespace) -> None:
    module = importlib.import_module("rubricdsl.rl.train_policy")
    metrics = module.train(args.bundle, args.reward_model, args.out, **_shared(args))
    print(f"{args.out}: a policy; by the reward model's verdicts")
    print(module.table(metrics))


def _shared(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "model": args.model,
        "lora": args.lora,
        "overrides": args.settings,
        "resume": args.resume,
        "seed": args.seed,
    }
