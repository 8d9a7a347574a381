"""How long certificates take: many small rubrics, and one large one with conditions.

    python benchmarks/certificate_speed.py [--rubrics 50000] [--shape gated ...] [--write]

Small: seven criteria each (two vetoes, three weighted, two bonuses) with random weights, levels and
severities, as instance rubrics have them. Large: 200 criteria, of which 20 have conditions on ten
inputs and every fourth may be called not applicable by the judge.

CPU time is that of the workers' proofs added up, and does not depend on what else the machine does;
wall time does. Making the rubrics is counted in the wall time alone.
"""

import argparse
import random
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from report import machine

from rubricdsl import ir
from rubricdsl.analysis.certify import certify
from rubricdsl.compact import compact
from rubricdsl.version import __version__

RESULT = Path(__file__).resolve().parent / "results" / "certificate_speed.md"
GROUP = 8
CHUNK = 1000
"""Rubrics held in memory at a time."""


def criterion(dice: random.Random, name: str, tier: ir.Tier, **more: object) -> ir.Criterion:
    levels: tuple[ir.Level, ...] = ()
    if tier == "proficiency" and dice.random() < 0.3:
        levels = tuple(ir.Level(k, str(k), Fraction(k, 2)) for k in range(3))
    return ir.Criterion(
        name,
        tier,
        "forbids" if tier == "safety" else "requires",
        "text",
        ir.Origin("r", "0.1.0", name),
        severity=dice.choice(ir.SEVERITIES) if tier == "safety" else None,
        weight=Fraction(dice.randint(1, 10)) if tier == "proficiency" else None,
        levels=levels,
        **more,  # type: ignore[arg-type]
    )


def small(seed: int, shape: ir.Shape) -> ir.Rubric:
    dice = random.Random(seed)
    tiers = [tier for tier, count in zip(ir.TIERS, (2, 3, 2), strict=True) for _ in range(count)]
    criteria = tuple(criterion(dice, f"c{n}", tier) for n, tier in enumerate(tiers))
    return ir.Rubric(f"r{seed}", "0.1.0", "draft", "training", "T", criteria,
                     reward=ir.Reward(shape))  # fmt: skip


def large(shape: ir.Shape) -> ir.Rubric:
    dice = random.Random(0)
    counts = zip(ir.TIERS, (40, 130, 30), strict=True)
    tiers = [tier for tier, count in counts for _ in range(count)]
    inputs = tuple(ir.Input(f"i{n}", "quantity", (), "years", True) for n in range(10))
    conditional = set(dice.sample(range(200), 20))

    def when(n: int) -> ir.Condition | None:
        if n not in conditional:
            return None
        pair = n % 5 * 2
        low = ir.Compare(f"i{pair}", ">=", Fraction(n % 90))
        return ir.Or((low, ir.Compare(f"i{pair + 1}", "<", Fraction(n % 70))))

    criteria = tuple(
        criterion(dice, f"c{n}", tier, when=when(n), allows_not_applicable=n % 4 == 0)
        for n, tier in enumerate(tiers)
    )
    return ir.Rubric("large", "0.1.0", "draft", "training", "T", criteria, inputs=inputs,
                     reward=ir.Reward(shape))  # fmt: skip


def certify_some(seeds: range, shape: ir.Shape) -> float:
    """The CPU seconds of the proofs; making the rubrics is not counted."""
    spent = 0.0
    for first in range(seeds.start, seeds.stop, CHUNK):
        part = range(first, min(first + CHUNK, seeds.stop))
        forms = [compact(small(seed, shape), "hash") for seed in part]
        start = time.process_time()
        for form in forms:
            certify(form, GROUP)
        spent += time.process_time() - start
    return spent


class Measured(NamedTuple):
    """Seconds for the small rubrics, and for the large one."""

    shape: ir.Shape
    cpu: float
    wall: float
    large: float


def measure(shape: ir.Shape, rubrics: int, processes: int) -> Measured:
    share = -(-rubrics // processes)
    parts = [range(k, min(k + share, rubrics)) for k in range(0, rubrics, share)]
    start = time.perf_counter()
    with ProcessPoolExecutor(processes) as pool:
        cpu = sum(pool.map(certify_some, parts, [shape] * len(parts)))
    wall = time.perf_counter() - start
    form = compact(large(shape), "hash")
    start = time.process_time()
    certify(form, GROUP)
    return Measured(shape, cpu, wall, time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rubrics", type=int, default=50_000)
    parser.add_argument("--shape", choices=ir.SHAPES, action="append", default=[])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help=f"also {RESULT.name} in results/")
    args = parser.parse_args()
    patterns = certify(compact(large("gated"), "hash"), GROUP).certificate["cases"]["patterns"]
    lines = [
        f"| shape | {args.rubrics:,} rubrics of 7 criteria: CPU s | wall s on {args.processes} "
        "processes | ms each (CPU) | 200 criteria, 20 conditions: CPU s |",
        "|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    for shape in args.shape or ir.SHAPES:
        found = measure(shape, args.rubrics, args.processes)
        each = found.cpu / args.rubrics * 1e3
        lines.append(
            f"| `{shape}` | {found.cpu:.1f} | {found.wall:.1f} | {each:.2f} | {found.large:.2f} |"
        )
        print(lines[-1], flush=True)
    if args.write:
        head = (
            "# How long certificates take\n\n"
            f"{_machine()}. Made by `python benchmarks/certificate_speed.py --write`.\n\n"
            "CPU time is that of the proofs, added up over the processes. Wall time includes the "
            "making of the\nrubrics, and other work on the machine. The large rubric has "
            f"{patterns:,} patterns of what applies.\n\n"
        )
        RESULT.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def _machine() -> str:
    return machine(f"rubricdsl {__version__}")


if __name__ == "__main__":
    main()
