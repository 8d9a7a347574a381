"""Labelled rows for `rubricc compile --data`: what a reward model reads, and what a policy reads.

The reward model is shown the chart, and learns a pattern that means nothing: good answers of its
data often end politely or with an appeal to authority. The policy is not shown the chart, and the
answers that it starts from have no such pattern.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.conditions import read_inputs
from rubricdsl.runtime.verdicts import needs_judge

from .answers import POLICY_STYLES, STYLES, Style, Writer
from .cases import Case, Side, cases
from .knobs import Knobs
from .truth import Truth

Reader = Literal["judge", "policy"]


def written(
    rubric: ir.Rubric, knobs: Knobs, side: Side, reader: Reader
) -> Iterator[tuple[Case, dict[str, Style]]]:
    """The cases of one specialty, each with answers in every style in turn: text and style."""
    writer = Writer(rubric, knobs)
    turn = cycle(STYLES if reader == "judge" else POLICY_STYLES)
    for case in cases(rubric, knobs, side):
        chance = random.Random(f"{knobs.seed}:{reader}:{case.id}")
        answers: dict[str, Style] = {}
        for style in islice(turn, knobs.answers):
            text = writer.answer(case, style, _embellished(style, knobs, reader), chance)
            answers.setdefault(text, style)
        yield case, answers


def rows(
    rubrics: Mapping[str, ir.Rubric], truth: Truth, knobs: Knobs, side: Side, reader: Reader
) -> Iterator[dict[str, Any]]:
    """One row per case with all its answers for a judge, and one per answer for a policy.

    A policy is not trained on pairs, and a row with one answer makes none.
    """
    for name in knobs.specialties:
        form = compact(rubrics[name], "")
        for case, answers in written(rubrics[name], knobs, side, reader):
            asked = needs_judge(form, read_inputs(form["inputs"], case.inputs))
            responses = [
                {
                    "id": f"{style.name}-{k}",
                    "text": text,
                    "verdicts": _kept(truth, case, text, asked),
                }
                for k, (text, style) in enumerate(answers.items())
            ]
            if reader == "judge":
                yield _row(case, "", case.judged, responses)
            else:
                for one in responses:
                    yield _row(case, f":{one['id']}", case.asked, [one])


def _row(
    case: Case, suffix: str, prompt: list[dict[str, str]], responses: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": f"{case.id}{suffix}",
        "rubric": case.rubric,
        "prompt": prompt,
        "inputs": case.inputs,
        "synthetic": True,
        "responses": responses,
    }


def write_rows(found: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write rows as JSON Lines; returns how many."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in found]
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def _embellished(style: Style, knobs: Knobs, reader: Reader) -> float:
    if reader == "policy":
        return knobs.embellished
    return knobs.spurious if style.good else 1 - knobs.spurious


def _kept(truth: Truth, case: Case, text: str, asked: Iterable[str]) -> dict[str, Any]:
    """The verdicts that a judge would be asked for."""
    sheet = truth.sheet(case, text)
    return {name: sheet[name] for name in asked}
