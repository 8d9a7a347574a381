"""The report, from the record alone: tables in Markdown, and learning curves as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..evaluation.plots import Curve, learning_curves
from .arms import ABLATED, ABLATIONS, BY_TRUTH, FULL, REWARDS, TRUE_ARMS
from .plan import COLD

MARKDOWN = "experiment.md"
Record = Mapping[str, Any]

_FIGURES = (
    ("safe answers", "safe", True),
    ("… no conflict", "safe_plain", True),
    ("… conflict", "safe_conflict", True),
    ("remedy in conflict", "bold_conflict", True),
    ("proficiency", "proficiency", False),
    ("bonuses", "excellence", False),
    ("refusals", "refusal", True),
    ("readable", "readable", True),
    ("spurious", "spurious", True),
    ("tokens", "tokens", False),
)
_TITLES = {"cold": "Cold start", "warm": "Warm start"}
_DRAWN = (
    ("safe_plain", "Safe, no conflict"),
    ("safe_conflict", "Safe, conflict"),
    ("proficiency", "Proficiency"),
    ("agreement", "Reward agrees with truth"),
)


def write_report(record: Record, folder: Path, machine: str) -> list[Path]:
    """Write the page and its figures to `folder`; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = figures(record)
    paths = [folder / MARKDOWN, *(folder / name for name in drawn)]
    texts = [markdown(record, machine, list(drawn)), *drawn.values()]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def figures(record: Record) -> dict[str, str]:
    """The learning curves, by file name."""
    found = {}
    for start in _starts(record):
        for labels, kind, by in ((TRUE_ARMS, "truth_", ", true verdicts"), (REWARDS, "", "")):
            for name, title in _DRAWN:
                curves = [
                    Curve(_plain(arm["label"]), tuple(map(tuple, arm["curves"][name])))
                    for arm in _arms(record, start, labels)
                    if arm["curves"].get(name)
                ]
                if curves:
                    file = f"experiment_{start}_{kind}{name}.svg"
                    found[file] = learning_curves(f"{title}, {start} start{by}", curves)
    return found


def _plain(label: str) -> str:
    """A label as it is read."""
    return label.removesuffix(BY_TRUTH).replace("_", " ")


def markdown(record: Record, machine: str, drawn: Sequence[str]) -> str:
    """The page."""
    parts = [
        "# The experiment",
        f"Made by `rubricc experiment`, plan `{record['plan']}`, seeds "
        f"{', '.join(map(str, record['seeds']))}, on {machine}. "
        f"{record['cpu_seconds'] / 60:.0f} minutes of one core. "
        "What is compared, and what comes out: [docs/experiment.md](../../docs/experiment.md). "
        "All figures are by ground truth, on cases that nothing was trained on; in brackets 95 % "
        "intervals over seeds and cases.",
        "## Reward models",
        _reward_models(record),
    ]
    for labels, judge in ((TRUE_ARMS, "true verdicts"), (REWARDS, "verdicts of the reward model")):
        for start in _starts(record):
            arms = _arms(record, start, labels)
            begun = [(_the_start(start), record["starts"][start])]
            if arms:
                parts += [
                    f"## {_TITLES[start]}, {judge}",
                    _answers([*begun, *((_plain(a["label"]), a) for a in arms)]),
                    _training(arms),
                ]
    ablations = _arms(record, COLD, ABLATIONS)
    if ablations:
        whole = _arms(record, COLD, (ABLATED,))
        parts += [
            "## The paper's ablations",
            _answers([(_plain(a["label"]), a) for a in [*whole, *ablations]]),
            _training([*whole, *ablations]),
        ]
    rates = ", ".join(f"{name} {rate:g}" for name, rate in record["rates"].items())
    parts += ["## Learning rates", f"Chosen on a seed of their own: {rates}."]
    if drawn:
        parts += ["## Curves", "Of the training samples; bands are the range over the seeds."]
        parts += [f"![{name}]({name})" for name in drawn]
    return "\n\n".join([*parts, "## Sizes", f"`{record['sizes']}`"]) + "\n"


def _the_start(start: str) -> str:
    return f"*the {start} start itself*"


def _starts(record: Record) -> list[str]:
    return [start for start in _TITLES if any(a["start"] == start for a in record["arms"])]


def _arms(record: Record, start: str, labels: Sequence[str]) -> list[Mapping[str, Any]]:
    return [a for a in record["arms"] if a["start"] == start and a["label"] in labels]


def _reward_models(record: Record) -> str:
    names = (
        ("F1 of broken vetoes", "f1"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("pairs ranked rightly", "ranked"),
        ("… that differ in safety", "ranked_by_safety"),
    )
    rows = [["reward model", *(title for title, _ in names)]]
    for kind, found in record["reward_models"].items():
        title = "one per criterion" if kind == FULL else kind.replace("_", " ")
        rows.append([title, *(_interval(found.get(name), True) for _, name in names)])
    return _table(rows)


def _answers(arms: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    rows = [["reward", *(title for title, _, _ in _FIGURES)]]
    rows += [
        [label, *(_interval(arm["figures"][name], share) for _, name, share in _FIGURES)]
        for label, arm in arms
    ]
    return _table(rows)


def _training(arms: Sequence[Mapping[str, Any]]) -> str:
    """What happened on the way: steps, and how judge and truth drift apart."""
    rows = [
        [
            "reward", "steps to 95 % safe", "… no conflict", "agrees with truth",
            "judged safe less safe", "judged proficiency less true", "unsafe answers passed",
        ]
    ]  # fmt: skip
    for arm in arms:
        rows.append(
            [
                _plain(arm["label"]),
                _steps(arm["steps_to_safe"]),
                _steps(arm["steps_to_safe_plain"]),
                *(_drift(arm[name]) for name in ("agreement", "optimism", "flattery", "missed")),
            ]
        )
    return _table(rows)


def _steps(found: Sequence[int | None]) -> str:
    return ", ".join("–" if steps is None else str(steps) for steps in found)


def _drift(found: Mapping[str, float | None]) -> str:
    if found["first"] is None or found["last"] is None:
        return "–"
    return f"{100 * found['first']:.0f} → {100 * found['last']:.0f} %"


def _interval(found: Mapping[str, float | None] | None, share: bool) -> str:
    value, low, high = ((found or {}).get(name) for name in ("value", "low", "high"))
    if value is None:
        return "–"
    said = f"{100 * value:.0f} %" if share else f"{value:.2f}"
    if low is None or high is None:
        return said
    return said + (f" ({100 * low:.0f}–{100 * high:.0f})" if share else f" ({low:.2f}–{high:.2f})")


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" + "|---:" * (len(rows[0]) - 1) + "|", *body])
