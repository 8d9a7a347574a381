"""TRL's `RewardTrainer` with the pointwise term that gives the scores a zero.

Bradley–Terry sees differences alone, and leaves a constant free for every prompt and criterion:
no verdict can be read off such a score. The pointwise term `−k·log σ(r) − (1−k)·log σ(−r)`, with
`k` the credit of the verdict, pins it: `r > 0` reads as "good", and `σ(r)` estimates the credit of
an ordinal criterion. For a yes/no criterion it is `−log σ(±r)`.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from trl import RewardTrainer
from trl.trainer.reward_trainer import DataCollatorForPreference
from trl.trainer.utils import pad

CHOSEN, REJECTED, SINGLE = "chosen_credit", "rejected_credit", "single_credit"
SINGLE_IDS = "single_ids"
_CREDITS, _SINGLE_CREDITS = "credits", "single_credits"


@dataclass
class CreditCollator(DataCollatorForPreference):  # type: ignore[misc]
    """Adds the pointwise labels, and single answers where the rows have them.

    `input_ids` and `attention_mask`, shape (2B + S, T), have the chosen answers, the rejected ones,
    then the single ones; `credits` has shape (2B,) and `single_credits` (S,).
    """

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super().torch_call(examples)
        credits = [row[CHOSEN] for row in examples] + [row[REJECTED] for row in examples]
        singles = [row for row in examples if row.get(SINGLE_IDS) is not None]
        batch[_CREDITS] = torch.tensor(credits, dtype=torch.float32)
        batch[_SINGLE_CREDITS] = torch.tensor([row[SINGLE] for row in singles], dtype=torch.float32)
        if singles:
            ids = [torch.tensor(row[SINGLE_IDS]) for row in singles]
            masks = [torch.ones_like(row) for row in ids]
            batch["input_ids"] = pad([*batch["input_ids"], *ids], self.pad_token_id)
            batch["attention_mask"] = pad([*batch["attention_mask"], *masks], 0)
        return batch


class PointwiseRewardTrainer(RewardTrainer):  # type: ignore[misc]
    """Adds `weight` times the mean pointwise term of both sides of every pair and of single rows.

    The rows need the columns `chosen_credit` and `rejected_credit`, and the trainer a
    `CreditCollator`. A single row (`single_ids`, `single_credit`) is an answer by itself: where two
    answers do equally well there is no pair, and their verdicts would never be seen.
    """

    def __init__(self, *args: Any, weight: float, **kwargs: Any) -> None:
        self._weight = weight
        super().__init__(*args, **kwargs)

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()
        if CHOSEN not in self._signature_columns:
            self._signature_columns += [CHOSEN, REJECTED, SINGLE, SINGLE_IDS]

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        credits, singles = inputs.pop(_CREDITS), inputs.pop(_SINGLE_CREDITS)
        scores: list[torch.Tensor] = []

        def pairs_alone(**batch: Any) -> Any:
            """One pass over everything, of which the loss of pairs sees the pairs."""
            outputs = model(**batch)
            scores.append(outputs.logits.squeeze(-1).float())
            outputs.logits = outputs.logits[: len(credits)]
            return outputs

        loss, outputs = super().compute_loss(pairs_alone, inputs, True, num_items_in_batch)
        if self._weight:
            pointwise = binary_cross_entropy_with_logits(scores[0], torch.cat([credits, singles]))
            mode = "train" if self.model.training else "eval"
            self._metrics[mode]["pointwise_loss"].append(pointwise.detach().item())
            loss = loss + self._weight * pointwise
        return (loss, outputs) if return_outputs else loss
