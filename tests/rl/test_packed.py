"""Packed rows: the same scores, loss and gradients as one row per criterion."""

import math

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import torch
from datasets import Dataset
from transformers import (
    LlamaConfig,
    LlamaForSequenceClassification,
    Qwen3Config,
    Qwen3ForSequenceClassification,
)
from trl import RewardConfig, RewardTrainer

from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.packed.layout import Packable, packed
from rubricdsl.rl.packed.mask import attention_mask, visible
from rubricdsl.rl.packed.model import batches, score, scores_packed
from rubricdsl.rl.packed.trainer import PackedCollator, PackedRewardTrainer

VOCABULARY, PAD = 97, 0
MODELS = {
    "qwen3": (Qwen3Config, Qwen3ForSequenceClassification),
    "llama": (LlamaConfig, LlamaForSequenceClassification),
}


def build(kind="qwen3", attention="sdpa", dtype=torch.float32, **more):
    config, model = MODELS[kind]
    torch.manual_seed(3)
    made = model(
        config(
            vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, head_dim=8, num_labels=1,
            pad_token_id=PAD, attn_implementation=attention, **more,
        )
    )  # fmt: skip
    with torch.no_grad():
        made.score.weight.mul_(20)  # scores that differ by more than rounding
    return made.to(dtype).eval()


def tokens(count, seed):
    drawn = torch.randint(1, VOCABULARY, (count,), generator=torch.Generator().manual_seed(seed))
    return drawn.tolist()


ANSWERS = [
    Packable(tokens(23, 1), [tokens(5, 2), tokens(9, 3), tokens(1, 4)]),
    Packable(tokens(1, 5), [tokens(4, 6)]),
    Packable(tokens(40, 7), [tokens(6, 8)] * 2 + [tokens(7, 9), tokens(6, 10)]),
]


@torch.no_grad()
def one_row_each(model, answers, rows=64):
    """The scores of whole conversations, `rows` at a time."""
    whole = [[*one.trunk, *branch] for one in answers for branch in one.branches]
    found = []
    for start in range(0, len(whole), rows):
        some = whole[start : start + rows]
        width = max(map(len, some))
        ids = torch.tensor([row + [PAD] * (width - len(row)) for row in some])
        found += model(input_ids=ids, attention_mask=(ids != PAD).long()).logits[:, 0].tolist()
    return torch.tensor(found)


def flat(scores):
    return torch.tensor([each for row in scores for each in row])


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("budget", [1, 60, 10_000])
def test_scores_are_those_of_one_row_per_criterion(kind, attention, budget):
    model = build(kind, attention)
    alone = one_row_each(model, ANSWERS)
    assert alone.std() > 0.05
    found = flat(score(scores_packed(model), ANSWERS, budget))
    torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)


def test_one_criterion_needs_no_mask_of_ours():
    model = build()
    answers = [Packable(one.trunk, one.branches[:1]) for one in ANSWERS]
    alone = one_row_each(model, answers)
    found = flat(score(scores_packed(model), answers, 10_000))
    torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)


def test_in_bfloat16_they_differ_no_more_than_from_batch_to_batch():
    model = build(dtype=torch.bfloat16)
    exact = one_row_each(build(), ANSWERS)
    batchwise = [one_row_each(model, ANSWERS, rows) for rows in (1, 2, 3, 64)]
    spread = max((one - exact).abs().max() for one in batchwise)
    found = flat(score(scores_packed(model), ANSWERS, 10_000))
    assert (found - exact).abs().max() <= 2 * spread


def test_one_branch_does_not_see_another():
    model = scores_packed(build())
    trunk, first, second = tokens(12, 1), tokens(4, 2), tokens(4, 3)
    both = score(model, [Packable(trunk, [first, second])], 1000)[0]
    turned = score(model, [Packable(trunk, [second, first])], 1000)[0]
    assert both == pytest.approx(turned[::-1], abs=1e-6)


def test_the_sparse_mask_says_the_same():
    segments = packed(ANSWERS, PAD).segments
    blocks = attention_mask(segments, "flex_attention", torch.float32)
    rows, length = segments.shape
    row, query, key = torch.meshgrid(
        torch.arange(rows), torch.arange(length), torch.arange(length), indexing="ij"
    )
    said = blocks.mask_mod(row, torch.zeros_like(row), query, key)
    assert torch.equal(said, visible(segments))


def test_positions_start_again_behind_the_trunk():
    rows = packed([Packable([1, 2, 3], [[4, 5], [6]])], PAD, multiple=8)
    assert rows.input_ids.tolist() == [[1, 2, 3, 4, 5, 6, PAD, PAD]]
    assert rows.position_ids.tolist()[0][:6] == [0, 1, 2, 3, 4, 3]
    assert rows.segments.tolist() == [[0, 0, 0, 1, 1, 2, -1, -1]]
    assert rows.ends.tolist() == [[0, 4], [0, 5]]


def test_models_that_cannot_are_refused():
    with pytest.raises(TrainingError, match="sliding_attention"):
        scores_packed(build(use_sliding_window=True, sliding_window=4, max_window_layers=1))
    with pytest.raises(TrainingError, match="flash_attention_2"):
        attention_mask(torch.zeros(1, 3), "flash_attention_2", torch.float32)


