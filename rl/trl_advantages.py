"""The advantages that the installed TRL makes of rewards, by running TRL's own statements.

TRL computes them in the middle of `GRPOTrainer._generate_and_score_completions`, which needs a
model and a tokenizer. The statements from `unscorable_mask = …` to the one that replaces NaN in
`advantages` need neither: they are taken from the source of the installed version and run as they
are. A version in which they are not found raises `TrlChanged`.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from types import CodeType, SimpleNamespace
from typing import Any

import torch

from rubricdsl.verify.advantages import TIER_WEIGHTS

_FIRST, _LAST = "unscorable_mask", "nan_to_num"


class TrlChanged(RuntimeError):
    """The installed TRL computes advantages in a way that is not known here."""


@cache
def _statements() -> tuple[CodeType, dict[str, Any]]:
    """TRL's statements, compiled, and the module's names that they use."""
    from trl.trainer import grpo_trainer

    method = grpo_trainer.GRPOTrainer._generate_and_score_completions
    body = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    if not isinstance(body, ast.FunctionDef):
        raise TrlChanged("its scoring method is not a plain function any more")
    starts = [k for k, s in enumerate(body.body) if _assigns(s, _FIRST)]
    ends = [k for k, s in enumerate(body.body) if _assigns(s, "advantages") and _LAST in _text(s)]
    if len(starts) != 1 or len(ends) != 1 or ends[0] <= starts[0]:
        raise TrlChanged("the statements that compute advantages were not found")
    chosen = ast.Module(body.body[starts[0] : ends[0] + 1], type_ignores=[])
    return compile(chosen, grpo_trainer.__file__, "exec"), vars(grpo_trainer)


def _assigns(statement: ast.stmt, name: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _text(statement: ast.stmt) -> str:
    return ast.unparse(statement)


def trl_advantages(
    columns: Sequence[Sequence[float | None]],
    group: int,
    scale: str = "group",
    aggregation: str = "sum_then_normalize",
    weights: Sequence[float] | None = None,
) -> list[float]:
    """Advantages of a batch from one row of rewards per response, one column per function.

    Responses to one prompt are adjacent, `group` of them; None is a reward that is not there.
    `scale` is `scale_rewards` and `aggregation` is `multi_objective_aggregation`.
    """
    code, names = _statements()
    missing = float("nan")
    rows = [[missing if reward is None else reward for reward in row] for row in columns]
    width = len(rows[0])
    scope = {
        **names,
        "self": SimpleNamespace(
            multi_objective_aggregation=aggregation,
            scale_rewards=scale,
            reward_weights=torch.tensor(weights or [1.0] * width, dtype=torch.float32),
            reward_funcs=[None] * width,
        ),
        "rewards_per_func": torch.tensor(rows, dtype=torch.float32),
        "num_generations": group,
        "device": torch.device("cpu"),
        "mode": "train",
    }
    exec(code, scope)
    found: list[float] = scope["advantages"].tolist()
    return found


def formula(scale: str, aggregation: str) -> Callable[..., list[list[float]]]:
    """The same for groups of one reward each, as `rubricdsl.verify` takes it."""

    def advantages(
        batch: Sequence[Sequence[float]], lengths: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        size = len(batch[0])
        rows = [[reward] for group in batch for reward in group]
        flat = trl_advantages(rows, size, scale, aggregation)
        return [flat[k : k + size] for k in range(0, len(flat), size)]

    return advantages


def of_columns(
    batch: Sequence[Sequence[Sequence[float]]], lengths: Sequence[Sequence[int]]
) -> list[list[float]]:
    """TRL's GDPO for groups of three rewards each, with the weights of the emitted settings."""
    size = len(batch[0])
    rows = [list(row) for group in batch for row in group]
    flat = trl_advantages(rows, size, "group", "normalize_then_sum", TIER_WEIGHTS)
    return [flat[k : k + size] for k in range(0, len(flat), size)]


FORMULAS = {
    "trl/none": formula("none", "sum_then_normalize"),
    "trl/group": formula("group", "sum_then_normalize"),
    "trl/batch": formula("batch", "sum_then_normalize"),
    "trl/normalize_then_sum": formula("group", "normalize_then_sum"),
}
