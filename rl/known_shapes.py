"""Models without their weights: a configuration from the disk, or of a name that is known.

Nothing is downloaded. A dry run needs the shape of a model to estimate what it takes, and a small
one of the same architecture to build a trainer with.
"""

from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    Qwen3Config,
)

from .estimates import Shape, shape_of

# Qwen3 as published: width, layers, heads, inner width, tied embeddings. All have 8 heads for keys
# and values, heads of 128, and a vocabulary of 151,936.
_QWEN3 = {
    "0.6B": (1024, 28, 16, 3072, True),
    "1.7B": (2048, 28, 16, 6144, True),
    "4B": (2560, 36, 32, 9728, True),
    "8B": (4096, 36, 32, 12288, False),
    "14B": (5120, 40, 40, 17408, False),
    "32B": (5120, 64, 64, 25600, False),
}


@dataclass(frozen=True)
class Found:
    """A configuration and where it is from: `disk`, `name` (a known one), or `assumed`."""

    config: Any
    source: str


def find_config(model: str) -> Found:
    """The configuration of a model, without the network."""
    try:
        return Found(AutoConfig.from_pretrained(model, local_files_only=True), "disk")
    except (OSError, ValueError):
        pass
    size = model.removeprefix("Qwen/").removeprefix("Qwen3-")
    if size in _QWEN3:
        return Found(qwen3(size), "name")
    return Found(qwen3("8B"), "assumed")


def qwen3(size: str) -> Qwen3Config:
    """The configuration of a Qwen3 of a published size, such as `8B`."""
    hidden, layers, heads, inner, tied = _QWEN3[size]
    return Qwen3Config(
        vocab_size=151936,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=8,
        head_dim=128,
        tie_word_embeddings=tied,
        max_position_embeddings=40960,
    )


def policy_shape(config: Any) -> Shape:
    """The shape of a decoder that writes."""
    with torch.device("meta"):
        return shape_of(config, AutoModelForCausalLM.from_config(config))


def judge_shape(config: Any) -> Shape:
    """The shape of a classifier with one output."""
    config.num_labels = 1
    with torch.device("meta"):
        return shape_of(config, AutoModelForSequenceClassification.from_config(config))


def small(config: Any, vocabulary: int, pad: int, end: int) -> Any:
    """A configuration of the same class and a few hundred thousand parameters."""
    values = config.to_dict()
    # Lists with an entry per layer would no longer fit.
    per_layer = [name for name, value in values.items() if _per_layer(value, config)]
    for name in (*per_layer, "architectures", "dtype", "torch_dtype", "transformers_version"):
        values.pop(name, None)
    values |= {
        "vocab_size": vocabulary,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "pad_token_id": pad,
        "eos_token_id": end,
        "bos_token_id": None,
    }
    return type(config).from_dict(values)


def _per_layer(value: object, config: Any) -> bool:
    return isinstance(value, list) and len(value) == config.num_hidden_layers
