"""What runs of trainers share: a rubric, a small policy, a judge, and what should come of it.

The judge is no judge: it decides by a checksum of the answer, and notes what it was asked.
"""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rubricdsl.source import library_root

RUBRIC = "dermatology/changing_mole.rubric"
GROUP, BATCHES, STEPS = 4, 2, 2
SECONDS = 900
NO_VERDICT = 99
JUDGE = '''\
"""Verdicts of all kinds by a checksum, the same for whoever asks; what was asked is noted."""

import json
import os
import threading
import zlib
from pathlib import Path

HERE = Path(__file__).parent
CRITERIA = {
    criterion["id"]: criterion
    for file in (HERE / "bundle" / "ir").glob("*.json")
    if file.name != "schema.json"
    for criterion in json.loads(file.read_text(encoding="utf-8"))["criteria"]
}


def judge(items):
    sheets = [
        {name: verdict(item["response"], CRITERIA[name]) for name in item["criteria"]}
        for item in items
    ]
    with open(os.environ["JUDGED"], "a", encoding="utf-8") as file:
        for item, sheet in zip(items, sheets):
            noted = {**item, "verdicts": sheet, "thread": threading.current_thread().name}
            file.write(json.dumps(noted) + "\\\\n")
    return sheets


async def judge_async(items):
    return judge(items)


def broken(items):
    raise TimeoutError("injected")


def verdict(response, criterion):
    found = zlib.crc32((response + criterion["id"]).encode())
    kind, levels = found % 40, criterion["levels"]
    if kind == 0:
        return "cannot_assess"
    if kind == 1:
        return 99
    if levels:
        return levels[found // 40 % len(levels)]["level"]
    good = kind > 3 if criterion["tier"] == "safety" else kind % 3 > 0
    return "met" if good == (criterion["polarity"] == "requires") else "unmet"
'''.replace("\\\\n", "\\n")


def compiled(home: Path, name: str, *arguments: str) -> Path:
    """A bundle of the rubric in `home`."""
    rubricc("compile", str(library_root() / RUBRIC), "--out", str(home / name), "--target", "ir",
            "--synthesize", "40", "--group", str(GROUP), *arguments)  # fmt: skip
    return home / name


def prepare(home: Path, bundle: Path) -> None:
    """The policy, with the words of a bundle, and the judge's module."""
    (home / "checksum_judge.py").write_text(JUDGE, encoding="utf-8")
    python("from pathlib import Path; from rubricdsl.rl import tiny; "
           "from rubricdsl.rl.material import open_material; "
           "tiny.make_policy(open_material(Path(sys.argv[1])), Path(sys.argv[2]))",
           str(bundle), str(home / "policy"))  # fmt: skip


def environment(home: Path, run: str, judge: str, on_failure: str) -> dict[str, str]:
    """What a trainer's process is given: the judge, no GPU, no network."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("RUBRICC_")},
        "RUBRICC_JUDGE": f"checksum_judge:{judge}",
        "RUBRICC_ON_JUDGE_FAILURE": on_failure,
        "JUDGED": str(home / f"{run}.judged.jsonl"),
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
    }


def judged(home: Path, run: str) -> list[dict[str, Any]]:
    """What the judge was asked in a run, and what it said."""
    lines = (home / f"{run}.judged.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def scores(
    home: Path, run: str, items: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """What `rubricc score` says, by prompt and answer.

    It refuses verdicts that are none; in a reward they are `cannot_assess`.
    """
    rows = [
        {
            "id": str(place),
            **{name: item[name] for name in ("rubric", "inputs", "response")},
            "verdicts": {
                name: "cannot_assess" if verdict == NO_VERDICT else verdict
                for name, verdict in item["verdicts"].items()
            },
        }
        for place, item in enumerate(items)
    ]
    path = home / f"{run}.verdicts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told = rubricc("score", str(library_root() / RUBRIC), "--verdicts", str(path),
                    "--format", "json")  # fmt: skip
    return {
        (last(item["prompt"]), item["response"]): score
        for item, score in zip(items, json.loads(told)["rows"], strict=True)
    }


def last(told: str | Sequence[Mapping[str, str]]) -> str:
    """A text, or that of the last turn."""
    return told if isinstance(told, str) else told[-1]["content"]


def single(value: float) -> float:
    """As the trainer holds rewards."""
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def rubricc(*arguments: str) -> str:
    return python(
        "from rubricdsl.compiler.cli import main; raise SystemExit(main(sys.argv[1:]))", *arguments
    )


def python(
    code: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """The standard output of some code in a process of its own."""
    command = [sys.executable, "-P", "-c", f"import sys; {code}", *arguments]
    return process(command, variables, folder)


def process(
    command: Sequence[str],
    variables: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """The standard output of a command. Raises `RuntimeError` with the end of what it said."""
    done = subprocess.run(
        command, cwd=folder,
        env=None if variables is None else dict(variables), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        lines = "\n".join([*done.stdout.splitlines()[-5:], *done.stderr.splitlines()[-15:]])
        raise RuntimeError(f"{' '.join(command[-4:])}:\n{lines}")
    return done.stdout
