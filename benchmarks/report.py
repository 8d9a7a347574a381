"""What the reports of benchmarks have in common: where they were made, and their tables."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def machine(*versions: str) -> str:
    """Processor and Python on one line, with the `versions` that matter to what is measured."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    parts = (model, f"{os.cpu_count()} CPUs", f"Python {platform.python_version()}", *versions)
    return ", ".join(parts)


def table(rows: Sequence[Sequence[str]], numbers: bool = False) -> str:
    """A Markdown table, the head first; with `numbers` all columns but the first to the right."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    side = "---:" if numbers else "---"
    return "\n".join([head, "|---" + f"|{side}" * (len(rows[0]) - 1) + "|", *body])
