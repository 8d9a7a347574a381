"""Small Qwen3 models and a tokenizer, from scratch: for machines without network and GPU.

The tokenizer is a byte-level BPE trained on the bundle's own text, so that nothing is unknown to
it, with Qwen's turn markers as special tokens. It learns words first and then phrases: merges cross
spaces, never the end of a sentence, which halves the tokens of an answer. The models have Qwen3's
architecture at a few hundred thousand parameters and random weights; everything is saved in the
standard layout, so that `--model` takes such a folder like any other.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3ForSequenceClassification,
    set_seed,
)

from .material import Material
from .subjects import titles

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    f"{{{{- '{START}' + message.role + '\\n' + message.content + '{END}\\n' }}}}"
    "{%- endfor %}"
    f"{{%- if add_generation_prompt %}}{{{{- '{START}assistant\\n' }}}}{{%- endif %}}"
)
_CONTEXT = 4096  # tokens; far more than any answer of a small model
_SENTENCE = r"[^.!?\n]+[.!?\n]*\s?|[.!?\n]+\s?"
_WORD = r" ?[^\W_]+"
# Sentences count once each, so that every word outranks every phrase.
_WORD_COUNT = 100
_EMBEDDING_STD = 0.1


@dataclass(frozen=True)
class Size:
    """The shape of a Qwen3: width, layers, heads, width of the inner layer."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocabulary: int = 8192


REWARD_MODEL = Size(hidden=64, layers=2, heads=2, kv_heads=2, inner=128)
POLICY = Size(hidden=128, layers=2, heads=4, kv_heads=2, inner=384)


def make_policy(
    material: Material,
    folder: Path,
    size: Size = POLICY,
    seed: int = 0,
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> None:
    """A decoder with random weights, and its tokenizer, in `folder`.

    Without `tokenizer` one is trained on the bundle.
    """
    tokenizer = tokenizer or train_tokenizer(texts(material), size.vocabulary)
    set_seed(seed)
    model = Qwen3ForCausalLM(_config(tokenizer, size))
    _spread(model)
    _save(folder, model, tokenizer)


def make_reward_model(
    material: Material, folder: Path, size: Size = REWARD_MODEL, seed: int = 0
) -> None:
    """A classifier with one output and random weights, and its tokenizer, in `folder`.

    Keys start as copies of the queries: a token then attends first to its own kind, and the words
    of a criterion find themselves in the answer from the first step on.
    """
    tokenizer = train_tokenizer(texts(material), size.vocabulary)
    set_seed(seed)
    config = _config(tokenizer, size)
    config.num_labels = 1
    model = Qwen3ForSequenceClassification(config)
    group = size.heads // size.kv_heads
    with torch.no_grad():
        for layer in model.model.layers:
            attention = layer.self_attn
            queries = attention.q_proj.weight.view(size.heads, -1, size.hidden)
            keys = queries[::group].reshape(attention.k_proj.weight.shape)
            attention.k_proj.weight.copy_(keys)
    _save(folder, model, tokenizer)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE of at most `vocabulary` tokens with Qwen's chat format."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SENTENCE), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_weighted(texts), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[START],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _weighted(texts: Iterable[str]) -> Iterator[str]:
    """Every distinct sentence once, every distinct word many times."""
    sentences = sorted({part for text in texts for part in re.findall(_SENTENCE, text)})
    yield from sentences
    for word in sorted({word for part in sentences for word in re.findall(_WORD, part)}):
        for _ in range(_WORD_COUNT):
            yield word


def _config(tokenizer: PreTrainedTokenizerFast, size: Size) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.inner,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.kv_heads,
        head_dim=size.hidden // size.heads,
        max_position_embeddings=_CONTEXT,
        tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )


def _spread(model: Qwen3ForCausalLM) -> None:
    """Embeddings large enough for words to differ from the first step on."""
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(0.0, _EMBEDDING_STD)


def texts(material: Material) -> Iterator[str]:
    """Everything that the models will read or write in training."""
    yield from titles(material).values()
    for question in material.questions.values():
        yield question.turn
    for row in material.rows("reward_model/responses_train.jsonl"):
        yield from (message["content"] for message in row["prompt"])
        yield row["response"]


def _save(
    folder: Path,
    model: Qwen3ForCausalLM | Qwen3ForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
