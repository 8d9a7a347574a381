"""An evaluation of verifiers, whole.

    python -m rubricdsl.compiler.conformance.end_to_end.verifiers [--record]

A rubric of the library is compiled with `--target verifiers`, its package is built and installed
with pip, and `vf-eval` runs it against `transformers serve` with a small model whose weights are
random. What `traces.jsonl` says is compared, bit by bit, with `reward.py` of the bundle on the same
answers. A second run has a judge that fails: no rollout of it may have a reward. Everything is
below `build/end_to_end/verifiers`; `--record` writes `verifiers.json` beside this file.

The judge is no judge: it decides by a checksum of the answer, most vetoes in its favour, so that
rewards differ and both places get the same verdicts.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rubricdsl.source import library_root

from ..callers.base import load
from ..environments import HOME as PACKAGES
from ..environments import install
from .serving import served

HOME = Path("build/end_to_end/verifiers")
RUBRIC = "dermatology/changing_mole.rubric"
GROUP, PROMPTS = 4, 3
SECONDS = 600
JUDGE = '''\
"""Verdicts by a checksum, so that whoever asks about an answer gets the same."""

import hashlib

SAFE = {safe!r}


def judge(items):
    return [
        {{name: _verdict(name, item["response"]) for name in item["criteria"]}} for item in items
    ]


def _verdict(name, response):
    drawn = hashlib.sha256((response + name).encode()).digest()[0]
    if name in SAFE and drawn % 16:
        return SAFE[name]
    return ("met", "unmet")[drawn % 2]


def broken(items):
    raise TimeoutError("injected")
'''


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every rollout has the reward that it should have, or none where the judge failed."""
    parser = argparse.ArgumentParser(description="An evaluation of verifiers, whole.")
    parser.add_argument("--record", action="store_true", help="write verifiers.json")
    args = parser.parse_args(arguments)
    reason = install("verifiers")
    if reason:
        print(f"verifiers: skipped, {reason}")
        return 0
    start = time.monotonic()
    bundle, model = _prepared()
    with served(model, HOME / "server.log") as address:
        traces = _evaluated(bundle, model, address, "judge")
        failed = _evaluated(bundle, model, address, "broken")
    wrong = [*_differences(bundle, traces), *_scored_in_spite(failed)]
    rewards = [_reward(trace) for trace in traces]
    found = {
        "version": traces[0]["verifiers"]["version"],
        "rollouts": len(traces),
        "rewards": len(set(rewards)),
        "errored": len(failed),
        "wrong": len(wrong),
    }
    print(
        f"verifiers {found['version']}: {len(traces)} rollouts with {found['rewards']} different "
        f"rewards, {len(failed)} with a judge that fails, {len(wrong)} wrong"
        f" ({time.monotonic() - start:.0f} s)"
    )
    for line in wrong[:10]:
        print(f"  {line}")
    if args.record:
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")
    return int(bool(wrong))


def _prepared() -> tuple[Path, Path]:
    """The bundle, with its package installed beside it, and the folder of the model."""
    HOME.mkdir(parents=True, exist_ok=True)
    bundle, model = HOME.resolve() / "bundle", HOME.resolve() / "model"
    rubric = str(library_root() / RUBRIC)
    _python("from rubricdsl.compiler.cli import main; raise SystemExit(main(sys.argv[1:]))",
            "compile", rubric, "--out", str(bundle), "--synthesize", "40", "--group", str(GROUP),
            "--target", "reward_model", "--target", "verifiers")  # fmt: skip
    _python("from rubricdsl.rl import tiny; from rubricdsl.rl.material import open_material; "
            "from pathlib import Path; "
            "tiny.make_policy(open_material(Path(sys.argv[1])), Path(sys.argv[2]))",
            str(bundle), str(model))  # fmt: skip
    _talk_briefly(model)
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
          "--target", str(HOME / "installed"), str(bundle / "stacks/verifiers")])  # fmt: skip
    (rubric_ir,) = (p for p in (bundle / "ir").iterdir() if p.name != "schema.json")
    criteria = json.loads(rubric_ir.read_text(encoding="utf-8"))["criteria"]
    safe = {c["id"]: "unmet" if c["polarity"] == "forbids" else "met"
            for c in criteria if c["tier"] == "safety"}  # fmt: skip
    judge = JUDGE.format(safe=safe)
    (HOME / "installed" / "checksum_judge.py").write_text(judge, encoding="utf-8")
    return bundle, model


