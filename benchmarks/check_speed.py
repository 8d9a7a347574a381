"""How fast rubrics are read and checked, beside two packages that load the same ones from YAML.

    python benchmarks/check_speed.py                     # makes build/peers with both packages
    python benchmarks/check_speed.py --peer-python PATH  # an interpreter that has them already
    python benchmarks/check_speed.py --write             # also benchmarks/results/check_speed.md

The rubrics are the HealthBench records of ../shared/data, imported afresh. Ours are `.rubric` files
that go through syntax, names, types and rules; theirs are YAML files of weight and requirement (no
tags, no names: less text for them to read), through `Rubric.from_yaml`. In process: the best of
some rounds over all files, read from disk each time, imports not counted. As a process: the whole
wall time, interpreter and imports included. Of 5,000 files: `check` with an empty cache, and again.
"""

import argparse
import importlib.metadata
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peers import PEERS, peer_python
from report import machine

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT.parent / "shared" / "data" / "healthbench_records.jsonl.gz"
RESULT = ROOT / "benchmarks" / "results" / "check_speed.md"
COPIES = 5000
# -P: where this runs from a checkout, the folder `rubricdsl` in it is not the installed package.
MAIN = "from rubricdsl.compiler.cli import main; raise SystemExit(main())"
RUBRICC = [sys.executable, "-P", "-c", MAIN]

TO_YAML = """
import gzip, json, pathlib, sys, yaml
out = pathlib.Path(sys.argv[2])
for n, line in enumerate(gzip.open(sys.argv[1], "rt", encoding="utf-8")):
    items = [
        {"weight": item["points"], "requirement": item["criterion"]}
        for item in json.loads(line)["rubrics"]
    ]
    text = yaml.safe_dump(items, allow_unicode=True, sort_keys=False, width=100)
    (out / f"{n:04}.yaml").write_text(text, encoding="utf-8")
"""

LOAD_YAML = """
import json, pathlib, sys, time
from importlib import import_module
Rubric = import_module(sys.argv[1]).Rubric
files = sorted(pathlib.Path(sys.argv[2]).glob("*.yaml"))
rounds = []
for _ in range(int(sys.argv[3])):
    start = time.perf_counter()
    kept = [Rubric.from_yaml(file.read_text(encoding="utf-8")) for file in files]
    rounds.append(time.perf_counter() - start)
print(json.dumps(rounds))
"""


@dataclass(frozen=True)
class Line:
    """One row of a table: seconds per round, over so many criteria and bytes of text."""

    what: str
    seconds: list[float]
    criteria: int
    size: int

    def cells(self, base: "Line | None" = None) -> list[str]:
        best, middle = min(self.seconds), statistics.median(self.seconds)
        rate = self.criteria / best
        factor = f"{base.criteria / min(base.seconds) / rate:.1f}" if base else ""
        return [
            self.what,
            f"{best:.3f}",
            f"{middle:.3f}",
            f"{rate:,.0f}",
            f"{self.size / best / 1e6:.2f}",
            factor,
        ]


def main() -> int:
    """Measure and print; 2 where the records are not there."""
    args = _arguments()
    if not RECORDS.exists():
        print(f"check_speed: {RECORDS} is not there, so there is nothing to read", file=sys.stderr)
        return 2
    python = args.peer_python or peer_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = _report(folder, python, args.rounds)
    print(report)
    if args.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(report, encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--peer-python", metavar="PATH", help="an interpreter with the packages")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds in process")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    return parser.parse_args()


