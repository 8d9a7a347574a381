"""The checker's copies of trainers' formulas, beside the trainers' own source text, run on a CPU.

    python benchmarks/replicas.py SOURCES [--batches 300] [--write]

SOURCES is a folder with what is to be compared, unpacked, each under the name given in `TRAINERS`:
`pip download --no-deps verl ms-swift openrlhf skyrl openpipe-art tinker-cookbook`, each wheel
unzipped into its folder, and checkouts of NeMo-RL, slime and prime-rl. What is missing is said and
left out. Nothing of them is installed or imported: the functions that compute advantages are cut
out of the source text and run with torch, on random groups (gated, finely graded, equal and
negative rewards) with random lengths. The greatest difference from `rubricdsl.verify.advantages` is
shown, over the greatest advantage of the batch. Exit code 1 if one exceeds what the checker allows
for rounding.
"""

import argparse
import ast
import asyncio
import math
import platform
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch

from rubricdsl.verify.advantages import SETTINGS, TIER_WEIGHTS, TIERS

RESULT = Path(__file__).resolve().parent / "results" / "replicas.md"
Rows = list[list[Any]]
Run = Callable[[Rows, list[list[int]]], list[list[float]]]


def cut(path: Path, *names: str, **given: Any) -> dict[str, Any]:
    """Functions and classes of a file (or methods, by `Class.method`), without their imports.

    `given` are the names that they use and do not get from torch, numpy and the like.
    """
    tree, found = ast.parse(path.read_text("utf-8")), []
    for name in names:
        body: Sequence[ast.stmt] = tree.body
        for part in name.split("."):
            node = next(n for n in body if getattr(n, "name", None) == part)
            body = getattr(node, "body", [])
        node.decorator_list = []  # type: ignore[attr-defined]
        found.append(node)
    scope = {"torch": torch, "np": np, "math": math, "defaultdict": defaultdict, **given}
    future = ast.parse("from __future__ import annotations").body
    exec(compile(ast.Module([*future, *found], []), str(path), "exec"), scope)
    return scope


def in_groups(flat: Sequence[float], batch: Rows) -> list[list[float]]:
    values = iter(map(float, flat))
    return [[next(values) for _ in group] for group in batch]


def flat(batch: Rows) -> list[Any]:
    return [value for group in batch for value in group]


def masks(lengths: list[list[int]]) -> torch.Tensor:
    counts = torch.tensor(flat(lengths))
    return (torch.arange(int(counts.max()))[None] < counts[:, None]).float()


def last_token(values: Sequence[float], mask: torch.Tensor) -> torch.Tensor:
    """Rewards at the last token of each response."""
    found = torch.zeros_like(mask)
    found[torch.arange(len(values)), mask.sum(1).long() - 1] = torch.tensor(values)
    return found


def prompts(batch: Rows) -> list[int]:
    return [place for place, group in enumerate(batch) for _ in group]


