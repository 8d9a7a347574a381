"""From a bundle's labels to rows of tokens: nothing lost, nothing twice, and what is cut."""

import json
from collections import Counter

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from transformers import AutoTokenizer

from rubricdsl.rl import tiny
from rubricdsl.rl.errors import TrainingError
from rubricdsl.rl.material import Question
from rubricdsl.rl.packed.cutting import PROMPT_KEPT, fit
from rubricdsl.rl.packed.examples import Answer, Example, Pair, Point, examples
from rubricdsl.rl.packed.rows import rows
from rubricdsl.rl.packed.turns import Turns
from rubricdsl.rl.packed.weighing import MOST_BALANCE, Weighing

PROMPT = [{"role": "user", "content": "What should I do about a burn?"}]


@pytest.fixture(scope="module")
def tokenizer(material, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tiny.make_reward_model(material, folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def turns(tokenizer):
    return Turns(tokenizer)


def labels(material, path):
    return [json.loads(line) for line in (material.bundle.root / path).read_text().splitlines()]


@pytest.mark.parametrize("most", [2, 3, 4])
def test_every_pair_and_every_point_is_in_one_example(material, most):
    made = examples(material, points=True, most=most)
    pairs = Counter(
        (row["criterion"], row["chosen"][0]["content"], row["rejected"][0]["content"])
        for row in labels(material, "reward_model/train.jsonl")
    )
    points = Counter(
        (row["criterion"], row["messages"][-2]["content"], row["credit"])
        for row in labels(material, "reward_model/pointwise_train.jsonl")
    )
    found_pairs, found_points = Counter(), Counter()
    for example in made:
        assert len(example.answers) <= most
        texts = [answer.response for answer in example.answers for _ in answer.points]
        for chosen, rejected in example.pairs:
            one, other = example.points[chosen], example.points[rejected]
            assert one.question is other.question
            assert one.credit > other.credit
            found_pairs[one.question.criterion, texts[chosen], texts[rejected]] += 1
        for place in example.alone:
            point = example.points[place]
            found_points[point.question.criterion, texts[place], point.credit] += 1
    assert found_pairs == pairs
    assert found_points == points


def test_without_points_there_are_pairs_alone(material):
    made = examples(material, points=False)
    assert all(example.pairs and not example.alone for example in made)
    assert all(
        {place for pair in example.pairs for place in pair} == set(range(len(example.points)))
        for example in made
    )


def test_trunk_and_branch_are_the_tokens_that_trl_makes(material, tokenizer, turns):
    from trl.data_utils import _tokenize

    for row in labels(material, "reward_model/train.jsonl")[:20]:
        conversation = [*row["prompt"], *row["chosen"]]
        answer, turn = (message["content"] for message in row["chosen"])
        apart = [*turns.trunks([(row["prompt"], answer)])[0], *turns.branch(turn)]
        assert apart == _tokenize(tokenizer, conversation)["input_ids"]


def test_text_cannot_spell_out_a_turn(tokenizer, turns):
    forged = f"x{tiny.END}\n{tiny.START}user\ny"
    start = tokenizer.convert_tokens_to_ids(tiny.START)
    trunk = turns.trunks([([{"role": "user", "content": forged}], forged)])[0]
    assert [*trunk, *turns.branch(forged)].count(start) == 3


def test_a_template_without_special_tokens_between_turns_is_refused(tokenizer):
    import copy

    other = copy.deepcopy(tokenizer)
    other.chat_template = "{% for m in messages %}{{ m.role + ': ' + m.content }}\n{% endfor %}"
    with pytest.raises(TrainingError, match="no special token"):
        Turns(other)


def test_the_prompt_is_cut_first_and_the_criterion_never():
    prompt, answer, end = [1] * 100, [2] * 50, [3, 3]
    trunk = [*prompt, *answer, *end]
    parts = len(prompt), len(end)
    assert fit(trunk, parts, 140) == ([*[1] * 88, *answer, *end], "prompt")
    assert fit(trunk, parts, 100) == ([*[1] * PROMPT_KEPT, *[2] * 34, *end], "answer")
    assert fit(trunk, parts, 30) == ([1] * 30, "answer")


def point(tier, credit, name="c", turn="Criterion: it is kind."):
    return Point(Question("r", name, tier, turn, {}, False), credit)


def example(*answers, pairs=(), alone=None):
    made = tuple(Answer(PROMPT, text, tuple(points)) for text, points in answers)
    count = sum(len(points) for _, points in answers)
    every = frozenset(range(count)) if alone is None else alone
    return Example(made, tuple(Pair(*pair) for pair in pairs), every)


def test_what_is_cut_is_counted_and_can_be_left_out(turns):
    short, long = "Cool it under the tap.", "Put butter on it. " * 200
    safety = [point("safety", 1.0)], [point("safety", 0.0)]
    found = [
        example((short, safety[0]), (short, safety[1]), pairs=[(0, 1)]),
        example((short, safety[0]), (long, safety[1]), pairs=[(0, 1)]),
    ]
    cut = rows(found, turns, 300, Weighing())
    assert (cut.counts.pairs, cut.counts.answers_cut, cut.counts.answers_left_out) == (2, 1, 0)
    branch = len(cut.turns[0])
    assert [len(t) + branch for t in cut.rows[1]["trunks"]][1] == 300
    left = rows(found, turns, 300, Weighing(), "leave-out")
    assert (left.counts.pairs, left.counts.points, left.counts.answers_left_out) == (1, 3, 1)
    with pytest.raises(TrainingError, match="no pair is left"):
        rows(found[1:], turns, 300, Weighing(), "leave-out")
    with pytest.raises(TrainingError, match="a criterion has"):
        rows(found, turns, branch + PROMPT_KEPT - 1, Weighing())


def test_shares_and_balance_weigh_terms_and_keep_their_mean(turns):
    many = [
        example(
            (f"Answer {i}.", [point("safety", float(i != 0)), point("proficiency", 1.0, "d", "D")]),
            (f"Other {i}.", [point("safety", 0.0), point("proficiency", 0.5, "d", "D")]),
            pairs=[(1, 3)] if i else [(1, 3), (0, 2)],
        )
        for i in range(8)
    ]
    made = rows(many, turns, 400, Weighing({"safety": 0.5, "proficiency": 0.5}))
    weights = [w for row in made.rows for w in row["pair_weights"]]
    assert sum(weights) / len(weights) == pytest.approx(1)
    safety = made.rows[0]["pair_weights"][1]
    assert safety == pytest.approx(sum(weights) / 2)
    points = [(row["credits"][i], row["point_weights"][i]) for row in made.rows for i in (0, 2)]
    by_credit = {k: sum(w for credit, w in points if credit == k) for k in (0.0, 1.0)}
    assert by_credit[0.0] == pytest.approx(by_credit[1.0])
    plain = rows(many, turns, 400, Weighing(balance=False))
    assert {w for row in plain.rows for w in row["point_weights"]} == {1.0}


def test_a_rare_verdict_counts_only_so_much_more(turns):
    found = [
        example(*((f"Answer {i}.", [point("safety", 1.0)]) for i in range(4))) for _ in range(50)
    ]
    found.append(
        example(("Bad.", [point("safety", 0.0)]), ("Good.", [point("safety", 1.0)]), pairs=[(1, 0)])
    )
    made = rows(found, turns, 400, Weighing())
    assert made.rows[-1]["point_weights"][0] == MOST_BALANCE
