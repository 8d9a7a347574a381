"""The answers that are compared as rows for `rubricc judge`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..calibration.halves import sets_thresholds
from ..errors import TrainingError
from ..material import open_material

RESPONSES = "reward_model/responses_heldout.jsonl"

_KEPT = ("rubric", "prompt", "inputs")


def write_answers(bundle: Path, file: Path) -> int:
    """Write the held-out answers of the evaluation half, without verdicts; how many there are.

    Raises `TrainingError`.
    """
    material = open_material(bundle)
    rows: dict[str, dict[str, Any]] = {}
    for answer in material.rows(RESPONSES):
        if not sets_thresholds(answer["prompt_id"]):
            row = rows.setdefault(answer["row_id"], _row(answer))
            row["responses"].append({"id": answer["id"], "text": answer["response"]})
    if not rows:
        raise TrainingError(
            f"{bundle} has no held-out answers in the evaluation half",
            "compile more labelled prompts, with --data FILE and a larger --heldout",
        )
    lines = [json.dumps(row, ensure_ascii=False) for row in rows.values()]
    try:
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{file} cannot be written: {error.strerror or error}") from None
    return sum(len(row["responses"]) for row in rows.values())


def _row(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One prompt, as `rubricc compile --data` takes it."""
    profile = {"profile": answer["profile"]} if answer["profile"] else {}
    kept = {name: answer[name] for name in _KEPT}
    return {"id": answer["row_id"], **kept, **profile, "responses": []}