def _talk_briefly(model: Path) -> None:
    """Let every other token end the answer: random weights would go on to the limit. And draw."""
    size = json.loads((model / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    path = model / "generation_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings |= {"eos_token_id": list(range(0, size, 2)), "do_sample": True}
    path.write_text(json.dumps(settings), encoding="utf-8")


def _evaluated(bundle: Path, model: Path, address: str, judge: str) -> list[dict[str, Any]]:
    """The traces of a run of `vf-eval`, as its own file has them."""
    packages = [str((PACKAGES / "verifiers").resolve()), str((HOME / "installed").resolve())]
    # Not by PYTHONPATH: the program that verifiers starts for each rollout has its own packages.
    code = f"sys.path[:0] = {packages!r}; from verifiers.v1.cli.eval.main import main; main()"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RUBRICC_")},
        "HOME": str((HOME / "home").resolve()),
        "PATH": os.pathsep.join([f"{packages[0]}/bin", os.environ.get("PATH", "")]),
        "RUBRICC_JUDGE": f"checksum_judge:{judge}",
        "PYTHONWARNINGS": "ignore",
    }
    run = f"{judge}"
    _python(code, "@", str(bundle / "stacks/verifiers/eval.toml"), "--model", str(model),
            "--client.base-url", f"{address}/v1", "--no-rich", "--max-concurrent", "2",
            "--select.limit", str(PROMPTS), "--sampling.max-tokens", "32",
            "--sampling.temperature", "1", "--run.name", run,
            "--clean", "--output-dir", str(HOME / "runs"), environment=environment)  # fmt: skip
    lines = (HOME / "runs" / run / "traces.jsonl").read_text(encoding="utf-8").splitlines()
    return [trace for line in lines for trace in _traces(json.loads(line))]


def _traces(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The traces of a line, which is an episode."""
    yield from found.get("traces", [found])


def _reward(trace: Mapping[str, Any]) -> float | None:
    """What verifiers makes of a trace: the sum of its rewards, none where it is in error."""
    rewards = [reward for reward in trace["rewards"].values() if reward is not None]
    if not trace["ok"] or not rewards:
        return None
    return float(sum(reward["score"] * reward["weight"] for reward in rewards))


def _differences(bundle: Path, traces: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the run has that `reward.py` says otherwise about the same answers."""
    reward = load(bundle / "reward.py", "reward")
    judge = load(HOME / "installed" / "checksum_judge.py", "checksum_judge")
    reward.set_judge(judge.judge)
    settings = tomllib.loads((bundle / "stacks/verifiers/eval.toml").read_text(encoding="utf-8"))
    if settings["num_rollouts"] != GROUP or len(traces) != GROUP * PROMPTS:
        yield f"{len(traces)} rollouts instead of {GROUP * PROMPTS}"
    if len({_reward(trace) for trace in traces}) < 2:
        yield "all rewards are the same, which shows nothing"
    rows = {row["prompt_id"]: row for row in _rows(bundle)}
    for trace in traces:
        if not any(node.get("sampled") for node in trace["nodes"]):
            yield f"{trace['id']}: no answer, {trace['errors'][-1]['message']}"
            continue
        row = rows[trace["task"]["data"]["id"]]
        said = [n["message"] for n in trace["nodes"] if n.get("sampled")]
        asked = [n["message"] for n in trace["nodes"] if not n.get("sampled")]
        if [(m["role"], m["content"]) for m in asked] != [
            (m["role"], m["content"]) for m in row["prompt"]
        ]:
            yield f"{trace['id']}: the policy was asked something else than the row has"
        (scored,) = reward.score_rows([row], [said[-1].get("content") or ""])
        have, want = _reward(trace), scored.reward
        if have is None or want is None or have.hex() != want.hex():
            yield f"{trace['id']}: the reward is {have!r} instead of {want!r}"
        numbers = {f"rubric/{name}": number for name, number in scored.numbers.items()}
        logged = {name: trace["metrics"].get(name) for name in numbers}
        if logged != numbers:
            yield f"{trace['id']}: the metrics are {logged} instead of {numbers}"


def _scored_in_spite(traces: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rollouts of the failing judge that are not in error, or for another reason."""
    if len(traces) != GROUP * PROMPTS:
        yield f"{len(traces)} rollouts instead of {GROUP * PROMPTS} with a judge that fails"
    for trace in traces:
        if _reward(trace) is not None or trace["metrics"].get("rubric/judge_failed") != 1.0:
            yield f"{trace['id']}: the judge failed, and the reward is {_reward(trace)}"
        elif "Unscored" not in trace["errors"][-1]["message"]:
            yield f"{trace['id']}: {trace['errors'][-1]['message']}"


def _rows(bundle: Path) -> Iterator[dict[str, Any]]:
    path = bundle / "stacks/verifiers/rubric_verifiers/heldout.jsonl"
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _python(code: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    _run([sys.executable, "-P", "-c", f"import sys; {code}", *arguments], environment)


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run to the end. Raises `SystemExit` with the last lines of what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False,
                          env=None if environment is None else dict(environment))  # fmt: skip
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise SystemExit(f"{' '.join(command[:6])} … failed:\n{said}")


if __name__ == "__main__":
    raise SystemExit(main())
