"""A judge behind `rubricc serve`: verdict sheets over HTTP, a request for each group of answers."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import TrainingError
from ..material import Item
from .client import Client, NoAnswer
from .parallel import in_parallel
from .protocol import KINDS, Failure, Kind, Outcome, Record, Usage, failed

PATH = "/v1/rewards"


@dataclass
class SheetServer:
    """Judges by what a server that serves the same rubrics says; `hashes` are theirs, by name."""

    client: Client
    hashes: Mapping[str, str]

    def grade(self, items: Sequence[Item]) -> list[Record]:
        """One record per item. Raises `TrainingError` where the server has other rubrics."""
        # Neighbours about one case go together: rubrics that rank are served in whole groups.
        groups = [list(own) for _, own in itertools.groupby(items, key=_case)]
        found = in_parallel(self._grade, groups, self.client.concurrency)
        return [record for records in found for record in records]

    def _grade(self, items: Sequence[Item]) -> list[Record]:
        first = items[0]
        own = "rubric_json" if "rubric_json" in first else "rubric"
        group = {
            own: first[own],
            "prompt": first["prompt"],
            "inputs": first["inputs"],
            "responses": [item["response"] for item in items],
        }
        got = self.client.post(PATH, {"groups": [group]})
        if isinstance(got, NoAnswer):
            return [
                _all(item, Outcome("cannot_assess", got.failure), got.requests) for item in items
            ]
        rows = self._rows(got.value, first, len(items))
        if isinstance(rows, Failure):
            return [_all(item, Outcome("cannot_assess", rows), got.requests) for item in items]
        return [_record(item, row) for item, row in zip(items, rows, strict=True)]

    def _rows(self, value: Mapping[str, Any], item: Item, count: int) -> list[Any] | Failure:
        """What the reply says of each answer."""
        groups = value.get("groups")
        group = groups[0] if isinstance(groups, list) and len(groups) == 1 else None
        if not isinstance(group, dict):
            return Failure("malformed", "the reply has not exactly one group")
        expected = self.hashes.get(item["rubric"])
        if expected is not None and group.get("hash") != expected:
            raise TrainingError(
                f"the server at {self.client.address} has another {item['rubric']}: "
                f"{str(group.get('hash'))[:12]}, and the bundle has {expected[:12]}",
                "serve the bundle that is trained on",
            )
        rows = group.get("responses")
        if not isinstance(rows, list) or len(rows) != count:
            return Failure("malformed", f"the reply has not {count} answers")
        return rows


def _record(item: Item, row: Any) -> Record:
    sheet = row.get("verdicts") if isinstance(row, dict) else None
    failures = row.get("failures") if isinstance(row, dict) else None
    if not isinstance(sheet, dict):
        return _all(item, failed("malformed", "an answer has no verdicts"), 1)
    outcomes = {}
    for name in item["criteria"]:
        told = failures.get(name) if isinstance(failures, dict) else None
        verdict = sheet.get(name)
        if isinstance(told, dict):
            outcomes[name] = failed(_kind(told.get("kind")), str(told.get("detail")))
        elif isinstance(verdict, str) or type(verdict) is int:
            outcomes[name] = Outcome(verdict)
        else:
            outcomes[name] = failed("out_of_schema", f"no verdict on {name}")
    return Record(outcomes, Usage(1))


def _kind(said: object) -> Kind:
    """A kind of failure as a reply names it."""
    return next((kind for kind in KINDS if kind == said), "malformed")


def _all(item: Item, outcome: Outcome, requests: int) -> Record:
    return Record(dict.fromkeys(item["criteria"], outcome), Usage(requests))


def _case(item: Item) -> tuple[Any, ...]:
    """What the answers of one request share."""
    own = item.get("rubric_json") or item["rubric"]
    return own, item["prompt"], item["inputs"], item["criteria"]
