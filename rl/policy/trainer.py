"""TRL's `GRPOTrainer` with an eye on what it trains on.

Nothing that it computes is changed. After each generation the answers of all processes, what was
judged of them and the advantages that TRL returned are looked at together.
"""

import math
from collections.abc import Sequence
from typing import Any

from accelerate.utils import gather_object
from trl import GRPOTrainer

from .answers import Answer, messages_of, text_of
from .counting import Rewards, cases_of, trainer_formula
from .figures import Step, figures, order_figures
from .samples import Samples
from .watch import RewardFunc, Watch


class PolicyTrainer(GRPOTrainer):  # type: ignore[misc]
    """`reward_funcs` None: the functions of `watch` that `names` are the names of.

    With other functions `watch` is asked about every batch besides. `samples` says which answers
    are written down.
    """

    def __init__(
        self,
        *,
        watch: Watch | None,
        names: Sequence[str],
        reward_funcs: Sequence[RewardFunc] | None,
        samples: Samples,
        **arguments: Any,
    ) -> None:
        self._watch = watch
        self._apart = watch is not None and reward_funcs is not None
        self._samples = samples
        self._answers: list[Answer] = []
        self._rewards: Rewards = []
        if reward_funcs is None:
            reward_funcs = watch.functions(names) if watch else []
        super().__init__(reward_funcs=list(reward_funcs), **arguments)

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any
    ) -> Any:
        if self._watch is not None and self._apart:
            keys = [key for key in inputs[0] if key not in ("prompt", "completion")]
            self._watch.look(
                prompts=prompts,
                completions=completions,
                completion_ids=completion_ids_list,
                log_extra=self._log_completion_extra,
                **{key: [row[key] for row in inputs] for key in keys},
            )
        rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        judged = self._watch.taken() if self._watch is not None else [None] * len(inputs)
        shown = self._samples.wanted(self.state.global_step + 1)
        self._answers = [
            Answer(
                prompt_id=str(row.get("prompt_id") or ""),
                profile=str(row.get("profile") or ""),
                tokens=len(tokens),
                judged=one,
                text=text_of(completion) if shown else None,
                prompt=messages_of(prompt) if shown else None,
            )
            for row, prompt, completion, tokens, one in zip(
                inputs, prompts, completions, completion_ids_list, judged, strict=True
            )
        ]
        self._rewards = [
            [None if math.isnan(value) else value for value in row] for row in rewards.tolist()
        ]
        return rewards

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self.model.training:
            self._look(self.accelerator.gather(output["advantages"]).tolist())
        return output

    def _look(self, advantages: list[float]) -> None:
        """Take the figures of a step; the first process writes its samples down."""
        step = Step(
            answers=gather_object(self._answers),
            advantages=advantages,
            left_out=[all(value is None for value in row) for row in self._rewards],
            group=self.num_generations,
        )
        formula = trainer_formula(
            self.num_generations,
            self.scale_rewards,
            self.multi_objective_aggregation,
            self.reward_weights.tolist(),
        )
        apart = self.multi_objective_aggregation == "sum_then_normalize" and (
            self.scale_rewards in ("none", "group")
        )
        found = figures(step)
        cases = cases_of(step, self._rewards, formula, apart)
        if any(answer.judged is not None for answer in step.answers):
            found |= order_figures(cases)
        for name, value in found.items():
            self._metrics["train"][name].append(value)
        if self.accelerator.is_main_process:
            names = self.reward_func_names
            self._samples.add(self.state.global_step + 1, step, self._rewards, names, cases)
        self._answers, self._rewards = [], []
