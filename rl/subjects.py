"""The subject of a case, told to a small policy in a system turn.

A model from scratch knows no words but those of the bundle, and cannot tell that "orange peel" is
about a breast lump. So it is told the title of the rubric; the question it answers is still one it
has never seen. A judge is asked without that turn, as it was trained.
"""

from collections.abc import Mapping
from typing import Any

from .material import Item, Judge, Material, Messages, Sheet

Titles = Mapping[str, str]


def titles(material: Material) -> Titles:
    """The title of every rubric, by name."""
    return {rubric.name: rubric.title for rubric in material.bundle.rubrics()}


def with_subject(row: Mapping[str, Any], subjects: Titles) -> dict[str, Any]:
    """A row (`prompt`, `rubric`) whose prompt begins with the subject."""
    turn = {"role": "system", "content": subjects[row["rubric"]]}
    return {**row, "prompt": [turn, *row["prompt"]]}


def asked_without(judge: Judge, subjects: Titles) -> Judge:
    """The judge, asked about prompts as they were before `with_subject`."""

    def judged(items: list[Item]) -> list[Sheet]:
        return list(judge([{**item, "prompt": _without(item, subjects)} for item in items]))

    return judged


def _without(item: Item, subjects: Titles) -> Messages:
    prompt: Messages = item["prompt"]
    turn = {"role": "system", "content": subjects[item["rubric"]]}
    return prompt[1:] if prompt and prompt[0] == turn else prompt
