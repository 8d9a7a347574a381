"""How long certificates take: many small rubrics, and one large one with conditions.

    python benchmarks/certificate_speed.py [--rubrics 50000] [--shape gated]

Small: seven criteria each (two vetoes, three weighted, two bonuses) with random weights, levels and
severities, as instance rubrics have them. Large: 200 criteria, of which 20 have conditions on ten
inputs and every fourth may be called not applicable by the judge.
"""

import argparse
import random
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction

from rubricdsl import ir
from rubricdsl.analysis.certify import certify
from rubricdsl.compact import compact

GROUP = 8


def criterion(dice: random.Random, name: str, tier: ir.Tier, **more: object) -> ir.Criterion:
    levels = ()
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
    tiers: list[ir.Tier] = ["safety"] * 2 + ["proficiency"] * 3 + ["excellence"] * 2
    criteria = tuple(criterion(dice, f"c{n}", tier) for n, tier in enumerate(tiers))
    return ir.Rubric(f"r{seed}", "0.1.0", "draft", "training", "T", criteria,
                     reward=ir.Reward(shape))  # fmt: skip


def large(shape: ir.Shape) -> ir.Rubric:
    dice = random.Random(0)
    tiers: list[ir.Tier] = ["safety"] * 40 + ["proficiency"] * 130 + ["excellence"] * 30
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


def certify_some(seeds: range, shape: ir.Shape) -> tuple[int, float]:
    """How many, and the seconds they took; making the rubrics is not counted."""
    forms = [compact(small(seed, shape), "hash") for seed in seeds]
    start = time.perf_counter()
    for form in forms:
        certify(form, GROUP)
    return len(forms), time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rubrics", type=int, default=50_000)
    parser.add_argument("--shape", choices=ir.SHAPES, default="gated")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    share = -(-args.rubrics // args.processes)
    parts = [range(k, min(k + share, args.rubrics)) for k in range(0, args.rubrics, share)]
    start = time.perf_counter()
    with ProcessPoolExecutor(args.processes) as pool:
        done = list(pool.map(certify_some, parts, [args.shape] * len(parts)))
    wall = time.perf_counter() - start
    each = sum(seconds for _, seconds in done) / args.rubrics
    print(f"{args.rubrics:,} rubrics of 7 criteria: {wall:.1f} s on {args.processes} processes, "
          f"{each * 1e3:.2f} ms each")  # fmt: skip
    form = compact(large(args.shape), "hash")
    start = time.perf_counter()
    found = certify(form, GROUP).certificate
    wall = time.perf_counter() - start
    print(f"200 criteria, 20 conditions, {found['cases']['patterns']:,} patterns: {wall:.2f} s")


if __name__ == "__main__":
    main()
