"""The arguments that say how judges are asked, for every command that opens some."""

import argparse
from pathlib import Path
from typing import Any

from .training import training


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    """What `judge_options` reads."""
    _servers(parser.add_argument_group("judges behind servers"))
    _models(parser.add_argument_group("language models"))
    both = parser.add_argument_group("ensembles")
    for name, default, what in (("safety", "worst", "vetoes"), ("others", "majority", "the rest")):
        both.add_argument(
            f"--{name}", choices=("worst", "majority"), default=default,
            help=f"which vote counts for {what} (default: {default})",
        )  # fmt: skip


def judge_options(args: argparse.Namespace) -> Any:
    """How judges are asked: `rl.judges.opening.Options`."""
    opening = training("judges.opening")
    return opening.Options(
        models=args.models,
        apis=args.apis,
        served_from=args.served_from,
        together=args.together,
        samples=args.samples,
        temperature=args.temperature,
        max_tokens=args.max_tokens,
        seed=args.seed,
        key_variable=args.api_key_env,
        concurrency=args.concurrency,
        patience=opening.Patience(args.timeout, args.deadline, args.retries),
        rates=opening.Rates(args.requests_per_minute, args.tokens_per_minute, args.token_budget),
        cache=args.cache,
        log=args.log,
        safety=args.safety,
        others=args.others,
    )


def _servers(group: Any) -> None:
    group.add_argument(
        "--model", action="append", default=[], metavar="NAME", dest="models",
        help="the model's name there; once, or once for each server",
    )  # fmt: skip
    group.add_argument(
        "--api", action="append", default=[], choices=("openai", "classify"), dest="apis",
        help="once, or once for each server (default: openai)",
    )  # fmt: skip
    group.add_argument(
        "--served-from", type=Path, metavar="DIR", help="the folder of the model behind `classify`"
    )
    group.add_argument(
        "--api-key-env", metavar="NAME", help="the environment variable that holds the key"
    )
    group.add_argument("--concurrency", type=count_of, default=8, metavar="N", help="(default: 8)")
    group.add_argument(
        "--timeout", type=amount_of, default=120.0, metavar="S", help="of one try (default: 120)"
    )
    group.add_argument(
        "--deadline", type=amount_of, default=600.0, metavar="S",
        help="of one request with all its tries and waits (default: 600)",
    )  # fmt: skip
    group.add_argument(
        "--retries",
        type=whole_number,
        default=5,
        metavar="N",
        help="after the first try (default: 5)",
    )
    group.add_argument("--requests-per-minute", type=amount_of, metavar="N")
    group.add_argument("--tokens-per-minute", type=amount_of, metavar="N")
    group.add_argument(
        "--token-budget", type=count_of, metavar="N", help="ask nothing more after N tokens"
    )


def _models(group: Any) -> None:
    group.add_argument(
        "--together", action="store_true",
        help="all criteria of an answer in one request (default: one request each)",
    )  # fmt: skip
    group.add_argument("--samples", type=count_of, default=1, metavar="K", help="(default: 1)")
    group.add_argument(
        "--temperature", type=degree_of, default=0.0, metavar="T", help="(default: 0)"
    )
    group.add_argument("--seed", type=int, metavar="N", help="sent to the server")
    group.add_argument(
        "--max-tokens",
        type=count_of,
        default=1024,
        metavar="N",
        help="of an answer (default: 1024)",
    )
    group.add_argument("--cache", type=Path, metavar="DIR", help="keep answers, and reuse them")
    group.add_argument("--log", type=Path, metavar="FILE", help="every exchange in full, as JSONL")


def count_of(text: str) -> int:
    """A whole number, 1 or more."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("it is a whole number, 1 or more")
    return value


def whole_number(text: str) -> int:
    """A whole number, 0 or more."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("it is a whole number, 0 or more")
    return value


def amount_of(text: str) -> float:
    """A finite number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("it is a number above 0")
    return value


def degree_of(text: str) -> float:
    """A temperature, from 0 to 2."""
    value = float(text)
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError("it is a number from 0 to 2")
    return value
