"""Pairs of responses through the reference model and the emitted reward: any turned around?

    python benchmarks/order_pairs.py [--pairs 10000000] [--seed 0] [--processes 2] [--write]

Random rubrics (conditions, profiles, levels, judge's `not_applicable`, every policy) and random
sheets of one case. Keys come from tests/reference/model.py, rewards from the module that the
compiler emits for the rubric. A pair is an inversion when the rewards are not as the shape promises
for the two keys: equal, or the one greater. All pairs of the sheets of one case are looked at, so
many for each shape that promises an order. For `centred` these are the pairs within random groups,
for `tiers` those of which one is unsafe: the sum of its columns promises nothing of two safe ones.
"""

import argparse
import itertools
import platform
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from rubricdsl import ir
from rubricdsl.compiler.emit.reward_module import emit_reward
from rubricdsl.version import __version__

ROOT = Path(__file__).resolve().parent.parent
Key = tuple[int, int, int, int, int]
RESULT = Path(__file__).resolve().parent / "results" / "order_pairs.md"
SHEETS, CASES, RUBRICS = 60, 4, 16
"""Sheets of a case, cases of a rubric, and rubrics in one emitted module."""
CHUNK = 250_000
"""Pairs for one process at a time, each chunk with random numbers of its own."""
SHAPES: tuple[ir.Shape, ...] = ("gated", "lexicographic", "promedical", "centred", "tiers")


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


