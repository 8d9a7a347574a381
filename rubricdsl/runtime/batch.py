"""The rows of a batch as a trainer hands them over, and the groups they form.

A data set has a column `rubric` (a name; it may be missing when there is one rubric only) or
`rubric_json` (the compact rubric itself, as JSON text), and may have `inputs` (a dict or its JSON
text) and `profile`. Prompts and completions may be conversational or plain text.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .embedded import embedded_rubric
from .form import CompactRubric
from .groups import is_ranked
from .registry import compact_rubric, rubric_names


class BatchRow(NamedTuple):
    """One response to score. `source` is the JSON text of a rubric that came with the row."""

    prompt: list[Any]
    response: str
    rubric: CompactRubric
    source: str | None
    inputs: Mapping[str, Any]
    profile: str | None

    def case(self) -> tuple[Any, ...]:
        """What the responses of one group have in common."""
        own = self.source or self.rubric["name"]
        return own, self.prompt, self.inputs, self.profile


def read_batch(
    prompts: Sequence[Any], completions: Sequence[Any], columns: Mapping[str, Any]
) -> list[BatchRow]:
    """The rows of a batch. Raises `ValueError` for faults of the data set."""
    size = len(prompts)
    names, sources = columns.get("rubric"), columns.get("rubric_json")
    if names is None and sources is None:
        names = _only_rubric(size)
    return [
        _row(*cells)
        for cells in zip(
            prompts,
            completions,
            [None] * size if names is None else names,
            [None] * size if sources is None else sources,
            columns.get("inputs") or [None] * size,
            columns.get("profile") or [None] * size,
            strict=True,
        )
    ]


def read_rows(rows: Sequence[Mapping[str, Any]], responses: Sequence[str]) -> list[BatchRow]:
    """The same from rows as a data set has them. Raises `ValueError` for faults of the data set."""
    return [
        _row(
            row["prompt"],
            response,
            row.get("rubric") or (None if row.get("rubric_json") else _only_rubric(1)[0]),
            row.get("rubric_json"),
            row.get("inputs"),
            row.get("profile"),
        )
        for row, response in zip(rows, responses, strict=True)
    ]


def _row(
    prompt: Any, completion: Any, name: str | None, source: str | None, inputs: Any, profile: Any
) -> BatchRow:
    rubric = embedded_rubric(source, name) if source else compact_rubric(name or "")
    return BatchRow(
        _messages(prompt),
        _response(completion),
        rubric,
        source or None,
        _inputs(inputs),
        profile or None,
    )


def _only_rubric(size: int) -> list[str]:
    names = rubric_names()
    if len(names) != 1:
        raise ValueError(
            "the data set needs a column `rubric` that names the rubric of each row, or a column "
            "`rubric_json` that holds it"
        )
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


def stretches(rows: Sequence[BatchRow]) -> Iterator[range]:
    """The places of neighbouring rows that are about the same case."""
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end].case() != rows[start].case():
            yield range(start, end)
            start = end


def ranked_groups(rows: Sequence[BatchRow]) -> list[range]:
    """The groups of the rows whose rubric ranks within a group.

    The responses to one prompt are neighbours. How many they are is said by the rubric's parameter
    `group`, or else by the batch itself, where all groups must then have one size. Raises
    `ValueError` when a group is not whole: ranks within a part of it would be wrong in silence.
    """
    groups: list[range] = []
    guessed: list[range] = []
    for places in stretches(rows):
        rubric = rows[places[0]].rubric
        if not is_ranked(rubric):
            continue
        size = rubric["reward"]["params"].get("group", [0, 1])[0]
        if not size:
            guessed.append(places)
            continue
        if len(places) % size:
            raise _broken_group(
                rows[places[0]], f"{len(places)} neighbouring rows, not groups of {size}"
            )
        groups += [places[i : i + size] for i in range(0, len(places), size)]
    return groups + _guessed_groups(rows, guessed)


def _guessed_groups(rows: Sequence[BatchRow], places: list[range]) -> list[range]:
    if not places:
        return []
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise _broken_group(
            rows[places[0][0]],
            "several processes share the rows, and whether each has whole groups cannot be seen",
        )
    sizes = [len(stretch) for stretch in places]
    for stretch in places:
        if len(stretch) != sizes[0]:
            raise _broken_group(
                rows[stretch[0]], f"{len(stretch)} neighbouring rows, and another has {sizes[0]}"
            )
    if sizes[0] == 1:
        raise _broken_group(rows[places[0][0]], "a single row, and one alone has no rank")
    cases = [rows[stretch[0]].case() for stretch in places]
    for i, case in enumerate(cases):
        if case in cases[:i]:
            raise _broken_group(rows[places[i][0]], "rows in two places of the batch")
    return places


def _broken_group(row: BatchRow, found: str) -> ValueError:
    prompt = str(row.prompt[-1].get("content", ""))[:60] if row.prompt else ""
    return ValueError(
        f"`reward centred` needs all responses to a prompt, side by side; {row.rubric['name']} has "
        f"{found} (prompt: {prompt!r}). Write `reward centred group G` with the number of "
        "generations per prompt, and give every process whole groups: a batch size per device "
        "that G divides"
    )
