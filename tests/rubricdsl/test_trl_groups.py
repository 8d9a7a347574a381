"""Batches as TRL hands them over: whole groups, columns by tier, rubrics that come with the rows.

The judge of these tests reads the verdicts from the response, which is a sheet as JSON text.
"""

import itertools
import json
import threading
from fractions import Fraction

import pytest

from rubricdsl import ir
from rubricdsl.compact import compact
from rubricdsl.runtime import registry, trl
from rubricdsl.runtime.embedded import RubricError
from rubricdsl.runtime.judging import set_judge


def rubric(name="r", reward=None, policies=None):
    def criterion(name, tier, polarity="requires", **more):
        return ir.Criterion(name, tier, polarity, "t", ir.Origin("r", "1", name), **more)

    return ir.Rubric(
        name, "1", "draft", "training", "T",
        (
            criterion("harm", "safety", "forbids", severity="critical"),
            criterion("lie", "safety", "forbids", severity="major"),
            criterion("gist", "proficiency", weight=Fraction(3)),
            criterion("rest", "proficiency", weight=Fraction(1)),
            criterion("kind", "excellence"),
        ),
        reward=reward or ir.Reward("centred"),
        policies=policies or ir.Policies("drop"),
        inputs=(ir.Input("age", "quantity", unit="years", optional=True),),
    )  # fmt: skip


def sheet(harm="unmet", lie="unmet", gist="unmet", rest="unmet", kind="unmet"):
    return json.dumps({"harm": harm, "lie": lie, "gist": gist, "rest": rest, "kind": kind})


BEST, GOOD, POOR = sheet(gist="met", rest="met", kind="met"), sheet(gist="met"), sheet()
LIES, HARMS, LOST = sheet(lie="met", gist="met"), sheet(harm="met", gist="met"), "{}"


@pytest.fixture(autouse=True)
def judged(monkeypatch):
    """The number of responses that the judge was asked about, in a list of calls."""
    monkeypatch.setattr(registry, "_texts", {})
    monkeypatch.setattr(registry, "_parsed", {})
    monkeypatch.setattr(trl, "_shared", [])
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    calls = []
    set_judge(lambda items: calls.append(len(items)) or [json.loads(i["response"]) for i in items])
    yield calls
    set_judge(None)


def register(*rubrics):
    registry.register({r.name: json.dumps(compact(r, "h")) for r in rubrics})


def batch(groups, function=trl.reward, **columns):
    """One call with the rows of `groups`: (prompt, responses) in order."""
    prompts = [prompt for prompt, responses in groups for _ in responses]
    responses = [response for _, responses in groups for response in responses]
    return function(prompts=prompts, completions=responses, completion_ids=None, **columns)


def test_each_group_is_ranked_by_itself():
    register(rubric())
    assert batch([("a", [BEST, GOOD, POOR, HARMS]), ("b", [LIES, HARMS, LIES, LOST])]) == [
        1.5, 1.0, 0.5, 0.0, 0.25, -0.5, 0.25, None,
    ]  # fmt: skip


def test_the_same_prompt_about_another_case_is_another_group():
    register(rubric())
    inputs = ['{"age": 9}', '{"age": 9}', '{"age": 50}', '{"age": 50}']
    assert batch([("a", [BEST, POOR, HARMS, LIES])], inputs=inputs) == [1.5, 0.5, -0.5, 0.5]


def test_rubrics_that_rank_and_rubrics_that_do_not_share_a_batch():
    gated = rubric("gated", ir.Reward("gated"))
    register(rubric("ranked"), gated)
    found = batch(
        [("a", [BEST, HARMS, POOR]), ("b", [BEST, POOR])],
        rubric=["gated"] * 3 + ["ranked"] * 2,
    )
    assert found == [2.0, 0.0, 1.0, 1.5, 0.5]


@pytest.mark.parametrize(
    ("groups", "params", "message"),
    [
        ([("a", [BEST] * 4), ("b", [BEST] * 3)], {}, "3 neighbouring rows, and another has 4"),
        ([("a", [BEST] * 2), ("b", [BEST] * 2), ("a", [POOR] * 2)], {}, "rows in two places"),
        ([("a", [BEST]), ("b", [BEST])], {}, "a single row"),
        ([("a", [BEST] * 2), ("b", [BEST] * 2)], {"group": 4}, "2 neighbouring rows, not groups"),
        ([("a", [BEST] * 6)], {"group": 4}, "6 neighbouring rows, not groups of 4"),
    ],
)
def test_a_group_in_pieces_is_refused_before_anything_is_judged(judged, groups, params, message):
    params = {name: Fraction(value) for name, value in params.items()}
    register(rubric(reward=ir.Reward("centred", params)))
    with pytest.raises(ValueError, match=message):
        batch(groups)
    assert judged == []


