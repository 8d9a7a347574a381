"""Pairs of responses through the reference model and the emitted reward: any turned around?

    python benchmarks/order_pairs.py [--pairs 10000000] [--seed 0]

Random rubrics (conditions, profiles, levels, judge's `not_applicable`, every policy) and random
sheets of one case. Keys come from tests/reference/model.py, rewards from the module that the
compiler emits for the rubric. A pair is an inversion when the reward is not what the shape promises
for the two keys. All pairs of the sheets of one case are looked at.
"""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from rubricdsl import ir
from rubricdsl.compiler.emit.reward_module import emit_reward

ROOT = Path(__file__).resolve().parent.parent
SHEETS = 60
SHAPES: tuple[ir.Shape, ...] = ("gated", "lexicographic", "promedical")


def reference() -> Any:
    """The slow model, from the tests of this checkout."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("model", ROOT / "tests/reference/model.py")
    if spec is None or spec.loader is None:
        sys.exit("tests/reference/model.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def condition(dice: random.Random) -> ir.Condition | None:
    kind = dice.randrange(8)
    if kind == 0:
        return ir.Compare("age", dice.choice(("<", "<=", ">", ">=")), Fraction(dice.randint(1, 80)))
    if kind == 1:
        return ir.Not(ir.Given("age"))
    if kind == 2:
        return ir.Compare("child", "==", dice.random() < 0.5)
    return None


def criterion(dice: random.Random, name: str, tier: ir.Tier, severity: ir.Severity) -> ir.Criterion:
    polarity: ir.Polarity = dice.choice(("requires", "forbids"))
    levels: tuple[ir.Level, ...] = ()
    if tier == "proficiency" and polarity == "requires" and dice.random() < 0.4:
        credits = sorted({Fraction(dice.randint(0, 6), 6) for _ in range(4)} | {Fraction(1)})
        levels = tuple(ir.Level(k, str(k), c) for k, c in enumerate(credits))
        levels = levels if len(levels) > 1 else ()
    return ir.Criterion(
        name, tier, polarity, "text", ir.Origin("r", "0.1.0", name),
        severity=severity if tier == "safety" else None,
        weight=Fraction(dice.randint(1, 12), dice.choice((1, 2, 3))) if tier == "proficiency"
        else None,
        levels=levels, when=condition(dice), allows_not_applicable=dice.random() < 0.2,
    )  # fmt: skip


def rubric(dice: random.Random, shape: ir.Shape) -> ir.Rubric:
    """A random rubric; `promedical` with one severity, of which alone it promises the order."""
    alone = dice.choice(ir.SEVERITIES)
    criteria = []
    for tier in ir.TIERS:
        for n in range(dice.randint(0 if tier != "proficiency" else 1, 5)):
            severity = alone if shape == "promedical" else dice.choice(ir.SEVERITIES)
            criteria.append(criterion(dice, f"{tier}{n}", tier, severity))
    params = {}
    if shape == "gated" and dice.random() < 0.5:
        params = {"count": Fraction(1), "a0": Fraction(dice.randint(2, 6), 2)}
    weighed = [c.id for c in criteria if c.weight is not None]
    profile = ir.Profile("other", {dice.choice(weighed): Fraction(dice.randint(1, 9))},
                         condition(dice))  # fmt: skip
    return ir.Rubric(
        "r", "0.1.0", "draft", "training", "T", tuple(criteria),
        policies=ir.Policies(dice.choice(("violate", "drop")),
                             dice.choice(("unmet", "exclude", "drop")),
                             dice.choice(("unmet", "exclude"))),
        steps=dice.choice((1, 3, 10, 20)), reward=ir.Reward(shape, params), profiles=(profile,),
        inputs=(ir.Input("age", "quantity", (), "years", True), ir.Input("child", "bool")),
    )  # fmt: skip


def sheets(dice: random.Random, found: ir.Rubric) -> Iterator[dict[str, Any]]:
    """Mostly sensible verdicts, some missing or failed; vetoes mostly kept."""
    for _ in range(SHEETS):
        sheet: dict[str, Any] = {}
        kept = dice.choice((0.5, 0.95, 1.0))
        for c in found.criteria:
            good, bad = ("met", "unmet") if c.polarity == "requires" else ("unmet", "met")
            verdict: Any = good if dice.random() < (kept if c.severity else 0.5) else bad
            if c.levels:
                verdict = dice.randrange(len(c.levels))
            if dice.random() < 0.04:
                verdict = dice.choice((None, "cannot_assess", "not_applicable", 99, "maybe"))
            sheet[c.id] = verdict
        yield sheet


def place(found: ir.Rubric, key: tuple[int, ...]) -> tuple[int, ...]:
    """Where the shape promises to put a key."""
    if found.reward.shape != "gated":
        return key
    if any(key[:3]):
        return (0, *key[:3]) if found.reward.params.get("count") else (0,)
    return (1, *key[3:])


def emitted(found: ir.Rubric) -> ModuleType:
    module = ModuleType("reward")
    exec(compile(emit_reward([(found, "hash")]), "reward.py", "exec"), module.__dict__)
    return module


def look(model: Any, module: ModuleType, found: ir.Rubric, dice: random.Random) -> tuple[int, int]:
    """How many pairs were looked at in one case, and how many are inversions."""
    row: Mapping[str, Any] = {
        name: value
        for name, value in (
            ("age", dice.choice((None, 4, "30 years", "400 months", 81, "?"))),
            ("child", dice.choice((None, True, False, "?"))),
        )
        if value is not None
    }
    profile = dice.choice((None, "other"))
    weights = model.weights(found, row, profile)
    rows = []
    for sheet in sheets(dice, found):
        credits = model.credits(found, sheet, row)
        reward = module.score("r", sheet, row, None, profile)["reward"]
        if credits == model.DROPPED or reward is None:
            if (credits == model.DROPPED) != (reward is None):
                return 1, 1
            continue
        rows.append((place(found, model.key(found, credits, weights)), reward))
    wrong = sum(
        (low[0] < high[0]) != (low[1] < high[1]) or (low[0] > high[0]) != (low[1] > high[1])
        for low, high in itertools.combinations(rows, 2)
    )
    return len(rows) * (len(rows) - 1) // 2, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    model, dice, start = reference(), random.Random(args.seed), time.perf_counter()
    pairs, wrong, rubrics = dict.fromkeys(SHAPES, 0), dict.fromkeys(SHAPES, 0), 0
    while sum(pairs.values()) < args.pairs:
        shape = SHAPES[rubrics % len(SHAPES)]
        found = rubric(dice, shape)
        module = emitted(found)
        rubrics += 1
        for _ in range(4):
            looked, inverted = look(model, module, found, dice)
            pairs[shape] += looked
            wrong[shape] += inverted
    for shape in SHAPES:
        print(f"{shape:14} {pairs[shape]:>12,} pairs, {wrong[shape]} inversions")
    print(f"{rubrics:,} rubrics, {time.perf_counter() - start:.0f} s")
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
