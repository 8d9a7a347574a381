"""Score every sheet of every small rubric by a format's own tool, and compare with the reward."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from rubricdsl import ir

from ...emit.formats import FORMATS, Format, said
from ..run import Report
from .cases import SMALL, TIED, Sheet, lost_sheets, rewards, rubric, sheets
from .replayed import FORMULAS

SECONDS = 300
SCORERS = Path(__file__).parent / "scorers"


def run_format(name: str) -> Report:
    """All small rubrics that the format holds; its own tool scores them where it is installed.

    The tool may have an interpreter of its own, named by `RUBRICC_NAME_PYTHON`.
    """
    form = FORMATS[name]
    names = [case for case, small in SMALL.items() if name in small.formats]
    found = [said(form, rubric(case), "sha256:0") for case in names]
    texts = [form.write(each) for each in found]
    asked = [[*sheets(each.rubric), *_without(name, each.rubric)] for each in found]
    python = interpreter(form)
    version, scores = (
        _scores(form, python, texts, asked) if python else (None, _replayed(form, texts, asked))
    )
    differences = [
        f"{case}: {difference}"
        for case, each, own, given in zip(names, found, scores, asked, strict=True)
        for difference in _compare(
            own, rewards(each.rubric, given), form.line(each), form, case in TIED
        )
    ]
    count = sum(map(len, asked))
    return Report(name, python is not None, version, len(names), count, tuple(differences))


def _without(name: str, found: ir.Rubric) -> Iterable[Sheet]:
    """Sheets with a lost verdict, for the format that has a word for it."""
    return lost_sheets(found) if name == "autorubric" else ()


def interpreter(form: Format) -> str | None:
    """The interpreter that has the format's tool; None where there is none."""
    if form.package is None:
        return None
    named = os.environ.get(variable(form.name))
    return named or (sys.executable if importlib.util.find_spec(form.name) else None)


def variable(name: str) -> str:
    """The variable of the environment that names the interpreter of a format's tool."""
    return f"RUBRICC_{name.replace('-', '_').upper()}_PYTHON"


def _scores(
    form: Format, python: str, texts: Sequence[str], asked: Sequence[Sequence[Sheet]]
) -> tuple[str, list[list[float]]]:
    """What the tool says, and its version. Raises `RuntimeError` where it fails."""
    cases = [{"text": text, "sheets": own} for text, own in zip(texts, asked, strict=True)]
    done = subprocess.run(
        [python, "-P", str(SCORERS / f"score_{form.name.replace('-', '_')}.py")],
        input=json.dumps(cases), capture_output=True, text=True, timeout=SECONDS, check=False,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "true", "PYTHONPATH": ""},
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{form.name}: {done.stderr.strip().splitlines()[-1:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told["version"], told["scores"]


def _replayed(
    form: Format, texts: Sequence[str], asked: Sequence[Sequence[Sheet]]
) -> list[list[float]]:
    formulas = map(FORMULAS[form.name], texts)
    return [[*map(formula, own)] for formula, own in zip(formulas, asked, strict=True)]


def _compare(
    scores: Sequence[float],
    exact: Sequence[Fraction],
    line: tuple[Fraction, Fraction],
    form: Format,
    tied: bool,
) -> Iterator[str]:
    """Where a score is not the one that belongs to the reward, or the order is another."""
    if len(scores) != len(exact):
        yield f"{len(scores)} scores for {len(exact)} sheets"
        return
    if not tied:
        for place, (score, reward) in enumerate(zip(scores, exact, strict=True)):
            wanted = (reward - line[0]) / line[1]
            have = wanted.numerator / wanted.denominator
            have = round(have, 4) if form.name == "rewardkit" else have
            if score != have:
                yield f"sheet {place}: the score is {score!r} instead of {have!r}"
    ordered = sorted(zip(exact, scores, strict=True))
    for (low, below), (high, above) in pairwise(ordered):
        wrong = below >= above if low < high else below != above and not tied
        if wrong:
            yield f"the rewards {low} and {high} have the scores {below!r} and {above!r}"
