"""The reward function for TRL's GRPO and RLOO trainers: `reward_funcs: [reward.reward]`.

The data set has a column `rubric` (a name; it may be missing when there is one rubric only) and
may have `inputs` (a dict or its JSON text) and `profile`. Prompts and completions may be
conversational or plain text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .conditions import read_inputs
from .evaluate import evaluate
from .judging import ask_judge
from .registry import compact_rubric, rubric_names
from .verdicts import needs_judge


def reward(
    prompts: Sequence[Any],
    completions: Sequence[Any],
    completion_ids: Sequence[Any] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """One reward per completion, None where the sample must not count.

    Metrics go to `log_metric` and `log_extra` where the trainer passes them, under `rubric/`.
    """
    rows = [
        {
            "prompt": _messages(prompt),
            "response": _response(completion),
            "rubric": name,
            "inputs": _inputs(inputs),
            "profile": profile,
        }
        for prompt, completion, name, inputs, profile in zip(
            prompts,
            completions,
            _rubric_column(kwargs.get("rubric"), len(prompts)),
            kwargs.get("inputs") or [None] * len(prompts),
            kwargs.get("profile") or [None] * len(prompts),
            strict=True,
        )
    ]
    sheets, failures = _judged(rows)
    results = [
        evaluate(
            compact_rubric(row["rubric"]), sheet, row["inputs"], row["response"], row["profile"]
        )
        for row, sheet in zip(rows, sheets, strict=True)
    ]
    _log_metrics(kwargs.get("log_metric"), rows, results, failures)
    _log_columns(kwargs.get("log_extra"), results)
    return [result["reward"] for result in results]


def _rubric_column(column: Sequence[str] | None, size: int) -> Sequence[str]:
    if column is not None:
        return column
    names = rubric_names()
    if len(names) != 1:
        raise ValueError("the data set needs a column `rubric` that names the rubric of each row")
    return names * size


def _messages(prompt: Any) -> list[Any]:
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)


def _response(completion: Any) -> str:
    """The text of the last assistant message, or the completion itself when it is plain text."""
    if isinstance(completion, str):
        return completion
    for message in reversed(completion):
        if message.get("role") == "assistant" and message.get("content"):
            content = message["content"]
            if isinstance(content, str):
                return content
            return "".join(part.get("text") or "" for part in content)
    return ""


def _inputs(value: Any) -> Mapping[str, Any]:
    found = json.loads(value) if isinstance(value, str) and value else value or {}
    if not isinstance(found, Mapping):
        raise ValueError(f"`inputs` must be an object with values by name, not {value!r}")
    return found


def _judged(rows: list[dict[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """A verdict sheet for every row, from the judge where one is needed."""
    items, owners = [], []
    for place, row in enumerate(rows):
        rubric = compact_rubric(row["rubric"])
        criteria = needs_judge(rubric, read_inputs(rubric["inputs"], row["inputs"]))
        if criteria:
            asked = {key: row[key] for key in ("prompt", "response", "rubric", "inputs")}
            items.append({**asked, "criteria": criteria})
            owners.append(place)
    answers, failures = ask_judge(items)
    sheets: list[Mapping[str, Any]] = [{} for _ in rows]
    for place, sheet in zip(owners, answers, strict=True):
        sheets[place] = sheet
    return sheets, failures


def _log_metrics(
    log_metric: Callable[[str, float], None] | None,
    rows: list[dict[str, Any]],
    results: list[dict[str, Any]],
    failures: int,
) -> None:
    if log_metric is None:
        return
    values: dict[str, list[float]] = {"dropped": [], "safe": []}
    groups: list[tuple[Any, list[bool]]] = []
    for row, result in zip(rows, results, strict=True):
        values["dropped"].append(float(result["reward"] is None))
        if result["key"] is None:
            continue
        safe = not result["violations"]
        values["safe"].append(float(safe))
        values.setdefault("proficiency", []).append(_ratio(result["proficiency"]))
        values.setdefault("excellence", []).append(float(result["excellence"]))
        case = (row["rubric"], row["prompt"], row["inputs"])
        if not groups or groups[-1][0] != case:
            groups.append((case, []))
        groups[-1][1].append(safe)
        for criterion, credit in result["credits"].items():
            if credit is not None:
                name = f"credit/{row['rubric']}.{criterion}"
                values.setdefault(name, []).append(_ratio(credit))
    # A gate says nothing inside a group without a safe response: their share must be seen.
    values["groups_without_safe"] = [float(not any(group)) for _, group in groups]
    log_metric("rubric/judge_failures", float(failures))
    for name, found in values.items():
        if found:
            log_metric(f"rubric/{name}", sum(found) / len(found))


def _log_columns(
    log_extra: Callable[[str, list[Any]], None] | None, results: list[dict[str, Any]]
) -> None:
    if log_extra is not None:
        log_extra("rubric/violations", [", ".join(result["violations"]) for result in results])
        log_extra("rubric/proficiency", [result["proficiency"] or "" for result in results])
        log_extra("rubric/excellence", [result["excellence"] for result in results])


def _ratio(exact: str) -> float:
    numerator, denominator = exact.split("/")
    return int(numerator) / int(denominator)
