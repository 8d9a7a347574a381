"""A run at its end: its figures by step, what they come to, and what to look at."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..progress import Say
from ..runs import METRICS
from . import figures
from .keeping import REWARD
from .logs import METRICS as BY_STEP
from .logs import read_lines
from .order import PROPERTIES

SUMMARY = "summary.md"

# Names of the figures of a step for a caller, and those of the log.
_SHORT = {
    "step": "step",
    "reward": "reward",
    "safe": figures.SAFE,
    "proficiency": figures.PROFICIENCY,
    "excellence": figures.EXCELLENCE,
    "all_unsafe_groups": figures.UNSAFE_GROUPS,
    "silent_groups": figures.SILENT_GROUPS,
    "dropped": figures.DROPPED,
    "judge_failures": figures.FAILURES,
    "kl": "kl",
    "entropy": "entropy",
    "tokens": "completions/mean_length",
    "cut_off": "completions/clipped_ratio",
}
_ROWS = ("reward", "safe", "proficiency", "excellence", "all_unsafe_groups", "silent_groups",
         "cut_off", "tokens")  # fmt: skip
_WORST = 5

Log = Mapping[str, Any]


def history(logs: Sequence[Log]) -> list[dict[str, Any]]:
    """The figures of each step, by short names; `credit` has the mean credit per criterion.

    A *silent* group is one whose advantages are all 0: it teaches nothing.
    """
    return [_step(log) for log in logs if REWARD in log]


def _step(log: Log) -> dict[str, Any]:
    found: dict[str, Any] = {name: log.get(key) for name, key in _SHORT.items()}
    credit = {
        key.removeprefix(figures.CREDIT): log[key] for key in log if key.startswith(figures.CREDIT)
    }
    return {**found, "credit": dict(sorted(credit.items()))}


def stopped_before(out: Path, *, whole: bool = False) -> dict[str, Any] | None:
    """Why the run in a folder was stopped, None if it was not; with `whole` all its figures."""
    try:
        found = json.loads((out / METRICS).read_text(encoding="utf-8"))
        stopped = found["stopped"]
        if not stopped or not {"said", "rule"} <= set(stopped):
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        # Unfinished, or by a program that knew no early end.
        return None
    if not whole:
        return dict(stopped)
    return {**found, "history": history(read_lines(out / BY_STEP))}


def write_summary(out: Path, found: Mapping[str, Any], logs: Sequence[Log], tell: Say) -> None:
    """Write `summary.md` and tell it."""
    text = summary(found, [log for log in logs if REWARD in log])
    (out / SUMMARY).write_text(text + "\n", encoding="utf-8")
    tell(f"  {out}: by the judge's verdicts\n{text}")


def summary(found: Mapping[str, Any], logs: Sequence[Log]) -> str:
    """The figures of a run as Markdown."""
    parts = []
    if found["stopped"]:
        parts.append(f"The run was {found['stopped']['said']}.")
    if logs:
        parts.append(table(logs))
        parts += [part for part in (_violated(logs), _order(logs)) if part]
        parts += notes(found, logs)
    return "\n\n".join(parts)


def table(logs: Sequence[Log]) -> str:
    """The first fifth of the steps and the last one as a Markdown table of means."""
    first, last = _ends(logs)
    lines = [f"| | first {len(first)} steps | last {len(last)} steps |", "|---|---:|---:|"]
    for name in _ROWS:
        cells = (_cell(_means(part, _SHORT[name])) for part in (first, last))
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def notes(found: Mapping[str, Any], logs: Sequence[Log]) -> list[str]:
    """What in these figures asks for something to be done, a sentence or two each."""
    _, last = _ends(logs)
    said = []
    if (_means(last, figures.UNANSWERED) or 0) > 0.5:
        said.append(
            "The judge left more than half of its questions open at the end: these figures say "
            "little about the answers."
        )
    elif (_means(last, figures.UNSAFE_GROUPS) or 0) > 0.5:
        said.append(
            "More than half of the groups had no safe answer at the end: a gate teaches nothing "
            "in them. `reward gated count 1` does, and so does a safer start."
        )
    elif (_means(last, figures.SILENT_GROUPS) or 0) > 0.5:
        said.append(
            "More than half of the groups were silent at the end: all their answers are worth the "
            "same, and steps are spent on nothing. Harder prompts or a higher temperature help."
        )
    failed = sum(log.get(figures.FAILURES) or 0 for log in logs)
    kinds = ", ".join(f"{count:,} {name}" for name, count in found["judge"].items() if count)
    if failed or kinds:
        lost = [f"{failed:,.0f} answers without a sheet"] if failed else []
        said.append(
            f"The judge failed: {', '.join([*lost, kinds] if kinds else lost)}. In safety that "
            "counts as a violation unless the rubric says otherwise."
        )
    if (_means(last, "completions/clipped_ratio") or 0) > 0.2:
        said.append(
            "More than a fifth of the answers were cut off at max_completion_length, and were "
            "judged as they stand."
        )
    return said


def _violated(logs: Sequence[Log]) -> str:
    """The vetoes that are violated most at the end."""
    _, last = _ends(logs)
    names = {key for log in last for key in log if key.startswith(figures.VIOLATED)}
    shares = sorted(((_means(last, name) or 0.0, name) for name in names), reverse=True)
    worst = [(share, name) for share, name in shares[:_WORST] if share]
    if not worst:
        return ""
    rows = [f"| {name.removeprefix(figures.VIOLATED)} | {share:.1%} |" for share, name in worst]
    return "\n".join(["| violated most at the end | answers |", "|---|---:|", *rows])


def _order(logs: Sequence[Log]) -> str:
    """How often the properties held, over all steps."""
    rows = []
    for name in PROPERTIES:
        held = f"order/{name}_held"
        some = [log for log in logs if log.get(held) is not None]
        seen = [(log[held], log[f"order/{name}_cases"]) for log in some]
        cases = sum(count for _, count in seen)
        if cases:
            share = sum(value * count for value, count in seen) / cases
            least = min(value for value, _ in seen)
            rows.append(f"| {name} | {cases:,.0f} | {share:.2%} | {least:.2%} |")
    if not rows:
        return ""
    head = ["| order of advantages | cases | held | worst step |", "|---|---:|---:|---:|"]
    return "\n".join([*head, *rows])


def _ends(logs: Sequence[Log]) -> tuple[Sequence[Log], Sequence[Log]]:
    span = max(1, len(logs) // 5)
    return logs[:span], logs[-span:]


def _means(logs: Sequence[Log], name: str) -> float | None:
    found = [log[name] for log in logs if log.get(name) is not None]
    return sum(found) / len(found) if found else None


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
