"""The experiment from beginning to end; an interrupted one goes on where it was."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from ..clinic.rows import rows, write_rows
from ..clinic.sources import write_sources
from ..clinic.truth import Truth
from ..errors import TrainingError
from ..material import load_reward, open_material
from ..progress import Say, say
from ..runs import open_folder, write_json
from .arms import LABELS, Arm, arms, trials
from .jobs import TRUE_SHAPE, Job
from .places import Places
from .plan import TUNING_SEED, Plan
from .record import RESULT, record
from .tuning import chosen_rates
from .workers import Workers

Compile = Callable[[Path, Path, Path | None, int], None]
"""Compile a folder of rubrics into a bundle, with labelled rows or without, for a group's size."""

PLAN = "plan.json"


def run(
    out: Path,
    plan: Plan,
    compile_rubrics: Compile,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    only: Sequence[str] = (),
    tell: Say = say,
) -> dict[str, Any]:
    """Everything that is not done yet; writes and returns the record of all results.

    `only` names rewards and ablations (`arms`). Raises `TrainingError`.
    """
    wanted = arms(seeds, only)
    if not wanted:
        raise TrainingError("--only names none of the arms", f"there are {', '.join(LABELS)}")
    if TUNING_SEED in seeds:
        raise TrainingError(f"the seed {TUNING_SEED} is for choosing learning rates")
    places = Places(out)
    _settle(out, plan)
    tried = list(trials(wanted, plan.alignment.rates))
    _compile(places, plan, [*tried, *wanted], compile_rubrics, tell)
    choosing = [Job("trial", arm.seed, arm=arm, rate=arm.rate or 0.0) for arm in tried]
    final = [Job("arm", arm.seed, arm=arm) for arm in wanted]
    with Workers(places, plan, tell) as workers:
        tell(f"{len(choosing) + len(final)} runs of GRPO on {plan.workers} processes")
        models = workers.do(_first([*tried, *wanted]), [*choosing, *final])
        tuned = workers.do(choosing, final)
        rates = chosen_rates(tuned)
        tell("  learning rates: " + ", ".join(f"{k} {v:g}" for k, v in rates.items()))
        final = [replace(job, rate=rates[job.arm.reward]) for job in final if job.arm]
        runs = workers.do(final)
    found = record(plan, rates, models, runs)
    # Of every part, whichever run of the command did it.
    found["cpu_seconds"] = sum(one["cpu_seconds"] for one in (*models, *tuned, *runs))
    write_json(out / RESULT, found)
    return found


def _settle(out: Path, plan: Plan) -> None:
    """A folder has the results of one plan. Raises `TrainingError`."""
    open_folder(out)
    (out / "results").mkdir(exist_ok=True)
    path, text = out / PLAN, f"{plan!r}\n"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise TrainingError(
            f"{out} holds an experiment with other sizes",
            "give another --out, or remove the folder",
        )
    path.write_text(text, encoding="utf-8")


def _first(every: Sequence[Arm]) -> list[Job]:
    """The reward models and starts that the arms need."""
    models = (Job("reward model", arm.seed, arm.judge) for arm in every if arm.judge)
    starts = (Job("start", arm.seed, arm.start) for arm in every)
    return list(dict.fromkeys(chain(models, starts)))


def _compile(
    places: Places, plan: Plan, every: Sequence[Arm], compile_rubrics: Compile, tell: Say
) -> None:
    """One bundle per reward, and the two of every seed's clinic."""
    for shape in sorted({arm.shape for arm in every} | {TRUE_SHAPE}):
        if not places.shape(shape).exists():
            tell(f"  compiling the reward {shape}")
            sources = places.out / "rubrics" / shape
            write_sources(plan.knobs.specialties, sources, shape)
            compile_rubrics(sources, places.shape(shape), None, plan.alignment.group)
    material = open_material(places.shape(TRUE_SHAPE))
    reward = load_reward(material)
    rubrics = {rubric.name: rubric for rubric in material.bundle.rubrics()}
    truth = Truth(rubrics.values(), reward)
    sources = places.out / "rubrics" / TRUE_SHAPE
    for seed in sorted({arm.seed for arm in every}):
        knobs = replace(plan.knobs, seed=seed)
        for bundle, reader in ((places.judged(seed), "judge"), (places.asked(seed), "policy")):
            if bundle.exists():
                continue
            tell(f"  compiling the clinic of seed {seed} for the {reader}")
            places.clinic(seed).mkdir(exist_ok=True)
            data = places.clinic(seed) / f"{reader}.jsonl"
            write_rows(rows(rubrics, truth, knobs, "training", reader), data)  # type: ignore[arg-type]
            compile_rubrics(sources, bundle, data, plan.alignment.group)
