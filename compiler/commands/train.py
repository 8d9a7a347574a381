"""Train a reward model or a policy from a bundle.

Without --model a small Qwen3 and its tokenizer are built from scratch, for a machine without a
network and a GPU. With --model the settings are those of the bundle (`reward_model.yaml`,
`grpo.yaml`); --set changes any of TRL's own settings. An interrupted run goes on from its last
checkpoint when the same command is given again.

examples:
  rubricc train reward-model build/bundle --out build/reward_model
  rubricc train reward-model build/bundle --out build/reward_model --model Qwen/Qwen3-8B --lora
  rubricc train policy build/bundle --reward-model build/reward_model --out build/policy
  rubricc train policy build/bundle --reward-model build/reward_model --out build/policy \\
      --model Qwen/Qwen3-8B --lora --set use_vllm=true --set max_steps=200
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from rubricdsl.ir import TIERS

from .policy_arguments import EXAMPLES, STOPPED, add_policy_arguments, policy_options
from .training import told, training


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    reward_model = what.add_parser(
        "reward-model",
        help="a criterion-conditioned classifier, with TRL's RewardTrainer",
        description="Train a reward model that scores an answer on one criterion. Half of the "
        "held-out prompts calibrate it, the other half measures it (docs/reward_model.md).",
    )
    policy = what.add_parser(
        "policy",
        help="a policy, with TRL's GRPOTrainer and the bundle's reward",
        description="Align a policy with GRPO. Verdicts come from the reward model or a server\n"
        "and from the rubrics' checks, the reward from the bundle's reward.py.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for parser in (reward_model, policy):
        _common(parser)
    _of_reward_models(reward_model)
    add_policy_arguments(policy)


def _of_reward_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pointwise-weight",
        type=_weight,
        default=1.0,
        metavar="W",
        help="weight of the pointwise term, which gives the scores a zero (default: 1; with 0 "
        "every prompt and criterion has a free constant: verdicts are right on average at best)",
    )
    parser.add_argument(
        "--margin",
        type=_margin,
        action="append",
        default=[],
        metavar="TIER=M",
        help="by how much the chosen answer's score has to be ahead in a tier, such as safety=1; "
        "may be given for each (default: 0)",
    )
    parser.add_argument(
        "--balance",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="let the rare verdicts of a tier count as much as the common ones (default: yes)",
    )
    parser.add_argument(
        "--long-answers",
        choices=("cut", "leave-out"),
        default="cut",
        help="what to do with an answer that exceeds max_length once the prompt is cut: train on "
        "its beginning, or not at all (default: cut)",
    )
    parser.add_argument(
        "--safety-precision",
        type=_share,
        metavar="P",
        help="violated vetoes are read with the highest recall that has this precision on held-out "
        "labels (default: four times the share that is violated, and one half at most)",
    )
    parser.add_argument(
        "--indecision",
        type=_share,
        default=0.0,
        metavar="W",
        help="outside safety, read a score as `cannot_assess` if its calibrated credit is nearer "
        "than W to the border between two verdicts (default: 0, never)",
    )


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `rubricc compile` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument(
        "--model", metavar="NAME_OR_PATH", help="a model to start from (default: a small one)"
    )
    parser.add_argument(
        "--lora",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="train an adapter instead of all weights",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="overrides",
        help="a setting of TRL's, such as learning_rate=1e-5; may be given several times",
    )
    parser.add_argument("--seed", type=int, default=0, help="(default: 0)")
    parser.add_argument(
        "--resume",
        choices=("auto", "never"),
        default="auto",
        help="go on from the last checkpoint in --out, or refuse to (default: auto)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when the model is trained, 1 when something prevents it, 3 when a policy stopped early."""
    if args.what == "reward-model":
        return told(lambda: _reward_model(args))
    if args.reward_model is None and args.judge_url is None:
        print("rubricc: give --reward-model DIR, or --judge-url URL", file=sys.stderr)
        return 2
    results: list[dict[str, Any]] = []
    code = told(lambda: results.append(_policy(args)))
    return code or (STOPPED if results[0].get("stopped") else 0)


def _reward_model(args: argparse.Namespace) -> None:
    module = training("train_reward_model")
    module.train(
        args.bundle,
        args.out,
        model=args.model,
        lora=args.lora,
        overrides=args.overrides,
        resume=args.resume,
        terms=module.Terms(
            args.pointwise_weight, tuple(args.margin), args.balance, args.long_answers
        ),
        wish=training("calibration.fit").Wish(args.safety_precision, args.indecision),
        seed=args.seed,
    )


def _policy(args: argparse.Namespace) -> dict[str, Any]:
    if args.dry_run:
        return _dry_run(args)
    found: dict[str, Any] = training("train_policy").train(
        args.bundle,
        args.reward_model,
        args.out,
        model=args.model,
        lora=args.lora,
        overrides=args.overrides,
        resume=args.resume,
        seed=args.seed,
        size=args.size,
        **policy_options(args),
    )
    return found


def _dry_run(args: argparse.Namespace) -> dict[str, Any]:
    module = training("dry_run")
    module.dry_run(
        module.Asked(
            args.bundle,
            args.reward_model,
            args.out,
            model=args.model,
            lora=args.lora,
            overrides=tuple(args.overrides),
            size=args.size,
            seed=args.seed,
            judge=policy_options(args)["judge"],
        )
    )
    return {}


def _margin(text: str) -> tuple[str, float]:
    tier, equals, value = text.partition("=")
    if not equals or tier not in TIERS:
        raise argparse.ArgumentTypeError(f"it is one of {', '.join(TIERS)}, `=` and a number")
    return tier, _weight(value)


def _weight(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("it is a number, 0 or more")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("it is a number from 0 to 1")
    return value
