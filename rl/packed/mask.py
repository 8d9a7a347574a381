"""Which tokens of a packed row see which: the trunk sees itself, a branch the trunk and itself.

The mask goes into the model as it is, in the form that the model's attention takes: a tensor for
SDPA and eager attention, a `BlockMask` for FlexAttention, which skips blocks that nobody sees.
"""

from typing import Any

import torch

from ..errors import TrainingError
from .layout import TRUNK

DENSE, SPARSE = ("sdpa", "eager"), "flex_attention"


def visible(segments: torch.Tensor) -> torch.Tensor:
    """Shape (B, T) to (B, T, T): whether the query (second axis) sees the key (third axis).

    Padding sees itself, since a softmax over nothing is no number and would spread.
    """
    length = segments.shape[1]
    before = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    query, key = segments.unsqueeze(2), segments.unsqueeze(1)
    return before & ((key == TRUNK) | (key == query))


def attention_mask(segments: torch.Tensor, implementation: str, dtype: torch.dtype) -> Any:
    """The mask of shape (B, 1, T, T) for one of transformers' attention implementations.

    Raises `TrainingError` for those that take no mask of this kind.
    """
    if implementation == "sdpa":
        return visible(segments).unsqueeze(1)
    if implementation == "eager":
        hidden = ~visible(segments).unsqueeze(1)
        return torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill(
            hidden, torch.finfo(dtype).min
        )
    if implementation == SPARSE:
        return _blocks(segments)
    raise TrainingError(
        f"{implementation} cannot let branches of one row see its trunk and not each other",
        "load the model with attn_implementation sdpa, or flex_attention on CUDA",
    )


def _blocks(segments: torch.Tensor) -> Any:
    from torch.nn.attention.flex_attention import create_block_mask

    def sees(row: Any, _head: Any, query: Any, key: Any) -> Any:
        other = segments[row, key]
        return (query >= key) & ((other == TRUNK) | (other == segments[row, query]))

    rows, length = segments.shape
    return create_block_mask(
        sees, B=rows, H=None, Q_LEN=length, KV_LEN=length, device=str(segments.device),
        _compile=segments.is_cuda,
    )  # fmt: skip
