"""What `rubricc serve` adds to scoring in process, with recorded verdicts.

    python benchmarks/serve_speed.py             # a minute
    python benchmarks/serve_speed.py --write     # also benchmarks/results/serve_speed.md

The library is compiled with synthetic answers; their recorded verdicts are the judge, so that next
to nothing is spent on judging and what is left is the cost of the server. The same groups go
through the bundle's `reward.py` in this process and through a server in another, over kept
connections, round by round in turn. Every reward is compared.
"""

import argparse
import http.client
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from report import machine

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "serve_speed.md"
RUBRICC = [
    sys.executable,
    "-c",
    "from rubricdsl.compiler.cli import main; raise SystemExit(main())",
]
SIZES = (1, 8, 64)  # answers in a request
CLIENTS = (1, 8, 32)
REQUESTS = 256  # in a round

Group = dict[str, Any]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds, in turn")
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bundle"
        compiling = ["compile", str(ROOT / "rubrics"), "--out", str(folder), "--synthesize", "48"]
        subprocess.run([*RUBRICC, *compiling], check=True, capture_output=True)
        recorded = folder / "reward_model" / "responses_train.jsonl"
        rows = [json.loads(line) for line in recorded.read_text("utf-8").splitlines()]
        score = _in_process(folder, recorded)
        with _server(folder, recorded) as port:
            tables = [_measured(_groups(rows, size), score, port, args.rounds) for size in SIZES]
    report = "\n\n".join([_head(args.rounds), _table(tables)]) + "\n"
    print(report)
    if args.write:
        RESULT.write_text(report, encoding="utf-8")
    return 0


def _groups(rows: Sequence[dict[str, Any]], size: int) -> list[Group]:
    """As many groups as a round has requests: neighbouring rows of one prompt, over and over."""
    by_case: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        key = json.dumps([row[name] for name in ("rubric", "prompt", "inputs", "profile")])
        by_case.setdefault(key, []).append(row)
    found = []
    for own in by_case.values():
        texts = [row["response"] for row in own]
        responses = (texts * (size // len(texts) + 1))[:size]
        kept = {name: own[0][name] for name in ("rubric", "prompt", "inputs", "profile")}
        found.append({**kept, "responses": responses})
    return (found * (REQUESTS // len(found) + 1))[:REQUESTS]


def _in_process(folder: Path, recorded: Path) -> Any:
    """Rewards of one group by the emitted module, in this process."""
    from rubricdsl.rl.judges.opening import Options, open_judges
    from rubricdsl.rl.judges.protocol import SheetJudge
    from rubricdsl.rl.material import load_reward, open_material

    module = load_reward(open_material(folder))
    module.set_judge(SheetJudge(open_judges(folder, [str(recorded)], Options()).grader))

    def score(group: Group) -> list[float | None]:
        size = len(group["responses"])
        columns = {name: [group[name]] * size for name in ("rubric", "inputs", "profile")}
        return module.reward([group["prompt"]] * size, group["responses"], **columns)

    return score


@contextmanager
def _server(folder: Path, recorded: Path) -> Iterator[int]:
    serving = ["serve", str(folder), "--judge", str(recorded), "--port", "0"]
    command = [*RUBRICC, *serving, "--access-log", str(folder.parent / "access.jsonl")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.readline()
    place = re.search(r":(\d+)$", said.strip())
    if place is None:
        raise SystemExit(f"serve_speed: {said}{process.stderr.read()}")
    try:
        yield int(place[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        if process.wait(30):
            raise SystemExit("serve_speed: the server did not end well")


def _measured(groups: list[Group], score: Any, port: int, rounds: int) -> dict[str, Any]:
    """Seconds of each request in process and served one after the other, and rates side by side."""
    bodies = [json.dumps({"groups": [group], "details": False}).encode() for group in groups]
    size = len(groups[0]["responses"])
    alone: list[float] = []
    served: list[float] = []
    rates: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    ratios = []
    for _ in range(rounds):
        expected, own = _timed([lambda g=g: score(g) for g in groups])
        ask = _Kept(port).ask
        found, theirs = _timed([lambda b=b, ask=ask: ask(b) for b in bodies])
        if [json.loads(reply)["rewards"][0] for reply in found] != expected:
            raise SystemExit("serve_speed: the server gives other rewards")
        alone, served = [*alone, *own], [*served, *theirs]
        ratios.append(sum(theirs) / sum(own))
        for clients in CLIENTS:
            rates[clients].append(_rate(port, bodies, clients))
    return {
        "size": size,
        "alone": statistics.median(alone),
        "served": statistics.median(served),
        "slow": sorted(served)[len(served) * 99 // 100],
        "added": statistics.median(served) - statistics.median(alone),
        "ratio": statistics.median(ratios),
        "in process": size / statistics.mean(alone),
        "rates": {clients: statistics.median(found) for clients, found in rates.items()},
    }


class _Kept:
    """One client that keeps its connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/v1/rewards", body, headers)
        reply = self._connection.getresponse()
        data = reply.read()
        if reply.status != 200:
            raise SystemExit(f"serve_speed: {reply.status} {data[:300]!r}")
        return data


def _timed(work: list[Any]) -> tuple[list[Any], list[float]]:
    found, seconds = [], []
    for one in work:
        start = time.perf_counter()
        found.append(one())
        seconds.append(time.perf_counter() - start)
    return found, seconds


def _rate(port: int, bodies: list[bytes], clients: int) -> float:
    """Requests per second of so many clients, each of which waits for its replies."""

    def share(place: int) -> None:
        connection = _Kept(port)
        for body in bodies[place::clients]:
            connection.ask(body)

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(share, range(clients)))
    return len(bodies) / (time.perf_counter() - start)


def _head(rounds: int) -> str:
    return (
        "# What serving adds to scoring\n\n"
        f"{machine()}, h11 {version('h11')}. "
        "Made by `python benchmarks/serve_speed.py --write`.\n\n"
        f"Recorded verdicts as the judge, one group per request, {REQUESTS} requests a round, "
        f"{rounds} rounds in turn; every reward is that of `reward.py` in process. Server and "
        "clients share the processors of one machine. `added` is the median latency less the "
        "median time in process; `times` is the time of a round over that in process, the median, "
        "and below 1 it says that the server's own cost is lost in the noise of scoring. Requests "
        "per second are those of clients that wait for each reply."
    )


def _table(found: list[dict[str, Any]]) -> str:
    rows = [
        ["answers in a request", "in process, ms", "served, ms", "99 of 100 within", "added, ms",
         "times", *(f"requests/s, {c} client{'s' * (c > 1)}" for c in CLIENTS),
         "answers/s, best", "in process"],
    ]  # fmt: skip
    for one in found:
        best = max(one["rates"].values()) * one["size"]
        rows.append([
            f"{one['size']}",
            *(f"{1000 * one[key]:.2f}" for key in ("alone", "served", "slow", "added")),
            f"{one['ratio']:.1f}",
            *(f"{one['rates'][clients]:,.0f}" for clients in CLIENTS),
            f"{best:,.0f}",
            f"{one['in process']:,.0f}",
        ])  # fmt: skip
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" + "|---:" * (len(rows[0]) - 1) + "|", *body])


if __name__ == "__main__":
    raise SystemExit(main())
