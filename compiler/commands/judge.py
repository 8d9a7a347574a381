"""Judge answers with a model or with recorded verdicts.

  rubricc judge BUNDLE ANSWERS.jsonl --judge JUDGE… --out VERDICTS.jsonl

BUNDLE is what `rubricc compile` wrote. Each row of ANSWERS is {"id", "rubric", "prompt",
"responses": [{"id", "text"}…]}, with "inputs" and "profile" where they are known; verdicts in it
are not read. OUT has the same rows with verdicts: `rubricc compile --data`, `rubricc score` and
another `rubricc judge` read it.

A JUDGE is
  a folder            a reward model that `rubricc train reward-model` wrote
  http(s)://…         a server: a language model (--api openai, the default), or a reward model
                      behind vLLM (--api classify, with --served-from)
  a file              verdicts recorded before (JSON Lines)
Several judges, or --samples K, make an ensemble. In safety the worst vote counts, elsewhere the
middle one.

What fails is `cannot_assess` in OUT and counted at the end; --records FILE has each failure, reason
and vote. An interrupted run goes on with --resume. docs/judges.md has the failures and the limits.

examples:
  rubricc judge build/bundle answers.jsonl --judge build/reward_model --out verdicts.jsonl
  rubricc judge build/bundle answers.jsonl --out verdicts.jsonl \\
      --judge http://localhost:8000/v1 --model Qwen/Qwen3-32B --cache build/judge_cache
  rubricc judge build/bundle answers.jsonl --out verdicts.jsonl --api-key-env MY_KEY \\
      --judge https://api.example.org/v1 --model one --judge https://api.example.org/v1 --model two
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rubricdsl.bundle import MANIFEST, BundleError, open_bundle

from ..answers import Answers, read_answers
from ..grading import Files, GradingError, begin, chunks, sha256, write
from ..importers.jsonl import Fault
from .judging import add_judge_arguments, judge_options
from .training import told, training

SHOWN = 20
_PORTION = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `rubricc compile` wrote")
    parser.add_argument("answers", type=Path, metavar="ANSWERS", help="JSON Lines")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
    parser.add_argument("--judge", action="append", required=True, metavar="JUDGE", dest="judges")
    parser.add_argument("--records", type=Path, metavar="FILE", help="all that is known, as JSONL")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of the summary")
    add_judge_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when answers are judged, 1 when something prevents it or nothing could be judged."""
    try:
        bundle = open_bundle(args.bundle)
        rubrics = {rubric.name: rubric for rubric in bundle.rubrics()}
    except BundleError as error:
        print(f"rubricc: {error}", file=sys.stderr)
        return 1
    rows: list[Answers] = []
    faults: list[Fault] = []
    for found in read_answers(args.answers, rubrics):
        if isinstance(found, Fault):
            faults.append(found)
        else:
            rows.append(found)
    if not faults and not any(row.items for row in rows):
        faults.append(Fault(str(args.answers), 0, "there is no answer in it"))
    if faults:
        for fault in faults[:SHOWN]:
            print(fault, file=sys.stderr)
        if len(faults) > SHOWN:
            print(f"… and {len(faults) - SHOWN} more", file=sys.stderr)
        return 1
    totals: list[dict[str, Any]] = []
    code = told(lambda: totals.append(_judge(args, rows)))
    if code or not totals:
        return code or 1
    total = totals[0]
    print(
        json.dumps(total, ensure_ascii=False, indent=1) if args.format == "json" else _text(total)
    )
    if total["verdicts"] and not total["decided"]:
        print("rubricc: nothing could be judged", file=sys.stderr)
        return 1
    return 0


def _judge(args: argparse.Namespace, rows: Sequence[Answers]) -> dict[str, Any]:
    """Judge the rows that are not done yet; what came of it."""
    error: type[Exception] = training("errors").TrainingError
    protocol, ensemble = training("judges.protocol"), training("judges.ensemble")
    opened = training("judges.opening").open_judges(args.bundle, args.judges, judge_options(args))
    files = Files(args.out, args.records)
    try:
        done = begin(files, _description(args), resume=args.resume)
    except GradingError as fault:
        raise error(str(fault), fault.hint) from None
    left = [row for row in rows if row.row.id not in done]
    answers = sum(len(row.items) for row in left)
    tally, agreement = protocol.Tally(), ensemble.Agreement()
    start = time.monotonic()
    # Small portions for servers: something is seen of them, and little is lost on the way.
    remote = any(judge.startswith("http") for judge in args.judges)
    for portion in chunks(left, 2 * args.concurrency if remote else _PORTION):
        items = [item for row in portion for item in row.items]
        records = opened.grader.grade(items)
        for item, record in zip(items, records, strict=True):
            tally.add(record)
            if opened.is_ensemble:
                agreement.add(item, record, opened.criteria)
        write(files, portion, records)
        failed = sum(tally.failures.values())
        print(
            f"  {tally.answers:,} of {answers:,} answers  {failed:,} failures"
            f"  {time.monotonic() - start:.0f} s",
            file=sys.stderr,
        )
    return {
        "out": str(args.out),
        "rows": len(left),
        "rows_done_before": len(done),
        "answers": tally.answers,
        "verdicts": dict(sorted(tally.verdicts.items())),
        "decided": tally.verdicts.total() - tally.verdicts["cannot_assess"],
        "failures": dict(tally.failures.most_common()),
        "first_failures": tally.examples,
        "agreement": agreement.figures(),
        "usage": {
            "requests": tally.usage.requests,
            "cached": tally.usage.cached,
            "prompt_tokens": tally.usage.prompt_tokens,
            "completion_tokens": tally.usage.completion_tokens,
        },
    }


def _description(args: argparse.Namespace) -> dict[str, Any]:
    """What the verdicts of a run depend on."""
    names = ("judges", "models", "apis", "together", "samples", "temperature", "max_tokens")
    served = str(args.served_from) if args.served_from else None
    return {
        "bundle": sha256(args.bundle / MANIFEST),
        "answers": sha256(args.answers),
        "served_from": served,
        **{name: getattr(args, name) for name in (*names, "seed", "safety", "others")},
    }


def _text(total: dict[str, Any]) -> str:
    before = total["rows_done_before"]
    lines = [
        f"judged {total['answers']:,} answers to {total['rows']:,} prompts"
        + (f"; {before:,} prompts were done before" if before else ""),
        "verdicts: " + ", ".join(f"{k} {n:,}" for k, n in total["verdicts"].items()),
    ]
    for kind, count in total["failures"].items():
        lines.append(f"failed, {kind}: {count:,} ({total['first_failures'][kind]})")
    for tier, found in total["agreement"].items():
        alpha = "-" if found["alpha"] is None else f"{found['alpha']:.3f}"
        share = f"{100 * found['unanimous']:.1f} % unanimous"
        lines.append(f"agreement, {tier}: {found['compared']:,} compared, {share}, alpha {alpha}")
    usage = total["usage"]
    if usage["requests"] or usage["cached"]:
        lines.append(
            f"servers: {usage['requests']:,} requests, {usage['cached']:,} answers from the cache, "
            f"{usage['prompt_tokens']:,} + {usage['completion_tokens']:,} tokens"
        )
    return "\n".join([*lines, f"wrote {total['out']}"])
