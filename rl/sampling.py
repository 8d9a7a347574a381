"""Sampling answers from a policy, in batches."""

from collections.abc import Sequence
from typing import Any

import torch

from .material import Messages


@torch.inference_mode()
def sample(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Messages],
    *,
    most_tokens: int,
    temperature: float = 1.0,
    seed: int = 0,
    batch: int = 128,
    template: dict[str, Any] | None = None,
) -> list[str]:
    """One answer per prompt, at most `most_tokens` long; the same seed gives the same answers.

    `template` are arguments for the chat template. The global random state is left as it was.
    """
    was_training = model.training
    model.eval()
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    answers: list[str] = []
    try:
        for start in range(0, len(prompts), batch):
            ids = tokenizer.apply_chat_template(
                list(prompts[start : start + batch]),
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                **(template or {}),
            )["input_ids"]
            asked, mask = _left_padded(ids, tokenizer.pad_token_id)
            made = model.generate(
                input_ids=asked.to(model.device),
                attention_mask=mask.to(model.device),
                max_new_tokens=most_tokens,
                do_sample=True,
                temperature=temperature,
                top_k=0,
                top_p=1.0,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
            width = asked.shape[1]
            answers += tokenizer.batch_decode(made[:, width:], skip_special_tokens=True)
    finally:
        torch.random.set_rng_state(state)
        model.train(was_training)
    return answers


def _left_padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, padded on the left so that every row ends where the answer begins."""
    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, width - len(row) :] = torch.tensor(row)
        mask[i, width - len(row) :] = 1
    return ids, mask
