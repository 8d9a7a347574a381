"""A transformers classifier that scores packed rows.

Nothing of the model is copied or replaced but the `forward` of the one object: the decoder runs as
it is, with the positions and the mask of the packed row, and the head reads the last token of every
branch. So weights, adapters, checkpointing, sharding and saving stay with the libraries.
"""

from collections.abc import Sequence
from types import MethodType
from typing import Any

import torch
from transformers.modeling_outputs import SequenceClassifierOutputWithPast

from ..errors import TrainingError
from .layout import Packable, packed
from .mask import attention_mask


def scores_packed(model: Any) -> Any:
    """Let a `…ForSequenceClassification` with one output score packed rows; returns the model.

    Its forward then takes `input_ids`, `position_ids`, `segments` and `ends` of `Packed`, and gives
    logits of shape (N, 1), one per branch. Raises `TrainingError` for a model whose layers do not
    all see the whole row, or that has no decoder and head to speak of.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    kinds = set(getattr(inner.config, "layer_types", None) or ("full_attention",))
    if kinds != {"full_attention"}:
        raise TrainingError(
            f"{type(inner).__name__} has layers of other kinds than full attention: "
            f"{', '.join(sorted(kinds))}",
            "take a model whose layers all see the whole conversation, such as Qwen3 or Llama",
        )
    if not hasattr(inner, "score") or not hasattr(inner, inner.base_model_prefix):
        raise TrainingError(f"{type(inner).__name__} has no decoder with a `score` head")
    inner.forward = MethodType(_forward, inner)
    return model


def _forward(
    self: Any,
    input_ids: torch.Tensor,
    position_ids: torch.Tensor,
    segments: torch.Tensor,
    ends: torch.Tensor,
    **_: Any,
) -> SequenceClassifierOutputWithPast:
    decoder = getattr(self, self.base_model_prefix)
    # A single branch only continues the trunk: the model's own causal mask is cheaper.
    mask = None
    if segments.max() > 1:
        mask = attention_mask(segments, self.config._attn_implementation, self.dtype)
    hidden = decoder(
        input_ids=input_ids, attention_mask=mask, position_ids=position_ids, use_cache=False
    ).last_hidden_state
    rows, columns = ends.unbind(1)
    return SequenceClassifierOutputWithPast(logits=self.score(hidden[rows, columns]))


@torch.inference_mode()
def score(model: Any, answers: Sequence[Packable], budget: int, pad: int = 0) -> list[list[float]]:
    """The score of every branch of every answer, in the order given.

    `model` scores packed rows. `budget` bounds the tokens of a batch, padding included; an answer
    is never split.
    """
    found: list[list[float]] = [[] for _ in answers]
    device = next(model.parameters()).device
    for batch in batches([one.length for one in answers], budget):
        chosen = [answers[i] for i in batch]
        rows = packed(chosen, pad)
        logits = model(**{name: part.to(device) for name, part in rows._asdict().items()}).logits
        scores = iter(logits.squeeze(-1).float().tolist())
        for i in batch:
            found[i] = [next(scores) for _ in answers[i].branches]
    return found


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Places of rows, like lengths together, so that rows times the longest stays in the budget."""
    made: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not made or (len(made[-1]) + 1) * lengths[place] > budget:
            made.append([])
        made[-1].append(place)
    return made
