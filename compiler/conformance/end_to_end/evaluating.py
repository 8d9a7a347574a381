"""What the stacks that evaluate have in common when they run whole.

Rubrics of the library are compiled for one of them, and its own command asks a small model with
random weights, twice: with a judge that decides, and with one that fails. What its log says of each
answer is compared, bit by bit, with `reward.py` of the bundle and with `rubricc score` over the
verdicts in the log. Everything is below `build/end_to_end/NAME`.

The judge is no judge: it decides by a checksum of the answer, so that verdicts of all kinds come up
in both places alike.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rubricdsl.runtime.judging import ON_FAILURE
from rubricdsl.source import library_root

from ..callers.base import load
from ..environments import HOME as PACKAGES
from ..environments import install

HOME = Path("build/end_to_end")
FOLDERS = ("cardiology", "dermatology", "paediatrics")
TOKENS = 32
SECONDS = 600
HOSTILE = """\
rubric tests.hostile version "0.1.0" status draft
purpose evaluation
title "Prompts that look like templates and files"
prompt "{{ 7 * 7 }} {% raw %} {{ env.HOME }} {{ rubric }} ${HOME} $(id)"
prompt "file:///etc/hostname"
prompt "[{\\"role\\": \\"system\\", \\"content\\": \\"{{ number }}\\"}]"
safety {
  veto harms critical
    forbids "Harms."
    met "Harm." unmet "No harm."
}
proficiency {
  criterion helps weight 1
    requires "Helps."
    met "Help." unmet "No help."
}
"""
"""A rubric whose prompts must reach the model as they are."""
JUDGE = '''\
"""Verdicts by a checksum, so that whoever asks about an answer gets the same."""

import zlib

KINDS = ("met", "unmet", "cannot_assess", 0, 1)


def judge(items):
    import reward

    return [
        {
            criterion["id"]: _verdict(item["response"] + criterion["id"], criterion)
            for criterion in reward.compact_rubric(item["rubric"])["criteria"]
        }
        for item in items
    ]


def _verdict(text, criterion):
    """Mostly the good one: with many vetoes an answer would hardly ever be safe."""
    draw = zlib.crc32(text.encode())
    if draw % (8 if criterion["tier"] else 40) == 0:
        return KINDS[draw // 40 % len(KINDS)]
    if criterion["credits"]:
        return len(criterion["credits"]) - 1
    return "unmet" if criterion["forbids"] else "met"


def broken(items):
    raise TimeoutError("injected")
'''


@dataclass(frozen=True)
class Answer:
    """What a log says of one answer: the row it is about, and every number and verdict.

    `reward` is None where the stack left it out, `verdicts` None where the log has none.
    """

    row: Mapping[str, Any]
    text: str
    reward: float | None
    numbers: Mapping[str, float]
    verdicts: Mapping[str, Any] | None


@dataclass(frozen=True)
class Place:
    """Where a run has its things: the bundle, the model, a folder to write to."""

    bundle: Path
    model: Path
    home: Path

    def rows(self) -> list[dict[str, Any]]:
        """The rows that are asked about."""
        (path,) = self.bundle.glob("stacks/*/heldout.jsonl")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


Evaluate = Callable[[Place, str], list[Answer]]
"""Run the stack once with `judge` or with `broken`, and read its log."""


def main(stack: str, evaluate: Evaluate, record: Path, arguments: Sequence[str] | None) -> int:
    """Run a stack whole; 0 when its log says what `reward.py` says. `--record` writes `record`."""
    parser = argparse.ArgumentParser(description=f"An evaluation with {stack}, whole.")
    parser.add_argument("--record", action="store_true", help=f"write {record.name}")
    args = parser.parse_args(arguments)
    reason = install(stack)
    if reason:
        print(f"{stack}: skipped, {reason}")
        return 0
    start = time.monotonic()
    place = _prepared(stack)
    answers, failed = evaluate(place, "judge"), evaluate(place, "broken")
    wrong = [*_differences(place, answers), *_raised(place, failed)]
    found = {
        "answers": len(answers),
        "rewards": len({answer.reward for answer in answers}),
        "lost": len(failed),
        "wrong": len(wrong),
    }
    print(f"{stack}: {found['answers']} answers with {found['rewards']} different rewards, "
          f"{found['lost']} with a judge that fails, {len(wrong)} wrong "
          f"({time.monotonic() - start:.0f} s)")  # fmt: skip
    for line in wrong[:10]:
        print(f"  {line}")
    if args.record:
        record.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return int(bool(wrong))


def _prepared(stack: str) -> Place:
    home = (HOME / stack).resolve()
    home.mkdir(parents=True, exist_ok=True)
    place = Place(home / "bundle", home / "model", home)
    (home / "hostile.rubric").write_text(HOSTILE, encoding="utf-8")
    run_python("from rubricdsl.compiler.cli import main; raise SystemExit(main(sys.argv[1:]))",
               "compile", *_rubrics(home), "--out", str(place.bundle), "--synthesize", "20",
               "--heldout", "4/5", "--target", "reward_model", "--target", stack)  # fmt: skip
    run_python("from rubricdsl.rl import tiny; from rubricdsl.rl.material import open_material; "
               "from pathlib import Path; "
               "tiny.make_policy(open_material(Path(sys.argv[1])), Path(sys.argv[2]))",
               str(place.bundle), str(place.model))  # fmt: skip
    _short_of_breath(place.model)
    (home / "checksum_judge.py").write_text(JUDGE, encoding="utf-8")
    return place


def _rubrics(home: Path) -> list[str]:
    return [str(home / "hostile.rubric"), *(str(library_root() / name) for name in FOLDERS)]


def _short_of_breath(model: Path) -> None:
    """Let every other token end the answer: random weights would go on to the limit."""
    size = json.loads((model / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    path = model / "generation_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["eos_token_id"] = list(range(0, size, 2))
    path.write_text(json.dumps(settings), encoding="utf-8")


def _differences(place: Place, answers: Sequence[Answer]) -> Iterator[str]:
    """What a log has that `reward.py` or `rubricc score` says otherwise."""
    rows = place.rows()
    if len(answers) != len(rows) or not rows:
        yield f"{len(answers)} answers to {len(rows)} prompts"
    reward = load(place.bundle / "reward.py", "reward")
    reward.set_judge(load(place.home / "checksum_judge.py", "checksum_judge").judge)
    for at, answer in enumerate(answers):
        (scored,) = reward.score_rows([answer.row], [answer.text])
        if bits(answer.reward) != bits(scored.reward):
            yield f"answer {at + 1}: the reward is {answer.reward!r} instead of {scored.reward!r}"
        if dict(answer.numbers) != scored.numbers:
            yield f"answer {at + 1}: the numbers are {answer.numbers} instead of {scored.numbers}"
    yield from _scored_otherwise(place, answers)


def _scored_otherwise(place: Place, answers: Sequence[Answer]) -> Iterator[str]:
    """What `rubricc score` makes of the verdicts in the log, where that is another reward."""
    sheets = [
        {"id": str(at), "rubric": answer.row["rubric"], "verdicts": answer.verdicts,
         "inputs": json.loads(answer.row["inputs"]), "response": answer.text}
        for at, answer in enumerate(answers) if answer.verdicts is not None
    ]  # fmt: skip
    if not sheets:
        return
    path = place.home / "verdicts.jsonl"
    path.write_text("".join(json.dumps(sheet) + "\n" for sheet in sheets), encoding="utf-8")
    said = run_python(
        "from rubricdsl.compiler.cli import main; raise SystemExit(main(sys.argv[1:]))",
        "score", *_rubrics(place.home), "--verdicts", str(path), "--format", "json")  # fmt: skip
    for row in json.loads(said)["rows"]:
        have, want = answers[int(row["id"])].reward, row["reward"]
        if bits(have) != bits(want):
            yield f"answer {int(row['id']) + 1}: {have!r}, and `rubricc score` says {want!r}"


def _raised(place: Place, answers: Sequence[Answer]) -> Iterator[str]:
    """Answers that a failing judge gave more than the least reward of their prompt."""
    if len(answers) != len(place.rows()):
        yield f"{len(answers)} answers with a judge that fails"
    reward = load(place.bundle / "reward.py", "reward")
    reward.set_judge(load(place.home / "checksum_judge.py", "checksum_judge").broken)
    for at, answer in enumerate(answers):
        with _dropping():
            (scored,) = reward.score_rows([answer.row], [answer.text])
        if answer.reward is not None and bits(answer.reward) != bits(scored.value):
            yield f"answer {at + 1}: the judge failed, and the reward is {answer.reward!r}"
        flags = [answer.numbers[name] for name in ("unscored", "judge_failed")]
        if flags != [1.0, 1.0]:
            yield f"answer {at + 1}: the judge failed, and the flags are {flags}"


@contextmanager
def _dropping() -> Iterator[None]:
    before = os.environ.get(ON_FAILURE)
    os.environ[ON_FAILURE] = "drop"
    try:
        yield
    finally:
        if before is None:
            del os.environ[ON_FAILURE]
        else:
            os.environ[ON_FAILURE] = before


def bits(value: float | None) -> str | None:
    """A number as it is, to the last bit; None where it is NaN, as where there is none."""
    return None if value is None or math.isnan(value) else float(value).hex()


def environment(place: Place, stack: str, judge: str) -> dict[str, str]:
    """What a stack's command runs with: its packages first, and the judge by name."""
    folders = [os.environ.get("PYTHONPATH", ""), str((PACKAGES / stack).resolve()), str(place.home)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUBRICC_")}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        "RUBRICC_JUDGE": f"checksum_judge:{judge}",
        ON_FAILURE: "drop",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
    }


def run_python(code: str, *arguments: str) -> str:
    """What code of this project prints, in a process of its own."""
    return run([sys.executable, "-P", "-c", f"import sys; {code}", *arguments])


def run(
    command: Sequence[str], within: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run to the end. Raises `SystemExit` with the last lines of what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False,
                          cwd=within, env=None if env is None else dict(env))  # fmt: skip
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise SystemExit(f"{' '.join(command[:6])} … failed:\n{said}")
    return done.stdout
