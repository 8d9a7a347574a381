"""Compile rubrics into a bundle: training data, reward, judge prompts and run files.

Everything is checked first, and the folder is written whole or not at all. The same rubrics, data
and options always give the same bytes.

examples:
  rubricc compile rubrics/ --out build/bundle --synthesize 200
  rubricc compile rubrics/dermatology --out build/bundle --data labelled.jsonl.gz
  rubricc compile triage.rubric --out build/bundle --target reward --target judge --shape weighted
  rubricc compile rubrics/ --out build/bundle --target verl --group 16
  rubricc compile rubrics/ --out build/bundle --target inspect --target lm-eval
  rubricc compile rubrics/ --out build/bundle --stack openrlhf/rloo --group 16
  rubricc compile rubrics/ --out build/bundle --gpus 4 --machines 3 --batch 384
  rubricc compile triage.rubric --out build/bundle --target autorubric --shape lexicographic

With --stack the certificate is read for another trainer than TRL as grpo.yaml sets it, and the
summary says which of P1 to P5 are proved there (`rubricc verify --help` has them in words). The
certificate has every trainer's formula in any case, and grpo.yaml stays TRL's.

Targets: ir (the typed rubrics), reward_model (training rows), judge (prompts), reward (reward.py),
grpo (settings and prompts for `trl grpo`); all of them unless some are named. A stack is a target
too (`rubricc stacks` lists them): its adapter, data and settings go into stacks/NAME, reward.py
comes along, and the certificate is read for the setting that is written. Stacks that evaluate get
the prompts that are held out, and those of rubrics with `purpose evaluation`.

The formats of other tools (healthbench, autorubric, rewardkit, rubric, verifiers-judge) are targets
as well. Their scores are weighted sums, so a rubric is refused, with a finding for each thing that
they have no words for; --shape lexicographic is a reward that is a sum, and --lossy writes what can
be said.

A row of --data is {"id", "rubric", "prompt", "inputs", "responses": [{"id", "text", "verdicts"}]};
docs/bundle.md describes it and everything that is written.
"""

import argparse
import signal
import sys
from fractions import Fraction
from pathlib import Path
from types import FrameType

from rubricdsl import ir
from rubricdsl.batches import SIZES, Hardware
from rubricdsl.diagnostics import Diagnostic, has_errors
from rubricdsl.passes import Outcome
from rubricdsl.promises import broken_promise
from rubricdsl.runtime.amounts import read_decimal

from ..batches import UnfitBatches, batches_of
from ..claims import settings_of, trainers
from ..compile import (
    DataFaults,
    OrderLost,
    Request,
    Summary,
    UnfitStacks,
    Unsayable,
    compile_bundle,
    many,
)
from ..emit.formats import FORMATS
from ..emit.targets import PROMPTS, TARGETS, Target
from ..job import PARTS, Options, Part
from ..write import WriteError, check_replaceable
from .foreign import add_lossy, lost_in, lost_to_judges
from .locked import add_locked, checked
from .progress import Progress
from .report import report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=".rubric files or folders")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the bundle to write"
    )
    parser.add_argument(
        "--data", type=Path, action="append", default=[], metavar="FILE",
        help="labelled rows as JSON Lines, plain or .gz; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--target",
        choices=(*PARTS, *TARGETS, *FORMATS),
        metavar="NAME",
        action="append",
        default=[],
        help="a part of the bundle, a stack to write an adapter for, or another tool's format; "
        "may be given several times (default: all parts)",
    )
    parser.add_argument(
        "--synthesize", type=_count, default=0, metavar="N",
        help="make N rows per rubric from its exemplars, each one prompt with four answers",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="for --synthesize (default: 0)")
    parser.add_argument(
        "--shape", choices=ir.SHAPES, help="reward shape instead of each rubric's own"
    )
    parser.add_argument(
        "--group", type=_group, default=8, metavar="G", help="GRPO samples per prompt (default: 8)"
    )
    parser.add_argument(
        "--stack", type=_stack, metavar="NAME",
        help="the trainer and setting that the certificate is read for, such as verl/grpo_no_std "
             "(default: what grpo.yaml sets, trl/none, or trl/normalize_then_sum for tiers)",
    )  # fmt: skip
    parser.add_argument(
        "--heldout", type=_fraction, default=Fraction(1, 5), metavar="FRACTION",
        help="share of the prompts kept out of training (default: 1/5)",
    )  # fmt: skip
    parser.add_argument(
        "--rubrics-in-rows", action="store_true",
        help="the prompts carry their rubrics and reward.py has none: for thousands of rubrics",
    )  # fmt: skip
    parser.add_argument(
        "--path", action="append", default=[], metavar="DIR", help="a further root for includes"
    )
    _hardware_arguments(parser)
    add_lossy(parser)
    add_locked(parser)


