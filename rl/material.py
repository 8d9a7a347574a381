"""What training reads from a bundle: rows, the criteria as they are put to a model, the reward.

A criterion's *credit* is what a verdict is worth, in [0, 1]; a reward model's score is about
credit, so a high score is good whatever the polarity.
"""

import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

from rubricdsl.bundle import MANIFEST, Bundle, BundleError, open_bundle

from .errors import TrainingError

Verdict = str | int
Sheet = Mapping[str, Verdict]
Item = dict[str, Any]
"""What a judge is asked: `prompt` (messages), `response`, `rubric`, `criteria`, `inputs`."""

Judge = Callable[[list[Item]], Sequence[Sheet]]
Messages = list[dict[str, str]]

CRITERIA = "reward_model/criteria.jsonl"
TEMPLATE = "reward_model/criterion.jinja"


@dataclass(frozen=True)
class Question:
    """One criterion as a reward model is asked about it.

    `turn` is the user's turn after the answer. `credits` has the credit of every verdict, worst
    first; the verdicts of an ordinal criterion are levels.
    """

    rubric: str
    criterion: str
    tier: str
    turn: str
    credits: Mapping[Verdict, Fraction]
    by_check: bool


class RewardFile(Protocol):
    """The part of a bundle's `reward.py` that training uses; its own docstrings say more."""

    def set_judge(self, judge: Judge | None) -> None: ...

    def score(
        self,
        rubric_name: str,
        verdicts: Sheet,
        inputs: Mapping[str, Any] | None = None,
        response: str | None = None,
        profile: str | None = None,
    ) -> dict[str, Any]: ...

    def reward(
        self, prompts: Sequence[Any], completions: Sequence[Any], **kwargs: Any
    ) -> list[float | None]: ...


@dataclass(frozen=True)
class Material:
    """An opened bundle. `fingerprint` stands for all of it, `template` for the criterion turn."""

    bundle: Bundle
    fingerprint: str
    template: str
    questions: Mapping[tuple[str, str], Question]

    @property
    def hashes(self) -> dict[str, str]:
        """The semantic hash of every rubric, by name."""
        return {entry.name: entry.hash for entry in self.bundle.rubric_entries}

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """The rows of one file. Raises `TrainingError`."""
        try:
            yield from self.bundle.rows(path)
        except BundleError as error:
            raise TrainingError(str(error), "compile the bundle again") from None

    def some_rows(self, path: str, why: str) -> list[dict[str, Any]]:
        """All rows of one file, of which there must be at least one. Raises `TrainingError`."""
        found = list(self.rows(path))
        if not found:
            raise TrainingError(
                f"{self.bundle.root / path} has no rows: {why}",
                "compile with --data FILE (labelled answers) or with --synthesize N",
            )
        return found


def open_material(folder: Path) -> Material:
    """Open a bundle for training. Raises `TrainingError`."""
    try:
        bundle = open_bundle(folder)
        template = _sha256(bundle.path(TEMPLATE).read_bytes())
        questions = [_question(row) for row in bundle.rows(CRITERIA)]
    except BundleError as error:
        missing = "reward_model" in str(error) and "not part" in str(error)
        hint = "compile it with the targets reward_model, reward and grpo" if missing else ""
        raise TrainingError(str(error), hint) from None
    return Material(
        bundle=bundle,
        fingerprint=_sha256((bundle.root / MANIFEST).read_bytes()),
        template=template,
        questions={(q.rubric, q.criterion): q for q in questions},
    )


def load_reward(material: Material) -> RewardFile:
    """The bundle's `reward.py`, loaded from where it lies. Runs the code in it."""
    try:
        path = material.bundle.path("reward.py")
    except BundleError as error:
        raise TrainingError(str(error), "compile the bundle with the target `reward`") from None
    name = f"rubricc_reward_{material.fingerprint[:16]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TrainingError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(RewardFile, module)


def worth(question: Question, verdict: str) -> float:
    """The credit of a verdict as a row spells it ("met", or a level as a text)."""
    known: Verdict = int(verdict) if verdict.isdigit() else verdict
    return float(question.credits[known])


def inputs_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a row, which are JSON as a text where Arrow would mix up the keys."""
    value = row["inputs"]
    found = json.loads(value) if isinstance(value, str) else value
    return cast(dict[str, Any], found)


def _question(row: Mapping[str, Any]) -> Question:
    verdicts = [int(v) if v.isdigit() else v for v in row["verdicts"]]
    return Question(
        rubric=row["rubric"],
        criterion=row["criterion"],
        tier=row["tier"],
        turn=row["turn"],
        credits=dict(zip(verdicts, map(Fraction, row["credits"]), strict=True)),
        by_check=row["by_check"],
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
