"""How fast verdict sheets become rewards, beside autorubric's `Rubric.compute_score`.

    python benchmarks/score_speed.py                     # makes build/peers with the package
    python benchmarks/score_speed.py --peer-python PATH  # an interpreter that has it already
    python benchmarks/score_speed.py --write             # also benchmarks/results/score_speed.md

One sheet at a time: the HealthBench records of ../shared/data are imported and compiled, and random
sheets (a fixed seed) are scored by the emitted `reward.py` in a bare interpreter and by autorubric,
one thread each, in turn, so that both meet the same noise. Every score is compared. Then all shapes
on a rubric of 20 criteria, one sheet at a time and as arrays, and 50,000 different rubrics through
one emitted reward function. Imports and the making of sheets are not counted.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

from peers import peer_python
from report import machine, table

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT.parent / "shared" / "data" / "healthbench_records.jsonl.gz"
RESULT = ROOT / "benchmarks" / "results" / "score_speed.md"
RUBRICC = [
    sys.executable,
    "-c",
    "from rubricdsl.compiler.cli import main; raise SystemExit(main())",
]
SHEETS = 8  # per record
ARRAY = (500_000, 20)
INSTANCES = 50_000

# Each program takes the folder and the seed, and prints seconds, and the scores once.
OURS = """
import json, pathlib, random, sys, time
folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2])
sys.path.insert(0, str(folder / "bundle"))
import reward
random.seed(seed)
names = reward.rubric_names()
ids = {name: [c["id"] for c in reward.compact_rubric(name)["criteria"]] for name in names}
sheets = [
    (name, {i: random.choice(("met", "unmet")) for i in ids[name]})
    for name in names for _ in range(int(sys.argv[3]))
]
for name in names:
    reward.reward_for(name, {})