def rubric(dice: random.Random, shape: ir.Shape, name: str = "r") -> ir.Rubric:
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
    if shape == "centred":
        params = {"silent": Fraction(dice.randint(0, 1)), "a0": Fraction(dice.randint(2, 6), 2)}
    weighed = [c.id for c in criteria if c.weight is not None]
    profile = ir.Profile("other", {dice.choice(weighed): Fraction(dice.randint(1, 9))},
                         condition(dice))  # fmt: skip
    return ir.Rubric(
        name, "0.1.0", "draft", "training", "T", tuple(criteria),
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


def place(found: ir.Rubric, key: Key) -> tuple[int, ...]:
    """Where the shape promises to put a key; for `centred`, in a group with a safe response."""
    if found.reward.shape in ("lexicographic", "promedical"):
        return key
    if found.reward.shape == "tiers":
        return (int(not any(key[:3])),)
    if any(key[:3]):
        counted = found.reward.shape == "gated" and found.reward.params.get("count")
        return (0, *key[:3]) if counted else (0,)
    return (1, *key[3:])


def emitted(rubrics: list[ir.Rubric]) -> Any:
    module = ModuleType("reward")
    text = emit_reward([(found, "hash") for found in rubrics])
    exec(compile(text, "reward.py", "exec"), module.__dict__)
    return module


class Looked(NamedTuple):
    """Pairs that were looked at, and how many are inversions."""

    pairs: int
    wrong: int

    def and_also(self, other: "Looked") -> "Looked":
        return Looked(self.pairs + other.pairs, self.wrong + other.wrong)


def compared(places: Sequence[tuple[int, ...]], rewards: Sequence[float], but: int = -1) -> Looked:
    """All pairs: equal places must have equal rewards, and greater ones greater rewards.

    Pairs of which both have the place with number `but` are left out.
    """
    order = {place: rank for rank, place in enumerate(sorted(set(places)))}
    ranks, values = np.array([order[place] for place in places]), np.array(rewards)
    left, right = np.triu_indices(len(ranks), 1)
    asked = (ranks[left] != but) | (ranks[right] != but)
    wrong = np.sign(ranks[left] - ranks[right]) != np.sign(values[left] - values[right])
    return Looked(int(asked.sum()), int((wrong & asked).sum()))


class Row(NamedTuple):
    """A sheet's key by the model, and the emitted module's key and reward."""

    key: Key
    emitted_key: Key
    reward: float


def look(model: Any, module: Any, found: ir.Rubric, dice: random.Random) -> Looked:
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
    rows, lost = [], Looked(0, 0)
    for sheet in sheets(dice, found):
        credits = model.credits(found, sheet, row)
        scored = module.score(found.name, sheet, row, None, profile)
        if credits == model.DROPPED or scored["reward"] is None:
            if (credits == model.DROPPED) != (scored["reward"] is None):
                lost = lost.and_also(Looked(1, 1))
            continue
        rows.append(Row(model.key(found, credits, weights), scored["key"], scored["reward"]))
    if found.reward.shape == "centred":
        return lost.and_also(_in_groups(module, found, rows, dice))
    places = [place(found, each.key) for each in rows]
    # Of two safe responses the sum of the columns promises nothing.
    safe = len(set(places)) - 1 if found.reward.shape == "tiers" and (1,) in places else -1
    return lost.and_also(compared(places, [each.reward for each in rows], safe))


def _in_groups(module: Any, found: ir.Rubric, rows: list[Row], dice: random.Random) -> Looked:
    """The same within random groups, of which the shape makes ranks."""
    looked, form = Looked(0, 0), module.compact_rubric(found.name)
    for _ in range(SHEETS if rows else 0):
        group = [dice.choice(rows) for _ in range(dice.randint(2, 16))]
        rewards = module.group_rewards(form, [each.emitted_key for each in group])
        keys = [each.key for each in group]
        if any(not any(key[:3]) for key in keys):
            places = [place(found, key) for key in keys]
        else:
            places = [() if found.reward.params.get("silent") else key[:3] for key in keys]
        looked = looked.and_also(compared(places, rewards))
    return looked


def chunk(seed: int, shape: ir.Shape, number: int, pairs: int) -> tuple[Looked, int, float]:
    """At least so many pairs of one shape, from how many rubrics, in how many CPU seconds."""
    model, dice = reference(), random.Random(f"{seed} {shape} {number}")
    looked, rubrics, start = Looked(0, 0), 0, time.process_time()
    while looked.pairs < pairs:
        several = [rubric(dice, shape, f"r{place}") for place in range(RUBRICS)]
        module = emitted(several)
        for found in several:
            rubrics += 1
            for _ in range(CASES):
                looked = looked.and_also(look(model, module, found, dice))
            if looked.pairs >= pairs:
                break
    return looked, rubrics, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10_000_000, help="for each shape")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help=f"also {RESULT.name} in results/")
    args = parser.parse_args()
    lines = ["| shape | pairs | rubrics | inversions | CPU s |", "|---|---|---|---|---|"]
    print("\n".join(lines))
    wrong = 0
    with ProcessPoolExecutor(args.processes) as pool:
        for shape in SHAPES:
            sizes = [min(CHUNK, args.pairs - k) for k in range(0, args.pairs, CHUNK)]
            work = itertools.repeat(args.seed), itertools.repeat(shape), range(len(sizes)), sizes
            done = list(pool.map(chunk, *work))
            found = Looked(sum(d[0].pairs for d in done), sum(d[0].wrong for d in done))
            wrong += found.wrong
            lines.append(f"| `{shape}` | {found.pairs:,} | {sum(d[1] for d in done):,} "
                         f"| {found.wrong} | {sum(d[2] for d in done):.0f} |")  # fmt: skip
            print(lines[-1], flush=True)
    if args.write:
        RESULT.write_text(_report(lines, args.seed), encoding="utf-8")
    sys.exit(1 if wrong else 0)


def _report(lines: list[str], seed: int) -> str:
    return (
        "# Pairs of responses, and rewards that come out otherwise than promised\n\n"
        f"Python {platform.python_version()}, rubricdsl {__version__}, seed {seed}. Made by "
        "`python benchmarks/order_pairs.py --write`.\n\n" + "\n".join(lines) + "\n\n"
        "Keys are those of the reference model of the tests, rewards those of emitted modules. For "
        "`centred` the\npairs are within groups, for `tiers` at least one of a pair is unsafe, and "
        "under `promedical` all vetoes\nof a rubric have one severity.\n"
    )


if __name__ == "__main__":
    main()