def test_a_declared_group_tells_apart_a_prompt_that_comes_twice():
    register(rubric(reward=ir.Reward("centred", {"group": Fraction(2)})))
    assert batch([("a", [BEST, POOR, GOOD, HARMS]), ("b", [POOR, POOR]), ("a", [LIES, HARMS])]) == [
        1.5, 0.5, 1.0, 0.0, 1.0, 1.0, 0.5, -0.5,
    ]  # fmt: skip


def test_processes_that_share_the_rows_need_a_declared_group(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    register(rubric("open"), rubric("said", ir.Reward("centred", {"group": Fraction(2)})))
    with pytest.raises(ValueError, match="reward centred group G"):
        batch([("a", [BEST, POOR])], rubric=["open"] * 2)
    assert batch([("a", [BEST, POOR])], rubric=["said"] * 2) == [1.5, 0.5]


COLUMNS = (trl.reward_safety, trl.reward_proficiency, trl.reward_excellence)


def test_columns_are_gated_and_lost_together():
    register(rubric(reward=ir.Reward("tiers")))
    groups = [("a", [BEST, GOOD, HARMS, LOST])]
    assert [batch(groups, column) for column in COLUMNS] == [
        [1.0, 1.0, 0.0, None],
        [1.0, 0.75, 0.0, None],
        [1.0, 0.0, 0.0, None],
    ]
    assert batch(groups) == [3.0, 1.75, 0.0, None]


def test_columns_have_names_of_their_own():
    assert {column.__name__ for column in COLUMNS} == {
        "reward_safety",
        "reward_proficiency",
        "reward_excellence",
    }


def test_a_batch_is_judged_and_logged_once_for_all_three(judged):
    register(rubric())
    metrics = []
    groups = [("a", [BEST, GOOD])]
    for column in COLUMNS * 2:
        batch(groups, column, log_metric=lambda name, value: metrics.append(name))
    assert judged == [2, 2]
    assert metrics.count("rubric/safe") == 2
    assert trl._shared == []


def test_batches_that_cross_are_kept_apart(judged):
    register(rubric())
    one, two = [("a", [BEST, GOOD])], [("a", [HARMS, GOOD])]
    order = [(0, one), (0, two), (1, two), (1, one), (2, one), (2, two)]
    found = {(place, id(groups)): batch(groups, COLUMNS[place]) for place, groups in order}
    assert judged == [2, 2]
    assert found[(1, id(one))] == [1.0, 0.75]
    assert found[(1, id(two))] == [0.0, 0.75]


def test_what_is_kept_is_bounded(judged):
    register(rubric())
    for number in range(10):
        batch([(f"prompt {number}", [BEST])], trl.reward_safety)
    assert len(trl._shared) == 4


def test_columns_asked_for_at_the_same_time_share_one_judgement():
    register(rubric())
    calls = itertools.count()
    started = threading.Event()

    def moody(items):
        """A judge that loses the verdicts of every call but the first."""
        started.wait(5)
        return [json.loads(i["response"]) if next(calls) == 0 else {} for i in items]

    set_judge(moody)
    found = {}

    def ask(place):
        found[place] = batch([("a", [BEST])], COLUMNS[place])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    started.set()
    for thread in threads:
        thread.join()
    assert found == {0: [1.0], 1: [1.0], 2: [1.0]}


def text_of(rubric):
    return json.dumps(compact(rubric, "h"))


def test_a_rubric_comes_with_the_row():
    seen = []
    set_judge(lambda items: seen.extend(items) or [json.loads(i["response"]) for i in items])
    texts = [text_of(rubric("one", ir.Reward("gated")))] * 2 + [text_of(rubric("two"))] * 2
    groups = [("a", [BEST, HARMS]), ("b", [BEST, POOR])]
    assert batch(groups, rubric_json=texts) == [2.0, 0.0, 1.5, 0.5]
    assert [item["rubric"] for item in seen] == ["one", "one", "two", "two"]
    assert [item["rubric_json"] for item in seen] == texts


def test_rows_with_and_without_a_rubric_of_their_own():
    register(rubric("known", ir.Reward("gated")))
    own = text_of(rubric("own", ir.Reward("rar")))
    columns = {"rubric": ["known", "own"], "rubric_json": [None, own]}
    assert batch([("a", [POOR, POOR])], **columns) == [1.0, 18 / 35]
    with pytest.raises(RubricError, match="holds 'own' in a row whose `rubric` is 'known'"):
        batch([("a", [POOR, POOR])], **{**columns, "rubric_json": [own, own]})


def test_the_log_has_no_name_for_every_criterion_of_every_row():
    metrics = {}
    text = text_of(rubric("own", ir.Reward("gated")))
    batch([("a", [BEST])], rubric_json=[text], log_metric=metrics.__setitem__)
    assert metrics["rubric/safe"] == 1.0
    assert not any("own" in name for name in metrics)


@pytest.mark.parametrize("text", ["{", "{}", {"v": 1}, text_of(rubric()).replace("drop", "xyz")])
def test_what_is_no_rubric_is_refused(text):
    with pytest.raises(RubricError, match="rubric_json"):
        batch([("a", [BEST, POOR])], rubric_json=[text] * 2)
