"""The whole path on one machine: reward model, supervised start, GRPO, and what came of it.

The figures before and after are those of answers sampled to prompts that nothing was trained on,
judged by the exemplars' own verdicts (`truth`); the reward model has no say in them.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from . import tiny, train_policy, train_reward_model
from .material import Material, RewardFile, load_reward, open_material
from .measure import Quality, measure
from .model_card import percent
from .progress import Say, say
from .runs import RUN, write_json
from .supervised_start import Start, supervised_start

RESULT = "result.json"
TABLE = "result.md"


@dataclass(frozen=True)
class Plan:
    """How much of everything; `answers` per held-out prompt, before and after."""

    reward_model: train_reward_model.Preset = field(default_factory=train_reward_model.Preset)
    policy: train_policy.Preset = field(default_factory=train_policy.Preset)
    answers: int = 16


FULL = Plan()
SMOKE = Plan(
    reward_model=train_reward_model.Preset(steps=20, batch=16, heldout_answers=40),
    policy=train_policy.Preset(
        start=Start(tiny.Size(hidden=64, layers=2, heads=2, kv_heads=1, inner=128), 30, 16),
        steps=2,
        prompts=2,
        group=4,
        most_tokens=60,
        save_every=2,
    ),
    answers=1,
)


def run(
    bundle: Path, out: Path, seeds: Sequence[int] = (0,), plan: Plan = FULL, tell: Say = say
) -> list[dict[str, Any]]:
    """Train once per seed on a compiled bundle, write the results to `out`; one per seed.

    What an earlier demo left in `out` is trained anew.
    """
    results = []
    for seed in seeds:
        folder = out / f"seed-{seed}"
        tell(f"seed {seed}")
        if (folder / "reward_model" / RUN).exists():
            shutil.rmtree(folder)
        results.append(one(bundle, folder, seed, plan, tell))
    write_json(out / RESULT, results)
    (out / TABLE).write_text(table(results) + "\n", encoding="utf-8")
    return results


def one(bundle: Path, out: Path, seed: int, plan: Plan, tell: Say = say) -> dict[str, Any]:
    """The path with one seed."""
    clock = _Clock(tell)
    material = open_material(bundle)
    reward = load_reward(material)

    tell("reward model: a small Qwen3 from scratch, TRL RewardTrainer")
    judge = train_reward_model.train(
        bundle, out / "reward_model", seed=seed, preset=plan.reward_model, tell=tell
    )
    clock.tick("reward model")

    tell("supervised start: TRL SFTTrainer on answers of which half are unsafe")
    unsafe = supervised_start(
        material, reward, out / "start", plan.policy.start, seed=seed, tell=tell
    )
    clock.tick("supervised start")
    before = _quality(out / "start", material, reward, plan, seed)
    tell(f"  before: {_told(before)}")
    clock.tick("measuring")

    tell("GRPO: TRL GRPOTrainer, the bundle's reward, verdicts by the reward model")
    steps = train_policy.train(
        bundle,
        out / "reward_model",
        out / "policy",
        model=str(out / "start"),
        preset=plan.policy,
        seed=seed,
        tell=tell,
    )
    clock.tick("GRPO")
    after = _quality(out / "policy", material, reward, plan, seed)
    tell(f"  after: {_told(after)}")
    clock.tick("measuring")
    return {
        "seed": seed,
        "reward_model": {"tiers": judge["tiers"], "violations": judge["violations"]},
        "supervised_unsafe": unsafe,
        "before": before.as_dict(),
        "after": after.as_dict(),
        "history": steps["history"],
        "seconds": clock.seconds,
    }


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """The results as one Markdown table, a column per seed."""
    rows: list[tuple[str, list[str]]] = []
    for tier in ("safety", "proficiency", "excellence"):
        cells = [percent(r["reward_model"]["tiers"][tier]["pairwise_accuracy"]) for r in results]
        rows.append((f"reward model, pairwise accuracy: {tier}", cells))
    for name, key, form in (
        ("safe answers", "safe", percent),
        ("proficiency (0–1)", "proficiency", _number),
        ("excellence (bonuses per answer)", "excellence", _number),
        ("readable answers", "readable", percent),
    ):
        cells = [f"{form(r['before'][key])} → {form(r['after'][key])}" for r in results]
        rows.append((f"policy, {name}", cells))
    rows.append(("seconds", [f"{sum(r['seconds'].values()):.0f}" for r in results]))
    head = "| held-out prompts | " + " | ".join(f"seed {r['seed']}" for r in results) + " |"
    rule = "|---|" + "---:|" * len(results)
    return "\n".join([head, rule, *(f"| {name} | {' | '.join(c)} |" for name, c in rows)])


def _quality(
    folder: Path, material: Material, reward: RewardFile, plan: Plan, seed: int
) -> Quality:
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    found, _ = measure(
        model,
        tokenizer,
        material,
        reward,
        per_prompt=plan.answers,
        most_tokens=plan.policy.most_tokens,
        temperature=plan.policy.temperature,
        seed=seed,
    )
    return found


def _told(found: Quality) -> str:
    return (
        f"{percent(found.safe)} of {found.answers} answers safe, "
        f"proficiency {found.proficiency:.2f}, excellence {found.excellence:.2f}, "
        f"{percent(found.readable)} readable"
    )


def _number(value: float) -> str:
    return f"{value:.2f}"


class _Clock:
    """Seconds by stage."""

    def __init__(self, tell: Say) -> None:
        self._tell = tell
        self._last = time.monotonic()
        self.seconds: dict[str, float] = {}

    def tick(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 1)
        self._last = now
