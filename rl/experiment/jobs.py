"""The jobs of an experiment: each is done by a worker, and leaves one result file.

A worker is a process with its own models and one thread or a few. What a job needs of earlier jobs
it finds in the folder of the experiment.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from rubricdsl import ir

from .. import processor
from ..clinic.cases import Case, Side, cases
from ..clinic.knobs import Knobs
from ..clinic.truth import Truth
from ..material import Material, RewardFile, load_reward, open_material
from ..progress import quieten, silent
from ..runs import write_json
from ..supervised_start import supervised_start
from .aligning import align, measured_start
from .arms import Arm
from .judged import judged
from .places import Places
from .plan import Plan
from .reward_models import load_judge, train_reward_model
from .tokens import phrase_tokenizer
from .watching import Watched

What = Literal["reward model", "start", "trial", "arm"]
TRUE_SHAPE = "gated"
"""The bundle by whose `reward.py` the truth is scored; the order is the same in all of them."""


@dataclass(frozen=True)
class Job:
    """One thing to do. `detail` is a kind of reward model or of start; an arm has `arm` instead."""

    what: What
    seed: int
    detail: str = ""
    arm: Arm | None = None
    rate: float = 0.0

    @property
    def name(self) -> str:
        if self.arm is not None:
            return self.arm.name
        return f"{self.what.replace(' ', '_')}-{self.detail}-seed{self.seed}"


@dataclass(frozen=True)
class World:
    """The clinic of one seed, opened."""

    rubrics: Mapping[str, ir.Rubric]
    judged: Material
    asked: Material
    reward: RewardFile
    truth: Truth
    knobs: Knobs

    def cases(self, side: Side) -> list[Case]:
        names = self.knobs.specialties
        return [case for name in names for case in cases(self.rubrics[name], self.knobs, side)]


def perform(job: Job, places: Places, plan: Plan) -> dict[str, Any]:
    """Do one job and write its result, which is returned."""
    began, used = time.monotonic(), time.process_time()
    quieten()
    processor.prepare(plan.threads)
    world = _world(places, plan, job.seed)
    if job.arm is not None:
        found = _arm(job, job.arm, world, places, plan)
    elif job.what == "start":
        found = _start(job, world, places, plan)
    else:
        found = _reward_model(job, world, places, plan)
    found = {
        "job": job.name,
        "what": job.what,
        "seed": job.seed,
        **found,
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time() - used, 1),
    }
    write_json(places.result(job.name), found)
    return found


@lru_cache(maxsize=2)
def _world(places: Places, plan: Plan, seed: int) -> World:
    knobs = replace(plan.knobs, seed=seed)
    reward = load_reward(open_material(places.shape(TRUE_SHAPE)))
    material = open_material(places.asked(seed))
    rubrics = {rubric.name: rubric for rubric in material.bundle.rubrics()}
    truth = Truth(rubrics.values(), reward)
    return World(rubrics, open_material(places.judged(seed)), material, reward, truth, knobs)


def _reward_model(job: Job, world: World, places: Places, plan: Plan) -> dict[str, Any]:
    out = _fresh(places.reward_model(job.detail, job.seed))
    judge = train_reward_model(
        job.detail, world.judged, world.reward, out, plan.reward_model, seed=job.seed, tell=silent
    )
    rubrics = list(world.rubrics.values())
    figures = judged(job.detail, judge, world.truth, world.reward, rubrics, world.knobs)
    return {"kind": job.detail, "figures": figures}


def _start(job: Job, world: World, places: Places, plan: Plan) -> dict[str, Any]:
    out = _fresh(places.start(job.detail, job.seed))
    start = replace(plan.start, unsafe=dict(plan.starts)[job.detail])
    tokenizer = phrase_tokenizer(list(world.rubrics.values()))
    supervised_start(
        world.asked, world.reward, out, start, seed=job.seed, tokenizer=tokenizer, tell=silent
    )
    answers = measured_start(
        out, world.asked, world.truth, world.cases("evaluation"), plan, job.seed
    )
    return {"kind": job.detail, "answers": answers}


def _arm(job: Job, arm: Arm, world: World, places: Places, plan: Plan) -> dict[str, Any]:
    material = open_material(places.shape(arm.shape))
    judge = None
    if arm.judge is not None:
        judge = load_judge(arm.judge, world.judged, places.reward_model(arm.judge, arm.seed))
    tiers = {name: question.tier for name, question in material.questions.items()}
    watched = Watched(
        arm, world.cases("training"), load_reward(material), judge, world.truth, tiers
    )
    found = align(
        places.start(arm.start, arm.seed),
        material,
        watched,
        world.cases("evaluation"),
        plan,
        job.rate,
        places.clinic(arm.seed) / "policies" / arm.name,
        seed=arm.seed,
    )
    return {"arm": asdict(arm), "rate": job.rate, **found}


def _fresh(folder: Path) -> Path:
    """What a job that was cut short has left is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
