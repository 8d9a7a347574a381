"""Answer rewards and verdict sheets over HTTP, for trainers that ask a remote reward.

  rubricc serve BUNDLE --judge JUDGE…

BUNDLE is what `rubricc compile` wrote, JUDGE as in `rubricc judge`: a folder of a reward model, the
address of a server, or a file of recorded verdicts. The answers are those of the bundle's reward.py
with that judge, to the last bit. Needs h11: pip install 'rubricdsl[serve]'.

Paths (JSON; docs/serve.md has the fields)
  POST /v1/rewards    groups of answers in, rewards and verdict sheets out
  POST /v1/scores     groups of verdict sheets in, rewards out; no judge is asked
  POST /v1/openrlhf   OpenRLHF's --reward.remote_url
  POST /v1/slime      slime's --rm-url
  GET  /v1/rubrics    what there is to ask about
  GET  /health/live, /health/ready, /metrics

Without a token only this machine is served. With --token-env NAME the token in that environment
variable is demanded, as `Authorization: Bearer …`. There is no TLS: put a proxy before it where the
network is not trusted. SIGTERM and Ctrl-C let it finish what it has; a second one ends it at once.

examples:
  rubricc serve build/bundle --judge build/reward_model
  rubricc serve build/bundle --judge verdicts.jsonl --port 9000 --access-log build/access.jsonl
  RUBRICC_TOKEN=$(openssl rand -hex 32) rubricc serve build/bundle --judge build/reward_model \\
      --host 0.0.0.0 --token-env RUBRICC_TOKEN
"""

import argparse
from pathlib import Path
from typing import Any

from .judging import add_judge_arguments, amount_of, count_of, judge_options
from .training import NotInstalled, told, training


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `rubricc compile` wrote")
    parser.add_argument("--judge", action="append", required=True, metavar="JUDGE", dest="judges")
    parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, default=8300, help="0 takes a free one (default: 8300)"
    )
    door = parser.add_mutually_exclusive_group()
    door.add_argument(
        "--token-env", metavar="NAME", help="the environment variable that holds the token"
    )
    door.add_argument(
        "--without-token", action="store_true",
        help="let everybody ask who reaches the host, other machines too",
    )  # fmt: skip
    parser.add_argument(
        "--access-log", type=Path, metavar="FILE",
        help="a line of JSON per request, without texts (default: standard error)",
    )  # fmt: skip
    parser.add_argument("--log-texts", action="store_true", help="put bodies into that log")
    _limits(parser.add_argument_group("limits"))
    _batches(parser.add_argument_group("batches"))
    add_judge_arguments(parser)


def _limits(group: Any) -> None:
    for name, kind, default, what in (
        ("max-body", amount_of, 16.0, "MB of one request"),
        ("max-answers", count_of, 1024, "answers of one request"),
        ("max-text", count_of, 200_000, "characters of an answer or a conversation"),
        ("max-requests", count_of, 4096, "requests under way; more are told to come again"),
        ("max-waiting", count_of, 16_384, "answers that wait to be judged"),
        ("max-connections", count_of, 8192, "open connections"),
        ("time-limit", amount_of, 120.0, "seconds for a request; later answers cannot be assessed"),
    ):
        group.add_argument(
            f"--{name}", type=kind, default=default, metavar="N",
            help=f"{what} (default: {default:g})",
        )  # fmt: skip


def _batches(group: Any) -> None:
    group.add_argument(
        "--batch", type=count_of, metavar="N",
        help="answers in one call of the judge (default: 64; 8 where all judges are servers)",
    )  # fmt: skip
    group.add_argument(
        "--window", type=_milliseconds, metavar="MS",
        help="how long a call waits for more answers (default: 5 for a model's folder, else 0)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """0 when everything under way was finished, 1 when something prevents it."""
    codes: list[int] = []
    code = told(lambda: codes.append(_serve(args)))
    return code or codes[0]


def _serve(args: argparse.Namespace) -> int:
    running, limits = _serving("running"), training("serving.limits")
    settings = running.Settings(
        host=args.host,
        port=args.port,
        token_variable=args.token_env,
        without_token=args.without_token,
        limits=limits.Limits(
            body=int(args.max_body * limits.MB),
            answers=args.max_answers,
            text=args.max_text,
            requests=args.max_requests,
            waiting=args.max_waiting,
            connections=args.max_connections,
            seconds=args.time_limit,
        ),
        batch=args.batch,
        window=args.window,
        log=args.access_log,
        with_texts=args.log_texts,
    )
    code: int = running.serve(args.bundle, args.judges, judge_options(args), settings)
    return code


def _serving(module: str) -> Any:
    """A module of the server. Raises `NotInstalled` where the HTTP library is not there."""
    try:
        training("serving.connections")
    except NotInstalled as missing:
        if "h11" not in str(missing):
            raise
        raise NotInstalled("serving needs h11: pip install 'rubricdsl[serve]'") from None
    return training(f"serving.{module}")


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError("it is a number from 0 to 65535")
    return value


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError("it is a number from 0 to 1000")
    return value / 1000
