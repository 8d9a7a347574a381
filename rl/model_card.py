"""The README of a trained reward model: what it is, how to ask it, and how good it is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .calibration.curves import SAFETY, TierCurve
from .calibration.file import CALIBRATION, FREE_ZERO
from .evaluation.tables import PAPER, number, share
from .judges.reward_model import ADAPTER
from .material import Material, Question
from .reward_report import Report
from .runs import EMBEDDED

_FRONT = """---
library_name: transformers
pipeline_tag: text-classification
tags: [trl, reward-trainer, rubricdsl]
---
"""


def card(
    folder: Path, material: Material, model: str, metrics: Mapping[str, Any], report: Report
) -> str:
    """The model card in Markdown. Its code block runs in the model's folder, with no package of
    this project."""
    return f"""{_FRONT}
# Criterion-conditioned reward model

Made by `rubricc train reward-model` from {_start(model)}. It scores an answer on one criterion: the
conversation, the answer as the assistant's turn, then the criterion as the user's turn. One output,
no activation. A high score is good, also where a criterion forbids something.

## Asking it

{_code(folder, material)}

The criterion's turn is `turn` in `reward_model/criteria.jsonl` of the bundle; other words are
another question. Text that spells out a special token of the tokenizer must be broken up first.

## Reading a score

{_reading(report, pinned=metrics["pointwise_weight"] > 0)}

## Figures on held-out prompts

{_figures(metrics, report)}

## Made from

{_made_from(material, metrics)}

## Limits

{_limits(material, metrics)}
"""


def percent(share: float | None) -> str:
    """A share as a percentage; a dash where there was nothing to count."""
    return "–" if share is None else f"{100 * share:.1f} %"


def _code(folder: Path, material: Material) -> str:
    question = next(iter(material.questions.values()))
    if (folder / ADAPTER).exists():
        kind = "AutoPeftModelForSequenceClassification"
        imports = f"from peft import {kind}\nfrom transformers import AutoTokenizer"
    else:
        kind = "AutoModelForSequenceClassification"
        imports = f"from transformers import {kind}, AutoTokenizer"
    return f"""```python
import torch
{imports}

folder = "."  # where this file lies
tokenizer = AutoTokenizer.from_pretrained(folder)
model = {kind}.from_pretrained(folder, num_labels=1, dtype=torch.float32)
model.eval()
messages = [
    {{"role": "user", "content": "What should I do?"}},
    {{"role": "assistant", "content": "Please have it seen this week."}},
    {{"role": "user", "content": {_literal(question)}}},
]
inputs = tokenizer.apply_chat_template(messages, return_dict=True, return_tensors="pt")
with torch.no_grad():
    score = model(**inputs).logits[0, 0].item()
```"""


def _literal(question: Question) -> str:
    """The criterion's turn as a Python text that cannot end the code block."""
    return json.dumps(question.turn).replace("`", "\\u0060")


def _reading(report: Report, *, pinned: bool) -> str:
    halves = report.prompts
    lines = [
        f"`{CALIBRATION}` says how, for each tier. A curve turns a score into the expected credit "
        "`p`. In safety a score up to the threshold is a violation; elsewhere the verdict is the "
        "one whose credit is nearest to `p`, the worse one on a tie. A score that is no finite "
        "number is `cannot_assess`.",
        "",
        "| tier | curve | labels | violations up to | which had, on those labels |",
        "|---|---|---:|---:|---|",
        *(_read_by(tier, one) for tier, one in report.calibration.tiers.items()),
        "",
        f"Set on {halves.calibration:,} held-out prompts; the figures below are of "
        f"{halves.evaluation:,} others.",
    ]
    if report.calibration.indecision:
        lines[0] += (
            " So is, outside safety, one whose `p` is nearer than "
            f"{report.calibration.indecision:g} to the border between two verdicts."
        )
    if not pinned:
        lines += ["", f"Take care: {FREE_ZERO}. The curves are right on average only."]
    return "\n".join(lines)