def verl(root: Path) -> dict[str, Run]:
    tools = cut(root / "verl/utils/torch_functional.py", "masked_sum", "masked_mean", "masked_var",
                "masked_whiten")  # fmt: skip
    own = cut(root / "verl/trainer/ppo/core_algos.py", "compute_grpo_outcome_advantage",
              "compute_gdpo_outcome_advantage", verl_F=SimpleNamespace(**tools))  # fmt: skip

    def grpo(std: bool) -> Run:
        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            mask = masks(lengths)
            found, _ = own["compute_grpo_outcome_advantage"](
                last_token(flat(batch), mask), mask, np.array(prompts(batch)),
                norm_adv_by_std_in_grpo=std,
            )  # fmt: skip
            return in_groups(found[:, 0], batch)

        return run

    def gdpo(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
        mask, rows = masks(lengths), flat(batch)
        parts = rows if isinstance(rows[0], tuple) else [(row,) for row in rows]
        names = list(TIERS[: len(parts[0])])
        config = {"gdpo_reward_keys": names, "gdpo_reward_weights": TIER_WEIGHTS[: len(names)]}
        tensors = {"prompts": torch.zeros(len(rows), 1), "attention_mask":
                   torch.cat([torch.ones(len(rows), 1), mask], 1).long()}  # fmt: skip
        found, _ = own["compute_gdpo_outcome_advantage"](
            torch.zeros_like(mask), mask, np.array(prompts(batch)), config=config, batch=tensors,
            non_tensor_batch={n: np.array([p[k] for p in parts]) for k, n in enumerate(names)},
        )  # fmt: skip
        return in_groups(found[:, 0], batch)

    return {"verl/grpo": grpo(True), "verl/grpo_no_std": grpo(False), "verl/gdpo": gdpo}


def skyrl(root: Path) -> dict[str, Run]:
    own = cut(next(root.rglob("skyrl_train/utils/ppo_utils.py")), "compute_grpo_outcome_advantage")

    def grpo(std: bool) -> Run:
        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            mask = masks(lengths)
            found, _ = own["compute_grpo_outcome_advantage"](
                last_token(flat(batch), mask), mask, np.array(prompts(batch)), grpo_norm_by_std=std
            )
            return in_groups(found[:, 0], batch)

        return run

    return {"skyrl/grpo": grpo(True), "skyrl/grpo_no_std": grpo(False)}


def openrlhf(root: Path) -> dict[str, Run]:
    reward = cut(next(root.rglob("openrlhf/models/utils.py")), "compute_reward",
                 Union=None, Optional=None, Tuple=None)["compute_reward"]  # fmt: skip
    import itertools

    own = cut(
        next(root.rglob("ppo_utils/experience_maker.py")),
        *(f"RemoteExperienceMaker.{m}"
          for m in ("compute_advantages_and_returns", "get_cumulative_returns")),
        apply_length_penalties=lambda experiences, args: None,
        compute_reward=reward, itertools=itertools, logger=None,
    )  # fmt: skip

    def estimator(name: str) -> Run:
        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            mask = masks(lengths)
            advantage = SimpleNamespace(estimator=name, gamma=1.0, no_std_norm=False)
            args = SimpleNamespace(
                rollout=SimpleNamespace(n_samples_per_prompt=len(batch[0])),
                reward=SimpleNamespace(clip_range=(-10, 10)),
                algo=SimpleNamespace(advantage=advantage),
            )
            maker = SimpleNamespace(
                strategy=SimpleNamespace(args=args), kl_ctl=SimpleNamespace(value=0.0),
                advantage_estimator=name,
            )  # fmt: skip
            maker.get_cumulative_returns = lambda *a: own["get_cumulative_returns"](maker, *a)
            rewards = flat(batch)
            experience = SimpleNamespace(
                index=list(range(len(rewards))), rewards=torch.tensor(rewards), info={},
                kl=torch.zeros_like(mask), action_mask=mask.bool(),
            )  # fmt: skip
            own["compute_advantages_and_returns"](maker, [experience])
            return in_groups(experience.advantages[:, 0], batch)

        return run

    names = ("dr_grpo", "rloo", "group_norm", "reinforce_baseline")
    return {f"openrlhf/{name}": estimator(name) for name in names}


def nemo_rl(root: Path) -> dict[str, Run]:
    tools = cut(root / "nemo_rl/algorithms/utils.py", "calculate_baseline_and_std_per_prompt",
                "get_gdpo_reward_component_keys")  # fmt: skip
    own = cut(root / "nemo_rl/algorithms/advantage_estimator.py", "GRPOAdvantageEstimator",
              "GDPOAdvantageEstimator", **tools)  # fmt: skip

    def estimator(kind: str, normalize: bool) -> Run:
        weights = [TIER_WEIGHTS[TIERS.index(tier)] for tier in sorted(TIERS)]
        config = SimpleNamespace(
            use_leave_one_out_baseline=True, normalize_rewards=normalize, reward_weights=weights
        )

        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            rows, ids = flat(batch), torch.tensor(prompts(batch))[:, None]
            columns = {} if kind == "GRPO" else {
                f"reward/{tier}": torch.tensor([row[k] for row in rows])
                for k, tier in enumerate(TIERS)
            }  # fmt: skip
            rewards = torch.tensor(rows) if kind == "GRPO" else None
            found = own[f"{kind}AdvantageEstimator"](config, None).compute_advantage(
                prompt_ids=ids, rewards=rewards, mask=masks(lengths), repeated_batch=columns
            )
            return in_groups(found[:, 0], batch)

        return run

    return {"nemo_rl/grpo": estimator("GRPO", True), "nemo_rl/gdpo": estimator("GDPO", True),
            "nemo_rl/no_normalize": estimator("GRPO", False)}  # fmt: skip


def slime(root: Path) -> dict[str, Run]:
    own = cut(root / "slime/ray/rollout.py", "RolloutManager._post_process_rewards")

    def post(std: bool) -> Run:
        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            args = SimpleNamespace(
                advantage_estimator="grpo", rewards_normalization=True, grpo_std_normalization=std,
                n_samples_per_prompt=len(batch[0]), rollout_batch_size=len(batch),
            )  # fmt: skip
            manager = SimpleNamespace(custom_reward_post_process_func=None, args=args)
            samples = [SimpleNamespace(get_reward_value=lambda _, r=r: r) for r in flat(batch)]
            return in_groups(own["_post_process_rewards"](manager, samples)[1], batch)

        return run

    return {"slime/std": post(True), "slime/no_std": post(False)}


def prime_rl(root: Path) -> dict[str, Run]:
    found: list[float] = []
    own = cut(
        root / "src/prime_rl/orchestrator/algo/grpo.py", "GRPOAlgorithm.score_group",
        iter_trainable_traces=lambda traces: ((None, trace) for trace in traces),
        assign_advantages=lambda trace, advantage: found.append(advantage),
    )  # fmt: skip

    def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
        found.clear()
        for group in batch:
            traces = [SimpleNamespace(reward=reward) for reward in group]
            asyncio.run(own["score_group"](SimpleNamespace(length_penalty=None), traces))
        return in_groups(found, batch)

    return {"prime_rl/grpo": run}


def ms_swift(root: Path) -> dict[str, Run]:
    given = {"Optional": None, "Union": None}
    nanstd = cut(root / "swift/utils/torch_utils.py", "nanstd", **given)["nanstd"]
    own = cut(root / "swift/rl_core/advantage.py", "compute_advantages", nanstd=nanstd)

    def scaled(scale: str) -> Run:
        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            rows = flat(batch)
            parts = rows if isinstance(rows[0], tuple) else [(row,) for row in rows]
            found, _ = own["compute_advantages"](
                torch.tensor(parts), torch.tensor(TIER_WEIGHTS[: len(parts[0])]), len(batch[0]),
                scale_rewards=scale,
            )  # fmt: skip
            return in_groups(found, batch)

        return run

    return {f"ms_swift/{scale}": scaled(scale) for scale in ("group", "batch", "none", "gdpo")}


def art(root: Path) -> dict[str, Run]:
    """The statements of the loop: mean, deviation, and what each trajectory makes of them."""
    tree = ast.parse((root / "art/preprocessing/tokenize.py").read_text("utf-8"))
    whole = next(n for n in tree.body if getattr(n, "name", "") == "tokenize_trajectory_groups")
    assert isinstance(whole, ast.FunctionDef)
    outer = next(n for n in whole.body if isinstance(n, ast.For))
    before = [n for n in outer.body if "reward_" in ast.unparse(n) and isinstance(n, ast.Assign)]
    inner = next(n for n in outer.body if isinstance(n, ast.For))
    inner.body = [*inner.body[:2], *ast.parse("found.append(advantage)").body]
    code = compile(ast.fix_missing_locations(ast.Module([*before, inner], [])), "art", "exec")

    def scaled(scale: bool) -> Run:
        def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
            found: list[float] = []
            for group in batch:
                trajectories = [SimpleNamespace(reward=reward) for reward in group]
                exec(code, {"group": trajectories, "math": math, "scale_rewards": scale,
                            "found": found})  # fmt: skip
            return in_groups(found, batch)

        return run

    return {"art/scaled": scaled(True), "art/unscaled": scaled(False)}


def tinker(root: Path) -> dict[str, Run]:
    own = cut(root / "tinker_cookbook/rl/data_processing.py", "compute_advantages")

    def run(batch: Rows, lengths: list[list[int]]) -> list[list[float]]:
        groups = [SimpleNamespace(get_total_rewards=lambda g=g: list(g)) for g in batch]
        return [found.tolist() for found in own["compute_advantages"](groups)]

    return {"tinker/mean": run}


TRAINERS: dict[str, Callable[[Path], dict[str, Run]]] = {
    "verl": verl, "openrlhf": openrlhf, "nemo_rl": nemo_rl, "slime": slime, "prime_rl": prime_rl,
    "skyrl": skyrl, "ms_swift": ms_swift, "art": art, "tinker": tinker,
}  # fmt: skip


def batches(dice: random.Random, columns: bool, grid: int) -> Rows:
    """Groups of one size; rewards as the shapes give them, some equal, some hardly different.

    On a grid of a power of two equal rewards have an exact mean; on others it rounds.
    """
    size = dice.choice((2, 4, 8, 8, 16))

    def reward(kind: int) -> float:
        if kind == 0:
            return 0.0 if dice.random() < 0.4 else 1 + dice.randint(0, grid) / grid
        if kind == 1:
            return dice.randint(0, grid * grid) / (grid * grid)
        return 1 / grid if kind == 2 else dice.randint(-grid, grid) / grid

    def row(kind: int) -> tuple[float, ...]:
        if dice.random() < 0.4:
            return (0.0, 0.0, 0.0)
        return (1.0, dice.randint(0, grid if kind else 1) / grid, dice.randint(0, 4) / 4)

    found = []
    for _ in range(4):
        kind = dice.randrange(4)
        found.append([row(kind) if columns else reward(kind) for _ in range(size)])
    return found


def difference(name: str, run: Run, columns: bool, count: int, grid: int) -> float:
    """The greatest over all batches, relative to the batch's greatest advantage (or to 1)."""
    dice, worst = random.Random(f"{name} {columns}"), 0.0
    ours = SETTINGS[name].columns if columns else SETTINGS[name].formula
    if ours is None:
        raise ValueError(f"{name} has no such formula")
    for _ in range(count):
        batch = batches(dice, columns, grid)
        lengths = [[dice.randint(1, 60) for _ in group] for group in batch]
        left, right = flat(run(batch, lengths)), flat(ours(batch, lengths))
        size = max(1.0, *map(abs, left))
        worst = max(worst, *(abs(a - b) / size for a, b in zip(left, right, strict=True)))
    return worst


def version(root: Path) -> str:
    """From the wheel's metadata, or a file `COMMIT` beside a checkout."""
    for path in root.glob("*.dist-info/METADATA"):
        found = re.search(r"(?m)^Version: (.+)$", path.read_text("utf-8"))
        if found:
            return found[1]
    commit = root / "COMMIT"
    return commit.read_text("utf-8").strip() if commit.exists() else "unknown"


class Compared(NamedTuple):
    """A setting, with the greatest differences where equal rewards are exact, and where not."""

    name: str
    version: str
    rewards: str
    exact: float
    rounded: float


def compared(sources: Path, count: int) -> Iterator[Compared]:
    for trainer, make in TRAINERS.items():
        root = sources / trainer
        if not root.exists():
            print(f"replicas: {root} is not there", file=sys.stderr)
            continue
        for name, run in make(root).items():
            for columns, kind in ((False, "one"), (True, "three")):
                if (SETTINGS[name].columns if columns else SETTINGS[name].formula) is not None:
                    gaps = (difference(name, run, columns, count, grid) for grid in (32, 20))
                    yield Compared(name, version(root), kind, *gaps)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", type=Path)
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--write", action="store_true", help="also results/replicas.md")
    args = parser.parse_args()
    lines = [
        "| setting | version | rewards per response | difference | where equal rewards round |",
        "|---|---|---|---|---|",
    ]
    wrong = False
    for found in compared(args.sources, args.batches):
        lines.append(f"| `{found.name}` | {found.version} | {found.rewards} | {found.exact:.1e} "
                     f"| {found.rounded:.1e} |")  # fmt: skip
        print(lines[-1])
        wrong |= found.exact > SETTINGS[found.name].noise
    if args.write:
        RESULT.write_text(_report(lines, args.batches), encoding="utf-8")
    return 1 if wrong else 0


def _report(lines: list[str], count: int) -> str:
    return (
        "# The checker's formulas beside the trainers' own\n\n"
        f"{count} batches of four random groups for each grid, torch {torch.__version__} on a CPU, "
        f"Python {platform.python_version()}. Made by `python benchmarks/replicas.py SOURCES "
        "--write`.\nDifferences are the greatest, relative to the greatest advantage of their "
        "batch.\n\n"
        + "\n".join(lines)
        + "\n\nRewards are on a grid of 1/32, and in the last column of 1/20. There a group of "
        "equal rewards has a mean\nthat may be off by a rounding error, which a formula with a "
        "small floor divides by as little: all of\nthe group are shifted alike, by up to 1, or "
        "more where a batch of nothing else is whitened, and how\nmuch depends on the order in "
        "which the machine adds. In `nemo_rl/gdpo` the same happens to one\nresponse alone, when "
        "all others are equal.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
