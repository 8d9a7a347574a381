"""Scores of verifiers' rubric judge: its own reading and its own `score`, with a judge that
answers from a sheet in the place of the endpoint.

Standard input has `[{"text", "sheets": [[verdict, ...], ...]}, ...]` as JSON, verdicts in the order
of the file; standard output `{"version", "scores": [[...], ...]}`.
"""

import asyncio
import importlib.metadata
import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import verifiers.v1 as vf


class Sheet(vf.RubricJudge):  # type: ignore[misc]
    """A judge whose model says what is in the sheet."""

    sheet: list[bool | int]

    async def complete(self, messages: str, *, trace: object = None) -> SimpleNamespace:
        said = []
        for criterion, verdict in zip(self.criteria, self.sheet, strict=True):
            answer = ("no", "yes")[verdict] if isinstance(verdict, bool) else str(verdict)
            assert f"- {criterion.name}: {criterion.text} (answer one of" in messages
            said.append({"name": criterion.name, "reason": "A sheet.", "verdict": answer})
        return SimpleNamespace(text=json.dumps({"verdicts": said}))


def main() -> None:
    data = vf.TaskData(prompt="A question.")
    trace = SimpleNamespace(last_reply="An answer.", record_metric=lambda name, value: None)
    found = []
    for case in json.load(sys.stdin):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rubric.toml"
            path.write_text(case["text"], encoding="utf-8")
            judge = Sheet(vf.RubricJudgeConfig(path=path, view="last_reply"))
            scores = []
            for sheet in case["sheets"]:
                judge.sheet = sheet
                scores.append(asyncio.run(judge.score(data, trace)))
            found.append(scores)
    print(json.dumps({"version": importlib.metadata.version("verifiers"), "scores": found}))


if __name__ == "__main__":
    main()