start = time.perf_counter()
values = [reward.reward_for(name, sheet) for name, sheet in sheets]
alone = time.perf_counter() - start
start = time.perf_counter()
whole = [reward.score(name, sheet)["reward"] for name, sheet in sheets]
print(json.dumps([alone, time.perf_counter() - start, sum(map(len, ids.values())), values]))
assert values == whole
"""
THEIRS = """
import json, pathlib, random, sys, time
folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2])
from autorubric import Rubric
random.seed(seed)
points = json.loads((folder / "points.json").read_text())
rubrics = [
    Rubric.from_dict([{"weight": p, "requirement": f"c{i}"} for i, p in enumerate(own)])
    for own in points
]
sheets = [
    (rubric, [random.choice(("MET", "UNMET")) for _ in own])
    for rubric, own in zip(rubrics, points) for _ in range(int(sys.argv[3]))
]
start = time.perf_counter()
values = [rubric.compute_score(sheet) for rubric, sheet in sheets]
print(json.dumps([time.perf_counter() - start, values]))
"""
ROWS = """
import json, pathlib, resource, sys, time
folder = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(folder / "bundle"))
import reward
texts = (folder / "instances.jsonl").read_text().splitlines()
sheet = {f"c{i}": "met" if i in (1, 3) else "unmet" for i in range(7)}
reward.set_judge(lambda items: [sheet for _ in items])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start, found = time.perf_counter(), 0
for place in range(0, len(texts), 8):
    batch = [text for text in texts[place : place + 8] for _ in range(8)]
    prompts = [str(place + i // 8) for i in range(len(batch))]
    found += len(reward.reward(prompts, ["Rest."] * len(batch), rubric_json=batch))
seconds = time.perf_counter() - start
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([seconds, found, len(set(texts)), grown / 1024]))
"""


def main() -> int:
    """Measure and print; 2 where the records are not there."""
    args = _arguments()
    if not RECORDS.exists():
        print(f"score_speed: {RECORDS} is not there, so there is nothing to score", file=sys.stderr)
        return 2
    python = args.peer_python or peer_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = [
            "# From verdict sheets to rewards",
            f"{machine()}. Made by `python benchmarks/score_speed.py --write`.",
            *_single_sheets(folder, python, args.rounds),
            *_shapes(args.rounds),
            *_instances(folder),
        ]
    report = "\n\n".join(parts) + "\n"
    print(report)
    if args.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(report, encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--peer-python", metavar="PATH", help="an interpreter with autorubric")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds, in turn")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    return parser.parse_args()


def _single_sheets(folder: Path, python: str, rounds: int) -> list[str]:
    """The emitted module and autorubric on the same sheets, round by round in turn."""
    _run([*RUBRICC, "import", "healthbench", str(RECORDS), "--out", str(folder / "rubrics")])
    compiling = ["compile", str(folder / "rubrics"), "--target", "reward"]
    _run([*RUBRICC, *compiling, "--out", str(folder / "bundle")])
    (folder / "points.json").write_text(json.dumps(_points(folder / "bundle" / "reward.py")))
    alone, whole, theirs, agree, count = [], [], [], 0, 0
    for seed in range(rounds):
        case = [str(folder), str(seed), str(SHEETS)]
        one, all_of_it, criteria, values = json.loads(
            _run([sys.executable, "-I", "-S", "-c", OURS, *case])
        )
        seconds, others = json.loads(_run([python, "-c", THEIRS, *case]).splitlines()[-1])
        alone, whole, theirs = [*alone, one], [*whole, all_of_it], [*theirs, seconds]
        count += len(values)
        agree += sum(
            b is not None and abs(min(max(a, 0.0), 1.0) - b) < 1e-12
            for a, b in zip(values, others, strict=True)
        )
    verdicts = criteria * SHEETS
    lines = [
        ("`autorubric` 1.6.1, `Rubric.compute_score`", theirs),
        ("`reward.py`, `reward_for` (the reward)", alone),
        ("`reward.py`, `score` (everything about the sheet)", whole),
    ]
    rows = []
    for what, seconds in lines:
        ratios = sorted(peer / own for peer, own in zip(theirs, seconds, strict=True))
        rows.append(
            [
                what,
                f"{min(seconds):.4f}",
                f"{statistics.median(seconds):.4f}",
                f"{max(seconds):.4f}",
                f"{verdicts / statistics.median(seconds) / 1e6:.2f}",
                f"{statistics.median(ratios):.1f}",
                f"{ratios[0]:.1f} to {ratios[-1]:.1f}",
            ]
        )
    head = ["", "s, best", "median", "worst", "million verdicts/s", "times", "in all rounds"]
    return [
        "## One sheet at a time, one thread",
        f"{count // rounds:,} sheets of {count // rounds // SHEETS} HealthBench rubrics, "
        f"{verdicts:,} verdicts, {rounds} rounds in turn; rates are those of the median round. "
        "`times` is how much faster than autorubric in the same round, the median. Clipped to "
        f"[0, 1] as autorubric does, {agree:,} of {count:,} scores agree.",
        table([head, *rows]),
    ]


def _points(module: Path) -> list[list[int]]:
    """The signed points of every criterion, in the order of the emitted rubrics."""
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import reward\n"
        "forms = map(reward.compact_rubric, reward.rubric_names())\n"
        "print(json.dumps([[c['weight'] * (-1 if c['forbids'] else 1) for c in f['criteria']]"
        " for f in forms]))"
    )
    printed = _run([sys.executable, "-I", "-c", code, str(module.parent)])
    found: list[list[int]] = json.loads(printed)
    return found


def _shapes(rounds: int) -> list[str]:
    """Every shape on one rubric: sheets one at a time, arrays in one thread and in two."""
    import numpy

    from rubricdsl import ir
    from rubricdsl.compact import compact
    from rubricdsl.runtime.evaluate import evaluate
    from rubricdsl.runtime.registry import register, reward_for, rewards_for

    random = numpy.random.default_rng(0)
    codes = random.integers(0, 2, ARRAY, dtype=numpy.int8)
    # Vetoes mostly kept: a gate that is always closed would be too easy.
    codes[:, :4] = random.random((ARRAY[0], 4)) < 0.05
    halves = numpy.array_split(codes, 2)
    rows = [["shape", "one sheet at a time", "arrays, one thread", "arrays, two threads"]]
    for shape in ir.SHAPES:
        rubric = _rubric("r", shape, 4, range(1, 13), 4)
        form = compact(rubric, "h")
        register({"r": json.dumps(form)})
        sheets = [
            {c.id: ("unmet", "met")[code] for c, code in zip(rubric.criteria, line, strict=True)}
            for line in codes[:5000].tolist()
        ]
        found = rewards_for("r", codes)
        for sheet, value in zip(sheets, found.tolist(), strict=False):
            same = reward_for("r", sheet) == value == evaluate(form, sheet)["reward"]
            if not same:
                raise SystemExit(f"score_speed: {shape} gives different rewards for {sheet}")
        single = _best(rounds, lambda kept=sheets: [reward_for("r", s) for s in kept])
        array = _best(rounds, lambda: rewards_for("r", codes))
        with ThreadPoolExecutor(2) as pool:
            both = _best(rounds, lambda: list(pool.map(lambda h: rewards_for("r", h), halves)))
        rates = (5000 * ARRAY[1] / single, codes.size / array, codes.size / both)
        rows.append([f"`{shape}`", *(f"{rate / 1e6:.1f}" for rate in rates)])
    return [
        "## Every shape, million verdicts per second",
        f"A rubric of {ARRAY[1]} criteria (4 vetoes, 12 weighed, 4 bonuses), {ARRAY[0]:,} sheets, "
        f"best of {rounds} rounds. The first 5,000 rewards are compared bit by bit: arrays, single "
        "sheets and `evaluate`.",
        table(rows),
    ]


def _rubric(name: str, shape: str, vetoes: int, weights: Sequence[int], bonuses: int) -> Any:
    from rubricdsl import ir

    def criterion(place: int, tier: ir.Tier, **more: Any) -> ir.Criterion:
        polarity: ir.Polarity = "forbids" if tier == "safety" else "requires"
        origin = ir.Origin(name, "1", f"c{place}")
        return ir.Criterion(f"c{place}", tier, polarity, "t", origin, **more)

    made: list[tuple[ir.Tier, dict[str, Any]]] = [
        *(("safety", {"severity": ir.SEVERITIES[i % 3]}) for i in range(vetoes)),
        *(("proficiency", {"weight": Fraction(weight)}) for weight in weights),
        *(("excellence", {}) for _ in range(bonuses)),
    ]
    criteria = tuple(criterion(i, tier, **more) for i, (tier, more) in enumerate(made))
    chosen = next(known for known in ir.SHAPES if known == shape)
    return ir.Rubric(name, "1", "draft", "training", "T", criteria, reward=ir.Reward(chosen))


def _instances(folder: Path) -> list[str]:
    """Different rubrics of seven criteria, each in its row, through one emitted module."""
    from rubricdsl.compact import compact

    with (folder / "instances.jsonl").open("w") as stream:
        for number in range(INSTANCES):
            weights = [1 + number // 9**i % 9 for i in range(5)]
            rubric = _rubric(f"r{number}", "gated", 1, weights, 1)
            stream.write(json.dumps(compact(rubric, "h"), separators=(",", ":")) + "\n")
    printed = _run([sys.executable, "-I", "-S", "-c", ROWS, str(folder)])
    seconds, rows, different, grown = json.loads(printed)
    return [
        "## Rubrics that come with the rows",
        f"{different:,} different rubrics of seven criteria in the column `rubric_json`, each for "
        f"a group of 8, through one `reward.py`: {rows:,} rewards in {seconds:.1f} s, "
        f"{seconds / rows * 1e6:.0f} µs each, reading and checking of the rubrics included; memory "
        f"grew by {grown:.0f} MiB.",
    ]


def _best(rounds: int, work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"score_speed: {command[:3]}\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
