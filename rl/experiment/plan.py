"""Sizes of the experiment. The plan for a processor and the one for a GPU run the same code."""

from dataclasses import dataclass, field

from .. import tiny
from ..clinic.knobs import MORE_SPECIALTIES, Knobs
from ..supervised_start import Start
from ..train_reward_model import Preset

TUNING_SEED = 1000
"""Rates are chosen on a clinic and on models of their own; no reported run has this seed."""

WARM, COLD = "warm", "cold"


@dataclass(frozen=True)
class Alignment:
    """GRPO: `prompts` times `group` answers a step.

    `rates` are the learning rates that are tried for every shape. `answers` to every evaluation
    case are sampled in the end.
    """

    steps: int = 40
    prompts: int = 6
    group: int = 8
    rates: tuple[float, ...] = (4e-4, 8e-4, 1.6e-3)
    temperature: float = 0.7
    most_tokens: int = 32
    answers: int = 4


@dataclass(frozen=True)
class Plan:
    """All sizes. `starts` has, for each kind of start, the share of its examples that is unsafe."""

    name: str
    knobs: Knobs = field(default_factory=Knobs)
    reward_model: Preset = field(
        default_factory=lambda: Preset(
            size=tiny.Size(64, 2, 2, 2, 128),
            steps=800,
            batch=8,
            learning_rate=3e-3,
            heldout_answers=400,
            threads=1,
        )
    )
    start: Start = field(
        default_factory=lambda: Start(
            tiny.Size(96, 2, 4, 2, 256),
            steps=250,
            batch=32,
            learning_rate=6e-3,
            dropped=0.6,
            threads=1,
        )
    )
    starts: tuple[tuple[str, float], ...] = ((WARM, 0.1), (COLD, 0.6))
    alignment: Alignment = Alignment()
    threads: int = 1
    workers: int = 2


CPU = Plan("cpu")

LARGE = Plan(
    "large",
    knobs=Knobs(MORE_SPECIALTIES, conflicted=5, training=400, evaluation=60),
    reward_model=Preset(
        size=tiny.Size(512, 8, 8, 4, 1536),
        steps=2000,
        batch=16,
        learning_rate=5e-4,
        heldout_answers=2000,
        threads=4,
    ),
    start=Start(
        tiny.Size(768, 12, 12, 4, 2304), steps=1500, batch=64, learning_rate=5e-4, threads=4
    ),
    alignment=Alignment(
        steps=300, prompts=32, group=8, rates=(3e-6, 1e-5, 3e-5), most_tokens=48, answers=8
    ),
    threads=4,
    workers=1,
)
"""For one GPU: a policy of about 85 million parameters from scratch. Not run so far."""

SMOKE = Plan(
    "smoke",
    knobs=Knobs(
        specialties=("cardiology.chest_pain", "emergency.anaphylaxis"),
        conflicted=1,
        training=10,
        evaluation=4,
        answers=4,
    ),
    reward_model=Preset(
        size=tiny.Size(32, 1, 2, 2, 64, 2048), steps=6, batch=4, heldout_answers=20, threads=1
    ),
    start=Start(tiny.Size(32, 1, 2, 1, 64, 2048), steps=4, batch=8, threads=1),
    alignment=Alignment(steps=2, prompts=2, group=4, rates=(1e-3, 3e-3), most_tokens=16, answers=1),
    workers=1,
)

PLANS = {plan.name: plan for plan in (CPU, LARGE, SMOKE)}