def test_batches_hold_everything_once_within_the_budget():
    lengths = [5, 50, 7, 7, 90, 1]
    made = batches(lengths, 20)
    assert sorted(place for batch in made for place in batch) == list(range(6))
    assert all(len(b) == 1 or len(b) * max(lengths[i] for i in b) <= 20 for b in made)


# Training

TURNS = [tokens(5, 20), tokens(8, 21), tokens(3, 22)]
ROWS = [
    {
        "trunks": [tokens(11, 30), tokens(17, 31)],
        "asked": [[0, 1, 2], [0, 1]],
        "pairs": [[0, 3], [4, 1]],
        "pair_weights": [1.0, 1.0],
        "margins": [0.5, 0.0],
        "credits": [1.0, 0.0, 0.5, 0.0, 1.0],
        "point_weights": [1.0, 2.0, 1.0, 1.0, 0.0],
    },
    {
        "trunks": [tokens(9, 32), tokens(26, 33)],
        "asked": [[2], [2]],
        "pairs": [[1, 0]],
        "pair_weights": [1.0],
        "margins": [1.5],
        "credits": [0.0, 1.0],
        "point_weights": [1.0, 1.0],
    },
]


class Stub:
    """As much of a tokenizer as the trainer asks for."""

    pad_token, eos_token, pad_token_id, eos_token_id, bos_token_id = "p", "p", PAD, PAD, None

    def get_vocab(self):
        return {"p": PAD}


def trainer(kind, folder, model, rows, **more):
    config = RewardConfig(
        str(folder), use_cpu=True, bf16=False, report_to="none", max_length=None,
        per_device_train_batch_size=2, disable_dropout=False,
        gradient_checkpointing=more.pop("checkpointing", False),
    )  # fmt: skip
    made = kind(
        model=model, args=config, train_dataset=Dataset.from_list(rows),
        processing_class=Stub(), **more,
    )  # fmt: skip
    made.model.train()
    return made


def packed_trainer(folder, *, pointwise=0.0, **more):
    collator = PackedCollator(TURNS, PAD)
    return trainer(
        PackedRewardTrainer, folder, build(), ROWS, data_collator=collator, pointwise=pointwise,
        **more,
    )  # fmt: skip


def gradients(model):
    return {name: part.grad for name, part in model.named_parameters()}


def whole(row, place):
    """The conversation of one branch of an example."""
    every = [
        [*trunk, *TURNS[turn]]
        for trunk, asked in zip(row["trunks"], row["asked"], strict=True)
        for turn in asked
    ]
    return every[place]


def test_loss_and_gradients_are_those_of_trl_with_one_row_per_criterion(tmp_path):
    pairs = [
        {"chosen_ids": whole(row, chosen), "rejected_ids": whole(row, rejected), "margin": margin}
        for row in ROWS
        for (chosen, rejected), margin in zip(row["pairs"], row["margins"], strict=True)
    ]
    trl = trainer(RewardTrainer, tmp_path / "trl", build(), pairs)
    theirs = trl.compute_loss(trl.model, trl.data_collator(pairs))
    theirs.backward()
    ours_trainer = packed_trainer(tmp_path / "ours")
    ours = ours_trainer.compute_loss(ours_trainer.model, ours_trainer.data_collator(ROWS))
    ours.backward()
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)
    expected = gradients(trl.model)
    for name, found in gradients(ours_trainer.model).items():
        assert expected[name].abs().max() > 0, name
        torch.testing.assert_close(found, expected[name], atol=1e-6, rtol=1e-4, msg=name)
    for figure in ("accuracy", "margin"):
        got, want = (t._metrics["train"][figure][-1] for t in (ours_trainer, trl))
        assert got == pytest.approx(want, abs=1e-5)


def test_the_pointwise_term_is_cross_entropy_on_credits(tmp_path):
    with_term, without = packed_trainer(tmp_path, pointwise=0.7), packed_trainer(tmp_path)
    losses = [t.compute_loss(t.model, t.data_collator(ROWS)).item() for t in (with_term, without)]
    model, total, count = build(), 0.0, 0
    for row in ROWS:
        for place, (credit, weight) in enumerate(
            zip(row["credits"], row["point_weights"], strict=True)
        ):
            r = model(input_ids=torch.tensor([whole(row, place)])).logits.item()
            right, wrong = math.log(1 / (1 + math.exp(-r))), math.log(1 / (1 + math.exp(r)))
            total -= weight * (credit * right + (1 - credit) * wrong)
            count += weight > 0
    assert losses[0] - losses[1] == pytest.approx(0.7 * total / count, abs=1e-5)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_micro_batches_add_up_to_the_whole_step(tmp_path, checkpointing):
    once, apart = (
        packed_trainer(tmp_path, pointwise=1.0),
        packed_trainer(tmp_path, pointwise=1.0, checkpointing=checkpointing),
    )
    if checkpointing:
        apart.model.gradient_checkpointing_enable()
    collate = once.data_collator
    once.compute_loss(once.model, collate(ROWS)).backward()
    parts = [collate([row]) for row in ROWS]
    counts = apart._get_num_items_in_batch(parts, torch.device("cpu"))
    assert counts.tolist() == [3, 6]
    for part in parts:
        apart.compute_loss(apart.model, part, num_items_in_batch=counts).backward()
    expected = gradients(once.model)
    for name, found in gradients(apart.model).items():
        torch.testing.assert_close(found, expected[name], atol=1e-6, rtol=1e-4, msg=name)