def _report(folder: Path, python: str, rounds: int) -> str:
    ours, theirs = folder / "ours", folder / "theirs"
    theirs.mkdir()
    _run([*RUBRICC, "import", "healthbench", str(RECORDS), "--out", str(ours)])
    _run([python, "-c", TO_YAML, str(RECORDS), str(theirs)])
    files = sorted(ours.rglob("*.rubric"))
    criteria, seconds = _in_process(ours, rounds)
    size = sum(file.stat().st_size for file in files)
    yaml_size = sum(file.stat().st_size for file in theirs.iterdir())

    peers = {
        name: Line(
            f"`{name}` {_version(python, name)}, `Rubric.from_yaml`",
            json.loads(_run([python, "-c", LOAD_YAML, name, str(theirs), str(rounds)])),
            criteria,
            yaml_size,
        )
        for name in PEERS
    }
    own = Line("`rubricdsl`, `check_paths`", seconds, criteria, size)
    inside = [own.cells(), *(line.cells(own) for line in peers.values())]

    check = [*RUBRICC, "check", "--no-cache", str(ours)]
    whole = Line("`rubricc check DIR`", _wall(check, 3), criteria, size)
    outside = [whole.cells()]
    for name in PEERS:
        load = [python, "-c", LOAD_YAML, name, str(theirs), "1"]
        line = Line(f"`python`, import `{name}`, load", _wall(load, 3), criteria, yaml_size)
        outside.append(line.cells(whole))

    many = _many(folder, files)
    middle = files[len(files) // 2]
    single = _wall([*RUBRICC, "check", str(middle)], 20)
    bare = _wall([sys.executable, "-c", "pass"], 20)
    return "\n".join(
        [
            "# Reading and checking rubrics",
            "",
            f"{len(files)} HealthBench records, {criteria:,} criteria; {_machine()}.",
            "The last column: how many times as many criteria per second the first row reads.",
            "Made by `python benchmarks/check_speed.py --write`.",
            "",
            "## In process",
            "",
            _table(inside),
            "",
            "## As a process, all files",
            "",
            _table(outside),
            "",
            *many,
            "## `rubricc check` of one file, as a process",
            "",
            f"{middle.stat().st_size:,} bytes; 20 runs: least {min(single) * 1000:.0f} ms, median "
            f"{statistics.median(single) * 1000:.0f} ms. The bare interpreter: least "
            f"{min(bare) * 1000:.0f} ms, median {statistics.median(bare) * 1000:.0f} ms.",
            "",
        ]
    )


def _many(folder: Path, files: list[Path]) -> list[str]:
    """`check` of 5,000 files: in one process, in all, and where nothing has changed."""
    copies = folder / "many"
    for number in range(COPIES):
        text = files[number % len(files)].read_text(encoding="utf-8")
        name = text.split("rubric ", 1)[1].split()[0]
        copy = copies / str(number // 250) / f"{name.rpartition('.')[2]}_{number}.rubric"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text.replace(name, f"{name}_{number}", 1), encoding="utf-8")
    time.sleep(3)  # a file is trusted by its times once it has stood for two seconds
    size = sum(file.stat().st_size for file in copies.rglob("*.rubric"))
    check = [*RUBRICC, "check", str(copies)]
    alone = _wall([*check, "--no-cache", "--jobs", "1"], 3)
    os.environ["RUBRICC_CACHE"] = str(folder / "cache")
    first, second, changed = [], [], []
    for _ in range(3):
        shutil.rmtree(folder / "cache", ignore_errors=True)
        first += _wall(check, 1)
        second += _wall(check, 3)
        for copy in sorted(copies.rglob("*.rubric"))[:50]:
            copy.write_text(copy.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        changed += _wall(check, 1)
    rows = [
        ("one process, no cache", alone),
        ("first run: all processors, empty cache", first),
        ("again, nothing changed", second),
        ("again, 50 files changed", changed),
    ]
    factor = statistics.median(first) / statistics.median(second)
    return [
        f"## `rubricc check` of {COPIES:,} files, as a process",
        "",
        f"{size / 1e6:.1f} MB. The second run takes 1/{factor:.0f} of the first (medians).",
        "",
        "| | best, s | median, s |",
        "|---|---:|---:|",
        *(f"| {what} | {min(s):.3f} | {statistics.median(s):.3f} |" for what, s in rows),
        "",
    ]


def _in_process(folder: Path, rounds: int) -> tuple[int, list[float]]:
    from rubricdsl.diagnostics import has_errors
    from rubricdsl.passes import check_paths

    def once() -> int:
        outcome = check_paths([str(folder)])
        if has_errors(outcome.diagnostics):
            raise SystemExit("check_speed: the imported rubrics have errors")
        return sum(len(rubric.criteria) for rubric in outcome.rubrics)

    return once(), [_timed(once) for _ in range(rounds)]


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _wall(command: list[str], times: int) -> list[float]:
    return [_timed(lambda: _run(command)) for _ in range(times)]


def _run(command: list[str]) -> str:
    # litellm, which autorubric imports, would wait for the network first; that is not its loading.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"check_speed: {' '.join(command)[:200]}\n{done.stderr[-2000:]}")
    return done.stdout


def _version(python: str, name: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return _run([python, "-c", code]).strip()


def _machine() -> str:
    return machine(f"lark {importlib.metadata.version('lark')}")


def _table(rows: list[list[str]]) -> str:
    head = ["", "best, s", "median, s", "criteria/s", "MB/s", "first row"]
    lines = [head, ["---", *["---:"] * 5], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    raise SystemExit(main())
