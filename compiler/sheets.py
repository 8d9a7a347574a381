"""Recorded verdicts in, scores out: the rows that `rubricc score` reads.

A row is `{"id", "rubric", "verdicts": {criterion: verdict}}`, with `inputs`, `profile`, `response`
(or `text`) and `score_reported` where they are known. A row of labelled data, as `rubricc judge`
writes it and `rubricc compile --data` reads it, is read as well: each of its `responses` is a
sheet, whose id is those of row and response with a slash between them.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime.conditions import read_inputs as facts_of
from rubricdsl.runtime.evaluate import evaluate
from rubricdsl.runtime.form import CompactRubric
from rubricdsl.runtime.verdicts import needs_judge

from .importers.jsonl import Fault, Row, describe, read_rows
from .row_inputs import InputFault, read_inputs
from .rows import nearest, wrong_verdict

Say = Callable[..., None]
"""Takes a message and, if there is one, a hint."""

_OF_DATA_ALONE = ("prompt", "responses", "synthetic")
KEYS = ("id", "rubric", "verdicts", "inputs", "profile", "response", "text", "score_reported")


@dataclass(frozen=True)
class Sheet:
    """One recorded answer: `inputs` and `verdicts` as given, and found to be sound."""

    line: int
    id: str
    rubric: ir.Rubric
    verdicts: dict[str, Any]
    inputs: dict[str, Any]
    profile: str | None = None
    response: str | None = None
    reported: float | None = None


@dataclass(frozen=True)
class Score:
    """What a rubric says about one sheet; `reward` None means that it must not count.

    `missing` are criteria without a verdict that nothing but a judge could decide. `agrees` says
    whether the reported score is the same number, to the last bit; None where none was reported.
    """

    id: str
    rubric: str
    shape: str
    reward: float | None
    violations: tuple[str, ...]
    proficiency: str | None
    excellence: int | None
    missing: tuple[str, ...]
    reported: float | None = None

    @property
    def agrees(self) -> bool | None:
        if self.reported is None or self.shape != "healthbench":
            return None
        return self.reward is not None and self.reward.hex() == self.reported.hex()


def read_sheets(path: Path, rubrics: Mapping[str, ir.Rubric]) -> Iterator[Sheet | Fault]:
    """The sheets of a file in order, and every fault with its line."""
    for row in read_rows(path):
        if isinstance(row, Fault):
            yield row
            continue
        for single in _singles(row):
            faults: list[Fault] = []
            sheet = _sheet(str(path), single, rubrics, faults)
            yield from faults
            if sheet is not None and not faults:
                yield sheet


def _singles(row: Row) -> Iterator[Row]:
    """The row itself, or one for each of the answers in a row of labelled data."""
    answers = row.value.get("responses")
    if not isinstance(answers, list) or not all(isinstance(a, dict) for a in answers):
        yield row
        return
    shared = {k: v for k, v in row.value.items() if k not in _OF_DATA_ALONE}
    for answer in answers:
        named = {**answer, "id": f"{row.value.get('id')}/{answer.get('id')}"}
        yield replace(row, value={**shared, **named})


def score_sheets(sheets: Iterable[Sheet], shape: ir.Shape | None = None) -> Iterator[Score]:
    """The score of each sheet, under its rubric's own reward or under another shape."""
    compacts: dict[str, CompactRubric] = {}
    for sheet in sheets:
        rubric = sheet.rubric
        if shape is not None and shape != rubric.reward.shape:
            rubric = replace(rubric, reward=ir.Reward(shape))
        form = compacts.get(rubric.name)
        if form is None:
            form = compacts[rubric.name] = compact(rubric, "")
        found = evaluate(form, sheet.verdicts, sheet.inputs, sheet.response, sheet.profile)
        judged = needs_judge(form, facts_of(form["inputs"], sheet.inputs))
        yield Score(
            id=sheet.id,
            rubric=rubric.name,
            shape=rubric.reward.shape,
            reward=found["reward"],
            violations=tuple(found["violations"]),
            proficiency=found["proficiency"],
            excellence=found["excellence"],
            missing=tuple(name for name in judged if name not in sheet.verdicts),
            reported=sheet.reported,
        )


def _sheet(
    path: str, row: Row, rubrics: Mapping[str, ir.Rubric], faults: list[Fault]
) -> Sheet | None:
    def say(message: str, hint: str = "") -> None:
        faults.append(Fault(path, row.line, message, hint))

    value = row.value
    for key in value:
        if key not in KEYS:
            say(f"a row has no field `{key}`", nearest(key, KEYS))
    name = value.get("rubric")
    rubric = rubrics.get(name) if isinstance(name, str) else None
    if rubric is None:
        if "rubric" not in value:
            say("the row names no `rubric`", "name the rubric that the verdicts belong to")
        elif isinstance(name, str):
            say(f"there is no rubric `{name}` among those given", nearest(name, rubrics))
        else:
            say(f"`rubric` must be a name, found {describe(name)}")
        return None
    texts = [key for key in ("response", "text") if value.get(key) is not None]
    if len(texts) == 2:
        say("the answer is given twice, as `response` and as `text`", "keep one of the two")
    for key in ("id", *texts):
        if not isinstance(value.get(key), str):
            found = describe(value[key]) if key in value else "nothing"
            say(f"`{key}` must be a text, found {found}")
    return Sheet(
        line=row.line,
        id=str(value.get("id")),
        rubric=rubric,
        verdicts=_verdicts(value.get("verdicts"), rubric, say),
        inputs=_inputs(value.get("inputs"), rubric, say),
        profile=_profile(value.get("profile"), rubric, say),
        response=str(value[texts[0]]) if texts else None,
        reported=_reported(value.get("score_reported"), say),
    )


def _verdicts(value: Any, rubric: ir.Rubric, say: Say) -> dict[str, Any]:
    if not isinstance(value, dict):
        found = "nothing" if value is None else describe(value)
        say(f"`verdicts` must be an object, found {found}", 'such as {"criterion": "met"}')
        return {}
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    for name, verdict in value.items():
        if name not in criteria:
            say(f"{rubric.name} has no criterion `{name}`", nearest(name, criteria))
            continue
        hint = wrong_verdict(criteria[name], verdict)
        if hint is not None:
            say(f"`{name}` has the verdict {describe(verdict)}", hint)
    return value


def _inputs(value: Any, rubric: ir.Rubric, say: Say) -> dict[str, Any]:
    given = {} if value is None else value
    if not isinstance(given, dict):
        say(f"`inputs` must be an object, found {describe(value)}")
        return {}
    for item in read_inputs(given, rubric.inputs):
        if isinstance(item, InputFault):
            say(item.what, item.hint)
    return given


def _profile(value: Any, rubric: ir.Rubric, say: Say) -> str | None:
    names = [profile.id for profile in rubric.profiles]
    if value is None or value in names:
        return value or None
    if isinstance(value, str):
        say(f"{rubric.name} has no profile `{value}`", nearest(value, names))
    else:
        say(f"`profile` must be a name, found {describe(value)}")
    return None


def _reported(value: Any, say: Say) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        say(f"`score_reported` must be a number, found {describe(value)}")
        return None
    return float(value)
