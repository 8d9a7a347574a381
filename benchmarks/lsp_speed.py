"""How long an editor waits: from a keystroke to its findings, and for what it asks between.

    python benchmarks/lsp_speed.py            # prints the tables
    python benchmarks/lsp_speed.py --write    # also benchmarks/results/lsp_speed.md

The server runs as an editor starts it, and a client speaks with it over standard input and output.
The file is made of criteria of the library, up to the size asked for, and includes
`core.patient_safety`. A keystroke is one letter, typed into the text of a criterion in the middle
of the file; the time ends when the findings about that version are there. In a burst,
letters follow each other without a pause, and the time is that from the last of them. Then the same
with the file damaged (a quote that is not closed), and while another open file includes it.
"""

import argparse
import importlib.metadata
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "lsp_speed.md"
SIZES = (11_000, 50_000, 200_000)
BUDGET = 0.050

sys.path.insert(0, str(ROOT / "tests"))

from lsp_client import Client, point, uri  # noqa: E402
from report import machine  # noqa: E402


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        report = _report(Path(name), args.rounds)
    print(report)
    if args.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(report, encoding="utf-8")
    return 0


def rubric(size: int, name: str = "big") -> str:
    """A rubric of about so many bytes."""
    head = (
        f'rubric {name} version "0.1.0" status draft\n\ntitle "A large rubric"\n'
        'include core.patient_safety version "0.1.0" called core\n\n'
        'source ng12 {\n  title "Suspected cancer: recognition and referral"\n}\n\n'
        "input {\n  age : quantity(years) optional\n}\n\n"
        "safety {\n  use core.false_reassurance\n}\n\nproficiency {\n"
    )
    parts, number = [head], 0
    while sum(map(len, parts)) < size:
        number += 1
        parts.append(
            f"  criterion says_to_be_seen_{number} weight {number % 9 + 1} "
            "when not (age < 18 years)\n"
            f'    requires "Says to have the mole examined soon, within {number} days."\n'
            "    cites ng12\n"
            '    met   "Please have the mole looked at by a doctor within the next weeks."\n'
            '    unmet "You could bring the mole up whenever you next happen to be there."\n\n'
        )
    return "".join([*parts, "}\n"])


def _report(folder: Path, rounds: int) -> str:
    lines = [
        "# What an editor waits for",
        "",
        f"`python benchmarks/lsp_speed.py --write`, {rounds} keystrokes a line, milliseconds.",
        f"The aim is {1000 * BUDGET:.0f} ms for a file of 50 kB.",
        "",
        "| from a keystroke to the findings | file | median | 95 % | worst |",
        "|---|---:|---:|---:|---:|",
    ]
    for size in SIZES:
        lines += _typing(folder, size, rounds)
    lines += ["", "| 50 kB, right after a keystroke | median | worst |", "|---|---:|---:|"]
    lines += _asking(folder, SIZES[1], max(5, rounds // 4))
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("pygls", "lsprotocol"))
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    lines += ["", f"{machine()}, {load}; {versions}.", ""]
    return "\n".join(lines)


def _typing(folder: Path, size: int, rounds: int) -> list[str]:
    text = rubric(size)
    middle = text[: size // 2].count("\n") // 6 * 6
    line = next(
        number
        for number, content in enumerate(text.split("\n"))
        if number > middle and "requires" in content
    )
    path, other = folder / "big.rubric", folder / "other.rubric"
    with Client(folder) as client:
        client.open(path, text)
        client.findings(path)
        found = [_row("one letter", size, _keys(client, path, line, rounds))]
        found.append(_row("the last of ten letters", size, _bursts(client, path, line, rounds)))
        client.change(path, ('"', (line, 14), (line, 15)))
        client.findings(path)
        client.change(path, ("", (line + 2, 10), (line + 2, 11)))
        client.findings(path)
        found.append(_row("one letter, file damaged", size, _keys(client, path, line, rounds)))
        client.change(path, text)
        client.findings(path)
        client.open(other, text.replace("core.patient_safety", "big").replace(" big v", " other v"))
        client.findings(other)
        found.append(
            _row("one letter, included by another", size, _keys(client, path, line, rounds))
        )
    return found


def _keys(client: Client, path: Path, line: int, rounds: int) -> list[float]:
    taken = []
    for number in range(rounds):
        time.sleep(0.02)
        begun = time.perf_counter()
        client.change(path, (chr(97 + number % 26), (line, 20), (line, 20)))
        client.findings(path)
        taken.append(time.perf_counter() - begun)
    return taken


def _bursts(client: Client, path: Path, line: int, rounds: int) -> list[float]:
    taken = []
    for _ in range(max(3, rounds // 4)):
        for _ in range(9):
            client.change(path, ("x", (line, 20), (line, 20)))
        begun = time.perf_counter()
        client.change(path, ("y", (line, 20), (line, 20)))
        client.findings(path)
        taken.append(time.perf_counter() - begun)
    return taken


def _row(what: str, size: int, taken: list[float]) -> str:
    ordered = sorted(taken)
    values = (statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))], ordered[-1])
    shown = " | ".join(f"{1000 * value:.0f}" for value in values)
    return f"| {what} | {size // 1000} kB | {shown} |"


def _asking(folder: Path, size: int, rounds: int) -> list[str]:
    text = rubric(size)
    path = folder / "big.rubric"
    path.write_text(text, encoding="utf-8")
    content = text.split("\n")
    line = next(n for n, x in enumerate(content) if n > len(content) // 2 and "cites" in x)
    whole = {"start": point((0, 0)), "end": point((len(content), 0))}
    end = point((line, 13))
    with Client(folder) as client:
        client.open(path, text)
        client.findings(path)
        asked: dict[str, Callable[[], object]] = {
            "completion": lambda: client.at("completion", path, (line, 13)),
            "hover": lambda: client.at("hover", path, (line, 12)),
            "definition": lambda: client.at("definition", path, (line, 12)),
            "references in the folder": lambda: client.at(
                "references", path, (line, 12), context={"includeDeclaration": True}
            ),
            "rename, proved": lambda: client.at("rename", path, (line, 12), newName="ng14"),
            "outline": lambda: client.about("documentSymbol", path),
            "semantic tokens": lambda: client.about("semanticTokens/full", path),
            "code lenses": lambda: client.about("codeLens", path),
            "inlay hints": lambda: client.about("inlayHint", path, range=whole),
            "fixes": lambda: client.about(
                "codeAction", path, range={"start": end, "end": end}, context={"diagnostics": []}
            ),
            "formatting": lambda: client.about(
                "formatting", path, options={"tabSize": 2, "insertSpaces": True}
            ),
        }
        lines = []
        for what, ask in asked.items():
            taken = []
            for number in range(rounds):
                client.change(path, (chr(97 + number % 26), (line - 1, 20), (line - 1, 20)))
                begun = time.perf_counter()
                ask()
                taken.append(time.perf_counter() - begun)
                client.findings(path)
            lines.append(
                f"| {what} | {1000 * statistics.median(taken):.0f} | {1000 * max(taken):.0f} |"
            )
        assert uri(path) in client.versions
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
