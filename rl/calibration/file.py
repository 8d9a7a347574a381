"""`calibration.json` in a model's folder. Whatever is read from it is checked before it is used."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rubricdsl.ir import TIERS

from ..errors import TrainingError
from ..runs import Run, write_json
from .curves import METHODS, RULES, Bin, Calibration, Curve, Threshold, TierCurve
from .fit import Wish

CALIBRATION = "calibration.json"
FORMAT = 1
MAX_BYTES = 16 << 20
MAX_KNOTS = 100_000
MAX_BINS = 100

FREE_ZERO = (
    "it was trained without the pointwise term, so its scores have a free constant for every "
    "prompt and criterion: they order answers, and no verdict can be read off them alone"
)
FREE_ZERO_HINT = (
    "train with --pointwise-weight above 0; held-out labels (compile with --heldout) give a "
    "threshold that is right on average, and not for each prompt"
)


@dataclass(frozen=True)
class Prompts:
    """How many held-out prompts are in each half."""

    calibration: int
    evaluation: int


def write_calibration(
    folder: Path, run: Run, found: Calibration, wish: Wish, prompts: Prompts
) -> None:
    """Write how scores of the model in `folder` are read."""
    tiers = {
        tier: {**asdict(one.curve), **{k: v for k, v in asdict(one).items() if k != "curve"}}
        for tier, one in found.tiers.items()
    }
    document = {
        "format": FORMAT,
        "template": run.template,
        "bundle": run.bundle,
        "pinned": found.pinned,
        "safety_precision": wish.safety_precision,
        "indecision": wish.indecision,
        "prompts": asdict(prompts),
        "tiers": tiers,
    }
    write_json(folder / CALIBRATION, document)


def read_calibration(folder: Path, template: str, bundle: str, *, pinned: bool) -> Calibration:
    """How scores of the model in `folder` are read; `template` and `bundle` are those of its run.

    Without a file `σ(score)` is the expected credit, for models whose zero is `pinned`. Raises
    `TrainingError`.
    """
    path = folder / CALIBRATION
    if not path.exists():
        if pinned:
            return Calibration()
        raise TrainingError(f"{folder} has no {CALIBRATION}, and {FREE_ZERO}", FREE_ZERO_HINT)
    document = _document(path)
    try:
        found = _calibration(document, pinned)
    except _Damaged as error:
        raise _refused(path, str(error)) from None
    for name, true in (("template", template), ("bundle", bundle)):
        if document.get(name) != true:
            raise _refused(path, f"its {name} is {str(document.get(name))[:80]}, and not {true}")
    if all(tier.curve.method == "none" for tier in found.tiers.values()):
        raise TrainingError(
            f"the model of {folder} cannot be asked for verdicts: {FREE_ZERO}", FREE_ZERO_HINT
        )
    return found


class _Damaged(Exception):
    """What is wrong in the file."""


def _refused(path: Path, why: str) -> TrainingError:
    return TrainingError(
        f"{path} is damaged, or of another model: {why}",
        "train again, or take the file from where the model comes from",
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused(path, f"it is larger than {MAX_BYTES:,} bytes")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(path, str(error)) from None
    if not isinstance(found, dict):
        raise _refused(path, "it is no JSON object")
    return found


def _calibration(document: Mapping[str, Any], pinned: bool) -> Calibration:
    version = document.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise _Damaged(f"its format is {str(version)[:40]}, and {FORMAT} is known")
    tiers = _mapping(document, "tiers")
    if set(tiers) != set(TIERS):
        raise _Damaged(f"its tiers are not {', '.join(TIERS)}")
    if document.get("pinned") is not pinned:
        raise _Damaged("`pinned` is not what the figures of the training say")
    indecision = _number(document, "indecision", 0, 1)
    return Calibration({tier: _tier(_mapping(tiers, tier)) for tier in TIERS}, indecision, pinned)


def _tier(row: Mapping[str, Any]) -> TierCurve:
    return TierCurve(
        _curve(row),
        None if row.get("threshold") is None else _threshold(_mapping(row, "threshold")),
        _count(row, "labels"),
        _number(row, "good", 0),
        _number(row, "bad", 0),
        _count(row, "left_out"),
        tuple(_bin(one) for one in _sequence(row, "reliability", MAX_BINS)),
    )


def _curve(row: Mapping[str, Any]) -> Curve:
    method = row.get("method")
    if method not in METHODS:
        raise _Damaged(f"`method` is {str(method)[:40]!r}")
    knots = [_pair(one) for one in _sequence(row, "knots", MAX_KNOTS)]
    if (method == "isotonic") != bool(knots):
        raise _Damaged(f"`knots` do not go with the method {method}")
    for (x0, y0), (x1, y1) in pairwise(knots):
        if not (x0 < x1 and y0 <= y1):
            raise _Damaged("`knots` do not rise")
    if any(not 0 <= y <= 1 for _, y in knots):
        raise _Damaged("`knots` leave [0, 1]")
    curve = Curve(method, _number(row, "slope", 0), _number(row, "intercept"), tuple(knots))
    if method == "identity" and (curve.slope, curve.intercept) != (1, 0):
        raise _Damaged("`slope` and `intercept` do not go with the method identity")
    return curve


def _threshold(row: Mapping[str, Any]) -> Threshold:
    rule = row.get("rule")
    if rule not in RULES:
        raise _Damaged(f"`rule` is {str(rule)[:40]!r}")
    asked, precision, recall = (
        _number(row, name, 0, 1) for name in ("asked", "precision", "recall")
    )
    return Threshold(_number(row, "at"), rule, asked, precision, recall)


def _bin(value: object) -> Bin | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _Damaged("`reliability` has an entry that is no object")
    return Bin(
        _count(value, "labels"), _number(value, "expected", 0, 1), _number(value, "credit", 0, 1)
    )


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise _Damaged("`knots` has an entry that is no pair")
    pair = {"x": value[0], "y": value[1]}
    return _number(pair, "x"), _number(pair, "y")


def _mapping(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise _Damaged(f"`{name}` is no object")
    return value


def _sequence(row: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    value = row.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise _Damaged(f"`{name}` is no array of at most {most:,}")
    return value


def _number(
    row: Mapping[str, Any], name: str, least: float = -math.inf, most: float = math.inf
) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Damaged(f"`{name}` is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or not least <= number <= most:
        raise _Damaged(f"`{name}` is {str(value)[:40]}")
    return number


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Damaged(f"`{name}` is no count")
    return value
