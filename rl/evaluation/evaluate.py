"""`rubricc evaluate reward-model`: judges on the same held-out rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import TrainingError
from ..judges.criteria import Criterion
from ..judges.recorded import read_recorded
from ..material import Material, open_material
from ..runs import REWARD_MODEL, read_run
from .compare import RESAMPLES, compare
from .labels import PAIRS, POINTS, Labels, held_out
from .notes import on_labels, on_model
from .systems import System, of_grader, of_reward_model

FORMAT = 1


def evaluate(
    bundle: Path,
    models: Sequence[Path],
    recorded: Sequence[Path] = (),
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """The evaluation as JSON: `models` are folders, `recorded` files of verdicts, in that order.

    Only prompts of the evaluation half count. Raises `TrainingError`.
    """
    material = open_material(bundle)
    labels = measurable(material)
    names = _names([*models, *recorded])
    systems = [
        _of_folder(name, folder, material, labels)
        for name, folder in zip(names, models, strict=False)
    ]
    systems += [
        _of_file(name, file, material, labels)
        for name, file in zip(names[len(models) :], recorded, strict=True)
    ]
    return evaluation(material, systems, labels, resamples=resamples, seed=seed)


def measurable(material: Material) -> Labels:
    """The labels of the evaluation half, of which there must be some. Raises `TrainingError`."""
    every = held_out(material)
    labels = every.half(calibration=False)
    if not labels.answers:
        prompts = len(every.prompts)
        why = (
            f"{material.bundle.path(POINTS)} has no row that a judge is asked about"
            if not prompts
            else f"all {prompts:,} held-out prompts are in the half that sets thresholds"
        )
        raise TrainingError(
            f"there is nothing to evaluate on: {why}",
            "compile more labelled prompts, with --data FILE and a larger --heldout",
        )
    return labels


def evaluation(
    material: Material,
    systems: Sequence[System],
    labels: Labels,
    *,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Systems side by side, with what they were compared on."""
    found = compare(systems, labels, resamples=resamples, seed=seed)
    met = {answer.rubric for answer in labels.answers}
    rubrics = [
        {"name": one.name, "version": one.version, "status": one.status, "hash": one.hash}
        for one in material.bundle.rubric_entries
        if one.name in met
    ]
    notes = on_labels(found["counts"], rubrics)
    notes += [f"{one.name}: {note}" for one in systems for note in one.notes]
    return {
        "format": FORMAT,
        "bundle": material.fingerprint,
        "template": material.template,
        "rubrics": rubrics,
        "rows": [PAIRS, POINTS],
        "notes": notes,
        **found,
    }


def _of_folder(name: str, folder: Path, material: Material, labels: Labels) -> System:
    from ..judges.reward_model import load_judge
    from ..progress import quieten

    quieten()
    judge = load_judge(folder, material)
    same = read_run(folder, REWARD_MODEL).bundle == material.fingerprint
    system = of_reward_model(name, judge, labels)
    return _noted(system, on_model(judge.calibration, same_bundle=same, too_long=judge.too_long))


def _of_file(name: str, file: Path, material: Material, labels: Labels) -> System:
    criteria = {
        place: Criterion(question.tier, question.credits)
        for place, question in material.questions.items()
    }
    system = of_grader(name, read_recorded(file, criteria), labels)
    missing = sum(reading.credit is None for reading in system.readings.values())
    if missing == len(system.readings):
        raise TrainingError(
            f"{file} has no verdict on any of the answers that are compared",
            "record verdicts on the bundle's held-out answers, with the same conversations",
        )
    notes = [f"no verdict on {missing:,} of {len(system.readings):,} labels"] if missing else []
    return _noted(system, notes)


def _noted(system: System, notes: Sequence[str]) -> System:
    return System(system.name, system.kind, system.readings, system.threshold, tuple(notes))


def _names(paths: Sequence[Path]) -> list[str]:
    """What systems are called: the last part of their paths, or all of it where that is shared."""
    found: Mapping[str, int] = Counter(path.name for path in paths)
    return [path.name if path.name and found[path.name] == 1 else str(path) for path in paths]