def _hardware_arguments(parser: argparse.ArgumentParser) -> None:
    """What the run files of `grpo/` are for; all numbers are checked against each other."""
    usual = Hardware()
    parser.add_argument(
        "--gpus", type=_gpus, default=usual.gpus, metavar="N",
        help=f"GPUs of a machine, for grpo_node.yaml and grpo_cluster.yaml (default: {usual.gpus})",
    )  # fmt: skip
    parser.add_argument(
        "--machines", type=_gpus, default=usual.machines, metavar="M",
        help="machines that train, for grpo_cluster.yaml; one more generates "
             f"(default: {usual.machines})",
    )  # fmt: skip
    parser.add_argument(
        "--batch", type=_batch, metavar="N",
        help="answers in a step over all GPUs (default: 8 groups on one GPU, 4 on each of several)",
    )  # fmt: skip
    parser.add_argument(
        "--per-device", type=_batch, default=usual.per_device, metavar="N",
        help=f"answers in the memory of a GPU at once (default: {usual.per_device})",
    )  # fmt: skip
    parser.add_argument(
        "--tensor-parallel", type=_gpus, default=usual.tensor_parallel, metavar="N",
        help="GPUs of one engine that generates, where it shares them with the training "
             f"(default: {usual.tensor_parallel})",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """0 when the bundle stands, 1 when the rubrics, the data or the folder prevent it."""
    before = signal.signal(signal.SIGTERM, _stop)
    progress = Progress()
    try:
        check_replaceable(args.out.resolve())
        outcome = checked(args)
        told = [d for d in outcome.diagnostics if d.level != "note"]
        formats = tuple(name for name in FORMATS if name in args.target)
        told += lost_in(formats, outcome, args.shape, args.lossy)
        told += lost_to_judges(args.target, outcome, args.shape)
        report(told, outcome.checker.source)
        if has_errors(told):
            return _failed(f"nothing was written: {_stopped(outcome)}")
        options = Options(
            targets=_parts(args.target),
            stacks=tuple(name for name in TARGETS if name in args.target),
            formats=formats,
            lossy=args.lossy,
            synthesize=args.synthesize,
            seed=args.seed,
            shape=args.shape,
            group=args.group,
            heldout=args.heldout,
            rubrics_in_rows=args.rubrics_in_rows,
            stack=args.stack,
            hardware=Hardware(
                args.gpus, args.machines, args.batch, args.per_device, args.tensor_parallel
            ),
        )
        rubrics = tuple(sorted(outcome.rubrics, key=lambda rubric: rubric.name))
        request = Request(rubrics, args.out, tuple(args.data), options, progress.at)
        summary = compile_bundle(request)
    except DataFaults as found:
        progress.clear()
        for fault in found.faults:
            print(fault, file=sys.stderr)
        more = ", and reading stopped there" if found.cut else ""
        count = many(len(found.faults), "fault")
        return _failed(f"nothing was written: the data has {count}{more}")
    except (UnfitStacks, Unsayable) as error:
        progress.clear()
        return _failed(f"nothing was written: {error}")
    except UnfitBatches as error:
        progress.clear()
        print("\n".join(error.found), file=sys.stderr)
        return _failed("nothing was written: group, batch and devices do not fit together")
    except OrderLost as lost:
        progress.clear()
        report(_broken(lost, outcome), outcome.checker.source)
        return _failed("nothing was written: a reward does not keep the order that it promises")
    except WriteError as error:
        progress.clear()
        return _failed(str(error))
    finally:
        progress.clear()
        signal.signal(signal.SIGTERM, before)
    _summarise(summary, options)
    return 0


def _parts(named: list[str]) -> tuple[Part, ...]:
    """The parts that are asked for, and those that a named stack needs."""
    needed = {part for name in named if name in TARGETS for part in TARGETS[name].parts}
    return tuple(part for part in PARTS if not named or part in named or part in needed)


def _stopped(outcome: Outcome) -> str:
    if has_errors(outcome.diagnostics):
        return "the rubrics have errors"
    return "not all of the rubrics can be said in this format"


def _broken(lost: OrderLost, outcome: Outcome) -> list[Diagnostic]:
    """One finding per reward, at the line that asks for it."""
    files = {file.rubric.name: file for file in outcome.files if file.rubric is not None}
    told = [broken_promise(files[rubric.name], rubric, found) for rubric, found in lost.found]
    return [diagnostic for diagnostic in told if diagnostic is not None]


def _summarise(summary: Summary, options: Options) -> None:
    """What was written, one line per part of the bundle."""
    counts, entries = summary.counts, summary.entries
    size = sum(entry.bytes for entry in entries.values())
    print(f"{summary.out}: {many(len(entries) + 1, 'file')}, {_size(size)}")
    made = f" ({counts['synthetic_rows']:,} synthetic)" if counts["synthetic_rows"] else ""
    print(
        f"  from {many(counts['rubrics'], 'rubric')} with {many(counts['criteria'], 'criterion')}"
        f" and {many(counts['rows'], 'row')}{made} with {many(counts['responses'], 'response')};"
        f" {many(counts['prompts_heldout'], 'prompt')} of"
        f" {counts['prompts_train'] + counts['prompts_heldout']:,} held out"
    )

    def lines(kind: str) -> str:
        """Rows to train on, and rows held out."""
        train, out = (entries[f"reward_model/{kind}{s}.jsonl"].rows for s in ("train", "heldout"))
        return f"{train:,} + {out:,} held out"

    if "reward_model" in options.targets:
        print(f"  reward_model: {lines('')} preference rows, {lines('pointwise_')} pointwise rows")
    if "judge" in options.targets:
        print(f"  judge: {many(sum(path.startswith('judge/') for path in entries), 'prompt')}")
    if "grpo" in options.targets:
        prompts = entries["grpo/prompts.jsonl"].rows or 0
        print(f"  grpo: {many(prompts, 'prompt')} to train on; {_steps(options, prompts)}")
    for target in (TARGETS[name] for name in options.stacks):
        print(f"  {target.name}: {_stack_line(target, summary)}")
    for form in (FORMATS[name] for name in options.formats):
        print(f"  {form.name}: {form.folder}/{form.place.format(name='NAME')}")
    if summary.claims:
        print(f"  certificate: read for {summary.stack} in groups of {options.group}")
        for claim in summary.claims:
            print(f"    {claim.shape}, {many(claim.rubrics, 'rubric')}: {claim}")
    for note in summary.notes:
        print(f"note: {note}", file=sys.stderr)


def _steps(options: Options, prompts: int) -> str:
    """What a step takes on each size of machine."""
    found = {size: batches_of(options, size).prompts for size in SIZES}
    text = "a step takes " + ", ".join(f"{found[size]} ({size})" for size in SIZES)
    # TRL drops what does not fill a step: with too few prompts it makes none, and says nothing.
    short = [size for size in SIZES if found[size] > prompts]
    return text + (f", more than there are for {' and '.join(short)}" if short else "")


def _stack_line(target: Target, summary: Summary) -> str:
    """Where its files are, and how many prompts they have."""
    name, use = (PROMPTS, "evaluate on") if target.evaluates else ("train.jsonl", "train on")
    rows = summary.entries.get(f"{target.rows_folder}/{name}")
    if rows is None:
        return "reward.py and grpo/, as they are"
    return f"{target.folder}/, {many(rows.rows or 0, 'prompt')} to {use}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _failed(message: str) -> int:
    print(f"rubricc compile: {message}", file=sys.stderr)
    return 1


def _stop(signum: int, frame: FrameType | None) -> None:
    """End as Control-C does, so that the draft of the folder is removed."""
    raise KeyboardInterrupt


def _count(text: str) -> int:
    return _integer(text, 0, 10_000)


def _group(text: str) -> int:
    return _integer(text, 2, 1024)


def _gpus(text: str) -> int:
    return _integer(text, 1, 1024)


def _batch(text: str) -> int:
    return _integer(text, 1, 1 << 20)


def _stack(text: str) -> str:
    found = settings_of(text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise argparse.ArgumentTypeError(
            f"there is no stack `{text}`; there are settings of {', '.join(trainers())}, such as "
            "trl/none"
        )
    raise argparse.ArgumentTypeError(f"{text} has several settings: {', '.join(found)}")


def _integer(text: str, least: int, most: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{value} is not between {least} and {most}")
    return value


def _fraction(text: str) -> Fraction:
    pair = read_decimal(text)
    if pair is None or not 0 <= (value := Fraction(*pair)) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to below 1")
    return value
