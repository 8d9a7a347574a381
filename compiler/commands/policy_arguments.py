"""The arguments of `rubricc train policy`, and what its training takes for them."""

import argparse
from pathlib import Path
from typing import Any

from rubricdsl.batches import SIZES

from .judging import count_of, whole_number
from .training import training

STOPPED = 3
"""The exit code of a run that ended early because its answers became less safe."""

EXAMPLES = """\
examples:
  rubricc train policy build/bundle --reward-model build/reward_model --out build/policy
  rubricc train policy build/bundle --reward-model build/reward_model --out build/policy \\
      --model Qwen/Qwen3-8B --lora --judge-device cuda:1 --stop-when-safe-below 0.9
  rubricc train policy build/bundle --judge-url http://judge:8300 --out build/policy \\
      --model Qwen/Qwen3-8B --set report_to=tensorboard --log-groups 2 --log-every 10
  rubricc train policy build/bundle --reward-model build/reward_model --out build/policy \\
      --model Qwen/Qwen3-8B --size node --dry-run
  accelerate launch --config_file build/bundle/grpo/accelerate_node.yaml \\
      -m rubricdsl.compiler train policy build/bundle --size node \\
      --reward-model build/reward_model --out build/policy --model Qwen/Qwen3-8B

Exit codes: 0 trained, 1 something prevents it, 2 used wrongly, 3 stopped early because the answers
became less safe (the policy is saved). docs/policy.md has the figures and the files of a run.
"""


def add_policy_arguments(parser: argparse.ArgumentParser) -> None:
    """What `policy_options` reads, and what is run."""
    parser.add_argument(
        "--size", choices=SIZES, default=SIZES[0],
        help="whose settings of the bundle: one GPU, a machine with several (node), or several "
        "machines (cluster) (default: gpu)",
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true",
        help="build everything around a small model, say what the run comes to and what is wrong, "
        "and stop before the first step",
    )  # fmt: skip
    _judge(parser.add_argument_group("the judge"))
    _logs(parser.add_argument_group("what is written down"))
    _end(parser.add_argument_group("an early end"))


def policy_options(args: argparse.Namespace) -> dict[str, Any]:
    """What `rl.train_policy.train` takes for these arguments."""
    return {
        "judge": training("policy.judge").JudgeChoice(
            device=args.judge_device,
            tokens=args.judge_tokens,
            url=args.judge_url,
            api=args.judge_api,
            model=args.judge_model,
            key_variable=args.judge_key_env,
            concurrency=args.judge_concurrency,
        ),
        "sampling": training("policy.samples").Sampling(args.log_groups, args.log_every),
        "stop": training("policy.stopping").Stop(
            args.stop_when_safe_below, args.stop_window, args.stop_patience
        ),
    }


def _judge(group: Any) -> None:
    group.add_argument(
        "--reward-model", type=Path, metavar="DIR",
        help="a trained reward model; not needed where a server gives verdicts",
    )  # fmt: skip
    group.add_argument(
        "--judge-device", metavar="NAME",
        help="where the reward model computes, such as cuda:1 (default: where the policy does)",
    )  # fmt: skip
    group.add_argument(
        "--judge-tokens", type=count_of, default=65536, metavar="N",
        help="tokens that the reward model reads at a time (default: 65536)",
    )  # fmt: skip
    group.add_argument("--judge-url", metavar="URL", help="ask a server instead")
    group.add_argument(
        "--judge-api", choices=("rubricc", "classify", "openai"), default="rubricc",
        help="what it is: `rubricc serve` of the same bundle, the reward model of --reward-model "
        "behind vLLM's /classify, or a language model (default: rubricc)",
    )  # fmt: skip
    group.add_argument("--judge-model", default="", metavar="NAME", help="the model's name there")
    group.add_argument(
        "--judge-key-env", metavar="NAME", help="the environment variable that holds the key"
    )
    group.add_argument(
        "--judge-concurrency", type=count_of, default=32, metavar="N",
        help="requests under way, for each process (default: 32)",
    )  # fmt: skip


def _logs(group: Any) -> None:
    group.add_argument(
        "--log-groups", type=whole_number, default=1, metavar="N",
        help="groups of answers to write to completions.jsonl, whole (default: 1; 0 for none)",
    )  # fmt: skip
    group.add_argument(
        "--log-every", type=count_of, default=1, metavar="N", help="of every Nth step (default: 1)"
    )


def _end(group: Any) -> None:
    group.add_argument(
        "--stop-when-safe-below", type=_share, default=0.0, metavar="F",
        help="stop when the moving mean of the safe share is below F times its best, such as 0.9 "
        "(default: 0, never)",
    )  # fmt: skip
    group.add_argument(
        "--stop-window", type=count_of, default=10, metavar="N",
        help="logged steps that the mean is over (default: 10)",
    )  # fmt: skip
    group.add_argument(
        "--stop-patience", type=count_of, default=5, metavar="N",
        help="logged steps in a row that it has to be below (default: 5)",
    )  # fmt: skip


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError("it is a number from 0 to below 1")
    return value