def _read_by(tier: str, one: TierCurve) -> str:
    curve = {
        "isotonic": f"isotonic, {len(one.curve.knots):,} knots",
        "platt": f"Platt, `σ({one.curve.slope:.4g}·score {one.curve.intercept:+.4g})`",
        "identity": "`σ(score)`: not both good and bad labels",
        "none": "none: no verdict is read",
    }[one.curve.method]
    at, had = "–", "–"
    if one.threshold is not None:
        at = f"{one.threshold.at:.4g}"
        had = (
            f"precision {percent(one.threshold.precision)}, recall {percent(one.threshold.recall)}"
        )
        had += f" (asked: {percent(one.threshold.asked)}"
        had += ")" if one.threshold.rule == "precision" else ", which none has; best F1)"
    elif tier == SAFETY and one.curve.method != "none":
        had = "no threshold: nearest credit"
    return f"| {tier} | {curve} | {one.labels:,} | {at} | {had} |"


def _figures(metrics: Mapping[str, Any], report: Report) -> str:
    found = metrics["evaluation"]
    if not report.prompts.evaluation:
        return "None: no held-out prompt was left to measure on."
    rows = []
    for title, tier, name in PAPER:
        part = found["overall"] if tier == "overall" else found["tiers"][tier]
        rows.append(f"| {title} | {share(part[name])} |")
    safety = found["tiers"][SAFETY]
    rows.append(f"| Unsafe answers that are flagged | {share(safety['unsafe_flagged'])} |")
    rows.append(f"| Safe answers that are flagged | {share(safety['safe_flagged'])} |")
    for tier, part in found["tiers"].items():
        before = metrics["ece_before_calibration"][tier]
        was = "" if before is None else f"; {before:.2f} before calibration"
        rows.append(f"| Calibration error, {tier} | {number(part['ece'])}{was} |")
    counts = found["counts"]
    return "\n".join(
        [
            f"{counts['labels']:,} labels and {counts['pairs']:,} pairs of {counts['answers']:,} "
            f"answers to {counts['prompts']:,} prompts; in brackets 95 % of {found['resamples']:,} "
            "bootstrap resamples of prompts.",
            "",
            "| | |",
            "|---|---:|",
            *rows,
        ]
    )


def _made_from(material: Material, metrics: Mapping[str, Any]) -> str:
    counts = metrics["train"]
    cut = ", ".join(
        f"{counts[name]:,}" for name in ("prompts_cut", "answers_cut", "answers_left_out")
    )
    statuses = {entry.name: entry for entry in material.bundle.rubric_entries}
    rubrics = "\n".join(
        f"| {name} | {statuses[name].version} | {statuses[name].status} | `{hash}` |"
        for name, hash in material.hashes.items()
    )
    return f"""| | |
|---|---|
| template of the criterion turn (SHA-256) | `{material.template}` |
| manifest of the bundle (SHA-256) | `{material.fingerprint}` |
| pairs trained on | {counts["pairs"]:,} |
| verdicts trained on | {counts["points"]:,} |
| longer than {metrics["max_length"]} tokens: prompts cut, answers cut, answers left out | {cut} |

| rubric | version | status | semantic hash |
|---|---|---|---|
{rubrics}"""


def _limits(material: Material, metrics: Mapping[str, Any]) -> str:
    entries = material.bundle.rubric_entries
    drafts = sum(entry.status != "active" for entry in entries)
    counts = metrics["evaluation"]["counts"]
    found = []
    if drafts:
        found.append(
            f"{drafts} of {len(entries)} rubrics are drafts that no physician has reviewed."
        )
    if counts["synthetic_answers"]:
        found.append(
            f"{counts['synthetic_answers']:,} of {counts['answers']:,} answers that it was "
            "measured on are made from the rubrics' example sentences. The figures are about new "
            "combinations of known sentences, and say nothing about medicine."
        )
    found += [
        "Verdicts of a model are not a physician's.",
        "Halves of few prompts make thresholds and intervals that another draw would move.",
    ]
    return "\n".join(f"- {one}" for one in found)


def _start(model: str) -> str:
    """What training started from; of a path only the last part."""
    if model == EMBEDDED:
        return "a small Qwen3 with random weights"
    name = Path(model).name if Path(model).exists() else model
    return f"`{name}`".replace("\n", " ")
