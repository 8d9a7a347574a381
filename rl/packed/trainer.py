"""TRL's `RewardTrainer` on packed rows: all criteria of an answer for the price of one.

The loss is Bradley–Terry over the pairs, `−log σ(r_chosen − r_rejected − margin)`, and beside it
the pointwise term `−k·log σ(r) − (1−k)·log σ(−r)` with `k` the credit of the verdict. Bradley–Terry
sees differences alone and leaves a constant free for every prompt and criterion, so that no verdict
can be read off such a score; the pointwise term pins it: `r > 0` reads as good, and `σ(r)`
estimates the credit of an ordinal criterion.

Each of the two is a mean over all its terms in an optimizer step, whatever the micro-batches, the
processes and the rows that they came in: with one row per criterion the loss would be the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid
from trl import RewardTrainer

from .layout import Packable, Tokens, packed
from .model import scores_packed

COLUMNS = (
    "trunks", "asked", "pairs", "pair_weights", "margins", "credits", "point_weights",
)  # fmt: skip
LABELS = ("pairs", "pair_weights", "margins", "credits", "point_weights")


@dataclass
class PackedCollator:
    """Rows of `Rows.rows` to a batch: the tensors of `Packed`, and the labels of all branches.

    With N branches and P pairs in the batch: `pairs` (P, 2), `pair_weights` and `margins` (P,),
    `credits` and `point_weights` (N,).
    """

    turns: Sequence[Tokens]
    pad_token_id: int
    pad_to_multiple_of: int | None = None

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        answers: list[Packable] = []
        pairs: list[list[int]] = []
        count = 0
        for row in examples:
            pairs += [[count + chosen, count + rejected] for chosen, rejected in row["pairs"]]
            for trunk, asked in zip(row["trunks"], row["asked"], strict=True):
                answers.append(Packable(trunk, [self.turns[place] for place in asked]))
                count += len(asked)
        return {
            **packed(answers, self.pad_token_id, self.pad_to_multiple_of or 1)._asdict(),
            "pairs": torch.tensor(pairs).reshape(-1, 2),
            **{
                name: torch.tensor([x for row in examples for x in row[name]], dtype=torch.float32)
                for name in LABELS[1:]
            },
        }


class PackedRewardTrainer(RewardTrainer):  # type: ignore[misc]
    """`RewardTrainer` for the rows and the collator of this package.

    `pointwise` is the weight of the pointwise term. Logged beside TRL's names: `pointwise_loss`,
    and `pairs`, how many of them an optimizer step has had.
    """

    # Losses are divided by what the whole step holds, not by micro-batch.
    loss_is_scaled_for_ga = True

    def __init__(self, *args: Any, pointwise: float, **kwargs: Any) -> None:
        self._pointwise = pointwise
        super().__init__(*args, **kwargs)
        scores_packed(self.model)

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = list(COLUMNS)

    def _get_num_items_in_batch(
        self, batch_samples: list[dict[str, torch.Tensor]], device: torch.device
    ) -> torch.Tensor | None:
        """How many pairs and points one optimizer step has, over all processes: shape (2,)."""
        if not batch_samples:
            return None
        counts = torch.tensor(
            [
                sum(len(batch["pairs"]) for batch in batch_samples),
                sum(int((batch["point_weights"] > 0).sum()) for batch in batch_samples),
            ],
            device=device,
        )
        total: torch.Tensor = self.accelerator.reduce(counts, "sum")
        if self.model.training:
            self._metrics["train"]["pairs"].append(int(total[0]))
        return total

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> Any:
        """The part of the step's loss that these rows have."""
        labels = {name: inputs[name] for name in LABELS}
        outputs = model(**{name: part for name, part in inputs.items() if name not in LABELS})
        scores = outputs.logits.squeeze(-1).float()
        if num_items_in_batch is None:
            num_items_in_batch = self._get_num_items_in_batch([inputs], scores.device)
        assert num_items_in_batch is not None
        # Gradients are averaged over the processes, and these are parts of a sum.
        pairs, points = num_items_in_batch.clamp(min=1) / self.accelerator.num_processes
        chosen, rejected = scores[labels["pairs"][:, 0]], scores[labels["pairs"][:, 1]]
        ahead = chosen - rejected
        loss = -(labels["pair_weights"] * logsigmoid(ahead - labels["margins"])).sum() / pairs
        if self.args.center_rewards_coefficient:
            centred = self.args.center_rewards_coefficient * (chosen + rejected).square()
            loss = loss + centred.sum() / pairs
        mode = "train" if self.model.training else "eval"
        if self._pointwise:
            each = binary_cross_entropy_with_logits(scores, labels["credits"], reduction="none")
            pointwise = (labels["point_weights"] * each).sum() / points
            self._metrics[mode]["pointwise_loss"].append(pointwise.detach().item())
            loss = loss + self._pointwise * pointwise
        self._log_scores(mode, scores.detach(), ahead.detach(), inputs["segments"])
        return (loss, outputs) if return_outputs else loss

    def _log_scores(
        self, mode: str, scores: torch.Tensor, ahead: torch.Tensor, segments: torch.Tensor
    ) -> None:
        """TRL's own figures, over all processes."""
        here = [(segments >= 0).sum(), (ahead > 0).sum(), ahead.sum(), (ahead == ahead).sum()]
        sums = self.accelerator.reduce(torch.stack([each.double() for each in here]), "sum")
        tokens, right, gap, count = sums.tolist()
        if mode == "train":
            self._total_train_tokens += int(tokens)
        spread = torch.stack([scores.min(), scores.mean(), scores.max()]).unsqueeze(0)
        spread = self.accelerator.gather(spread)
        log = self._metrics[mode]
        log["num_tokens"] = [self._total_train_tokens]
        log["min_reward"].append(spread[:, 0].min().item())
        log["mean_reward"].append(spread[:, 1].mean().item())
        log["max_reward"].append(spread[:, 2].max().item())
        if count:
            log["accuracy"].append(right / count)
            log["margin"].append(gap / count)
